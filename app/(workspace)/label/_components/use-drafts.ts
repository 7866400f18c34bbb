// The rankings begun on the tasks at hand, by lease. They live in sessionStorage, so that a reload in the middle of
// a ranking brings back the keys already pressed.
import { useCallback, useState } from 'react';
import { emptyRanking, pressKey, type RankingDraft, type RankingKey } from '../../../../domain/ranking.ts';

const storageKey = 'rankloop.drafts';

type Drafts = Record<string, RankingDraft>;

function load(): Drafts {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '{}') as Drafts;
  } catch {
    return {};
  }
}

function keep(drafts: Drafts): Drafts {
  sessionStorage.setItem(storageKey, JSON.stringify(drafts));
  return drafts;
}

export function useDrafts() {
  const [drafts, setDrafts] = useState<Drafts>(() => (typeof window === 'undefined' ? {} : load()));

  const draftOf = useCallback(
    (leaseId: string, count: number): RankingDraft => {
      const draft = drafts[leaseId];
      return draft?.count === count ? draft : emptyRanking(count);
    },
    [drafts],
  );

  const isBegun = useCallback((leaseId: string) => (drafts[leaseId]?.presses.length ?? 0) > 0, [drafts]);

  const press = useCallback((leaseId: string, count: number, key: RankingKey) => {
    setDrafts((all) => keep({ ...all, [leaseId]: pressKey(all[leaseId] ?? emptyRanking(count), key) }));
  }, []);

  const replace = useCallback((leaseId: string, draft: RankingDraft | null) => {
    setDrafts(({ [leaseId]: _former, ...rest }) => keep(draft ? { ...rest, [leaseId]: draft } : rest));
  }, []);

  return { draftOf, isBegun, press, replace };
}
