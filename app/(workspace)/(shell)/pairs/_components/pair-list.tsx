'use client';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download, GitCompareArrows } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { type PairPolicy, pairPolicyNames } from '../../../../../domain/pairs.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { ButtonLink } from '../../../../_ui/button-link.tsx';
import { Select } from '../../../../_ui/field.tsx';
import { LoadMore } from '../../../../_ui/load-more.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { PairCard } from './pair-card.tsx';

export function PairList() {
  const t = useTranslations('pairs');
  const policies = useTranslations('pairPolicies');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const [pairPolicy, setPairPolicy] = useState<PairPolicy>('best-worst');
  const summary = useQuery(
    trpc.pairs.summary.queryOptions({ projectId: project.id, pairPolicy }, { placeholderData: keepPreviousData }),
  );
  const query = useInfiniteQuery(
    trpc.pairs.list.infiniteQueryOptions(
      { projectId: project.id, pairPolicy, limit: 30 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pairs = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <ButtonLink href="/export">
          <Download aria-hidden className="size-4" />
          {t('export')}
        </ButtonLink>
      }
    >
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Select
          aria-label={t('policy')}
          value={pairPolicy}
          onChange={(event) => setPairPolicy(pairPolicyNames.find((name) => name === event.target.value) ?? pairPolicy)}
          className="max-w-56"
        >
          {pairPolicyNames.map((name) => (
            <option key={name} value={name}>
              {policies(`${name}.label`)}
            </option>
          ))}
        </Select>
        <p className="numeric text-muted" aria-live="polite">
          {summary.data &&
            t('summary', {
              pairs: summary.data.pairs,
              people: summary.data.byPeople,
              judges: summary.data.byJudges,
              imports: summary.data.byImports,
              prompts: summary.data.prompts,
            })}
        </p>
      </div>
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !pairs ? (
        <SkeletonList rows={4} className="h-36" />
      ) : pairs.length === 0 ? (
        <Empty
          icon={GitCompareArrows}
          title={t('emptyTitle')}
          action={
            <ButtonLink href="/label" variant="primary">
              {t('toLabel')}
            </ButtonLink>
          }
        >
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <ul className="flex flex-col gap-3">
            {pairs.map((pair) => (
              <PairCard key={`${pair.chosen.id} ${pair.rejected.id} ${pair.source.rankingId}`} pair={pair} />
            ))}
          </ul>
          <LoadMore query={query} />
        </>
      )}
    </Page>
  );
}
