'use client';
// The project's prompts: found by filters, changed one by one or many at once.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { FileDown, MessagesSquare, Sparkles } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useDeferredValue, useState } from 'react';
import type { PromptFilter, PromptOrder } from '../../../../../domain/prompt-filter.ts';
import { nothingSelected } from '../../../../../domain/selection.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../_ui/button-link.tsx';
import { LoadMore } from '../../../../_ui/load-more.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { PromptFilters } from './prompt-filters.tsx';
import { PromptTable } from './prompt-table.tsx';

const SamplingDialog = dynamic(() => import('./sampling-dialog.tsx').then((module) => module.SamplingDialog));

interface PromptListProps {
  startsSampling: boolean;
  /** The import whose prompts are looked for. */
  batchId: string | undefined;
}

export function PromptList({ startsSampling, batchId }: PromptListProps) {
  const t = useTranslations('prompts');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const canChange = project.role === 'admin';
  const [isSampling, setSampling] = useState(startsSampling && canChange);
  const [filter, setFilter] = useState<PromptFilter>(batchId ? { batchId } : {});
  const [order, setOrder] = useState<PromptOrder>('oldest');
  const [selection, setSelection] = useState(nothingSelected);
  const settled = useDeferredValue(filter);
  const asked = { projectId: project.id, ...settled };
  const query = useInfiniteQuery(
    trpc.prompts.list.infiniteQueryOptions(
      { ...asked, order, limit: 50 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const { data: count } = useQuery(trpc.prompts.count.queryOptions(asked, { placeholderData: keepPreviousData }));
  const prompts = query.data?.pages.flatMap((page) => page.items);

  function changeFilter(changed: PromptFilter) {
    setFilter(changed);
    // What no longer matches must not be changed unseen.
    setSelection(nothingSelected);
  }

  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        canChange && (
          <>
            <ButtonLink href="/prompts/import">
              <FileDown aria-hidden className="size-4" />
              {t('import')}
            </ButtonLink>
            <Button variant="primary" onClick={() => setSampling(true)}>
              <Sparkles aria-hidden className="size-4" />
              {t('sample')}
            </Button>
          </>
        )
      }
    >
      <PromptFilters filter={filter} onChange={changeFilter} order={order} onOrder={setOrder} count={count} />
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !prompts ? (
        <SkeletonList />
      ) : prompts.length === 0 ? (
        <Empty icon={MessagesSquare} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <PromptTable prompts={prompts} selection={canChange ? selection : null} onSelect={setSelection} />
          <LoadMore query={query} />
        </>
      )}
      {canChange && <BulkBar selection={selection} filter={settled} count={count ?? 0} onSelect={setSelection} />}
      {isSampling && <SamplingDialog onClose={() => setSampling(false)} />}
    </Page>
  );
}
