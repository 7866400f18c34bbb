'use client';
// All that people and judges said, newest first: found by filters, opened, taken back, or taken away as a file.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download, ListChecks } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { RankingFilter } from '../../../../../domain/ranking-filter.ts';
import { nothingSelected } from '../../../../../domain/selection.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { LoadMore } from '../../../../_ui/load-more.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { RankingFilters } from './ranking-filters.tsx';
import { RankingTable } from './ranking-table.tsx';
import { RetractBar } from './retract-bar.tsx';

export function RankingList() {
  const t = useTranslations('rankings');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const [filter, setFilter] = useState<RankingFilter>({});
  const [selection, setSelection] = useState(nothingSelected);
  const [isExporting, setExporting] = useState(false);
  const isAdmin = project.role === 'admin';
  const asked = { projectId: project.id, ...filter };
  const query = useInfiniteQuery(
    trpc.rankings.list.infiniteQueryOptions(
      { ...asked, limit: 50 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const { data: count } = useQuery(trpc.rankings.count.queryOptions(asked, { placeholderData: keepPreviousData }));
  const rankings = query.data?.pages.flatMap((page) => page.items);
  const canRetract = isAdmin && !filter.isRetracted;
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        isAdmin && (
          <Button onClick={() => setExporting(true)}>
            <Download aria-hidden className="size-4" />
            {t('export')}
          </Button>
        )
      }
    >
      <RankingFilters
        filter={filter}
        count={count}
        onChange={(changed) => {
          setFilter(changed);
          setSelection(nothingSelected);
        }}
      />
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !rankings ? (
        <SkeletonList />
      ) : rankings.length === 0 ? (
        <Empty icon={ListChecks} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <RankingTable rankings={rankings} selection={canRetract ? selection : null} onSelect={setSelection} />
          <LoadMore query={query} />
        </>
      )}
      {canRetract && <RetractBar selection={selection} onDone={() => setSelection(nothingSelected)} />}
      {isExporting && <ExportDialog filter={filter} count={count ?? 0} onClose={() => setExporting(false)} />}
    </Page>
  );
}
