'use client';
// The review queue under the filters that stand in the address, so that the list and the task's page walk the same one.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { type ReviewReason, reviewReasons } from '../../../../../domain/reviews.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';

export interface QueueFilter {
  reason: ReviewReason | null;
  isDone: boolean;
}

export function useQueueFilter(): QueueFilter {
  const search = useSearchParams();
  return {
    reason: reviewReasons.find((reason) => reason === search.get('reason')) ?? null,
    isDone: search.has('done'),
  };
}

/** The filters as they stand in an address, with its question mark; nothing for none. */
export function toSearch({ reason, isDone }: QueueFilter): string {
  const search = new URLSearchParams({ ...(reason ? { reason } : {}), ...(isDone ? { done: '1' } : {}) });
  return search.size > 0 ? `?${search}` : '';
}

const pageSize = 50;

export function useQueue({ reason, isDone }: QueueFilter) {
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.review.list.infiniteQueryOptions(
      { projectId: project.id, limit: pageSize, ...(reason ? { reason } : {}), isDone },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  return { query, items: query.data?.pages.flatMap((page) => page.items) };
}
