import { useTranslations } from 'next-intl';
import { isComplete, type RankingDraft, toTiers } from '../../../../domain/ranking.ts';
import type { Task } from './task.ts';

/** What a screen reader hears after each key: the ranking as it stands. */
export function useAnnouncement(task: Task | null, draft: RankingDraft | null): string {
  const t = useTranslations('label');
  if (!task || !draft) return '';
  if (draft.presses.length === 0) return t('announce.start', { count: task.responses.length });
  const places = toTiers(draft)
    .map((tier, index) =>
      t('announce.place', { place: index + 1, responses: tier.map((response) => response + 1).join(', ') }),
    )
    .join('. ');
  return isComplete(draft) ? `${places}. ${t('announce.complete')}` : places;
}
