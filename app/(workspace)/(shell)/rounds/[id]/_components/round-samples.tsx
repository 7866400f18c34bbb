'use client';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Select } from '../../../../../_ui/field.tsx';
import { LoadMore } from '../../../../../_ui/load-more.tsx';
import { Reading } from '../../../../../_ui/reading/reading.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { lastMessage } from '../../../prompts/_components/last-message.ts';

const outcomes = ['win', 'tie', 'loss'] as const;
type Outcome = (typeof outcomes)[number];
const tones = { win: 'success', tie: 'neutral', loss: 'danger' } as const;

/** Held-out prompts, answered by the new policy and by SFT, side by side. */
export function RoundSamples({ roundId }: { roundId: string }) {
  const t = useTranslations('round.samples');
  const trpc = useTRPC();
  const [outcome, setOutcome] = useState<Outcome | ''>('');
  const query = useInfiniteQuery(
    trpc.rounds.samples.infiniteQueryOptions(
      { roundId, outcome: outcome || undefined, limit: 10 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const samples = query.data?.pages.flatMap((page) => page.items);
  return (
    <section aria-label={t('title')}>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <div>
          <h2 className="font-semibold text-base">{t('title')}</h2>
          <p className="text-muted">{t('text')}</p>
        </div>
        <Select
          aria-label={t('outcome')}
          value={outcome}
          onChange={(event) => setOutcome(outcomes.find((name) => name === event.target.value) ?? '')}
          className="max-w-44"
        >
          <option value="">{t('all')}</option>
          {outcomes.map((name) => (
            <option key={name} value={name}>
              {t(`outcomes.${name}`)}
            </option>
          ))}
        </Select>
      </div>
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !samples ? (
        <SkeletonList rows={3} className="h-36" />
      ) : samples.length === 0 ? (
        <p className="rounded-card border border-line border-dashed p-8 text-center text-muted">{t('none')}</p>
      ) : (
        <>
          <ul className="flex flex-col gap-3">
            {samples.map((sample) => (
              <Sample key={`${sample.promptId} ${sample.ordinal}`} sample={sample} />
            ))}
          </ul>
          <LoadMore query={query} />
        </>
      )}
    </section>
  );
}

function Sample({ sample }: { sample: Outputs['rounds']['samples']['items'][number] }) {
  const t = useTranslations('round.samples');
  return (
    <li className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex items-baseline justify-between gap-4 border-line border-b px-4 py-2.5">
        <p dir="auto" className="min-w-0 font-medium">
          {lastMessage(sample.prompt)}
        </p>
        <Badge tone={tones[sample.outcome]}>{t(`outcomes.${sample.outcome}`)}</Badge>
      </div>
      <div className="grid md:grid-cols-2 md:divide-x md:divide-line">
        <div className="p-4">
          <p className="mb-1 font-medium text-[13px] text-accent-text">{t('new')}</p>
          <Reading text={sample.policyResponse.text} />
        </div>
        <div className="border-line p-4 max-md:border-t">
          <p className="mb-1 font-medium text-[13px] text-faint">{t('sft')}</p>
          <Reading text={sample.opponentResponse.text} />
        </div>
      </div>
    </li>
  );
}
