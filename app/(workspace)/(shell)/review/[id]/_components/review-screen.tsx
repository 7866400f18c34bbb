'use client';
// One task for a reviewer, and the way through the queue by keys: A accepts, digits and a note adjudicate, R returns,
// J and K go on and back.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect } from 'react';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Button } from '../../../../../_ui/button.tsx';
import { Page } from '../../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { toSearch, useQueue, useQueueFilter } from '../../_components/use-queue.ts';
import { ReviewDesk } from './review-desk.tsx';
import { useReviewKeys } from './use-review-keys.ts';

export function ReviewScreen({ taskId }: { taskId: string }) {
  const t = useTranslations('review.task');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const filter = useQueueFilter();
  const { query, items = [] } = useQueue(filter);
  const { data, error, refetch } = useQuery(trpc.review.get.queryOptions({ projectId: project.id, taskId }));
  const at = items.findIndex((item) => item.taskId === taskId);

  function go(step: 1 | -1) {
    const target = items[at + step] ?? (at === -1 ? items[0] : undefined);
    if (target && target.taskId !== taskId) router.push(`/review/${target.taskId}${toSearch(filter)}`);
    else toast(t('noNext'));
    // The next page of the queue is there before it is needed.
    if (step === 1 && at >= items.length - 3 && query.hasNextPage) void query.fetchNextPage();
  }

  // Here, not with the task: they work while it is still on its way.
  useReviewKeys({ isActive: true, actions: { next: () => go(1), previous: () => go(-1) } });
  const next = items[at + 1]?.taskId;
  useEffect(() => {
    if (next) void queryClient.prefetchQuery(trpc.review.get.queryOptions({ projectId: project.id, taskId: next }));
  }, [next, project.id, queryClient, trpc]);

  return (
    <Page
      title={t('title')}
      intro={at === -1 ? t('outside') : t('position', { at: at + 1, of: items.length })}
      back={<BackLink href={`/review${toSearch(filter)}`}>{t('back')}</BackLink>}
      actions={
        <>
          <Button onClick={() => go(-1)} shortcut="K" disabled={at < 1}>
            {t('previous')}
          </Button>
          <Button onClick={() => go(1)} shortcut="J">
            {t('next')}
          </Button>
        </>
      }
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={4} className="h-32" />
      ) : (
        <ReviewDesk task={data} onDone={() => go(1)} />
      )}
    </Page>
  );
}
