'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Scale } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useErrorToast } from '../../../../_lib/use-error-toast.tsx';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { JobProgress } from '../../../../_ui/job-progress.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { JudgeCard } from './judge-card.tsx';
import { JudgeDialog } from './judge-dialog.tsx';

export function JudgeList() {
  const t = useTranslations('judges');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null);
  const judges = useQuery(trpc.judges.list.queryOptions({ projectId: project.id }));
  const place = useQuery(trpc.projects.get.queryOptions({ projectId: project.id }));
  const jobs = useQuery(trpc.jobs.active.queryOptions({ projectId: project.id }));
  const running = jobs.data?.filter((job) => job.name === 'judge') ?? [];
  const refresh = () => {
    void queryClient.invalidateQueries(trpc.judges.pathFilter());
    void queryClient.invalidateQueries(trpc.jobs.pathFilter());
    void queryClient.invalidateQueries(trpc.projects.get.pathFilter());
  };
  const start = useMutation(
    trpc.judges.start.mutationOptions({
      onSettled: refresh,
      onSuccess: () => void toast.success(t('started')),
      onError: toastError,
    }),
  );
  const remove = useMutation(trpc.judges.remove.mutationOptions({ onSettled: refresh, onError: toastError }));
  const open = place.data?.counts.tasks.open ?? 0;
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <Button variant="primary" onClick={() => setAdding(true)}>
          <Plus aria-hidden className="size-4" />
          {t('add')}
        </Button>
      }
    >
      {running.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
      {judges.error ? (
        <ErrorState error={judges.error} onRetry={() => void judges.refetch()} />
      ) : !judges.data ? (
        <SkeletonList rows={3} className="h-24" />
      ) : judges.data.length === 0 ? (
        <Empty icon={Scale} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <p className="numeric mb-3 text-muted" aria-live="polite">
            {place.data && t('openTasks', { count: open })}
          </p>
          <ul className="grid gap-3 lg:grid-cols-2">
            {judges.data.map((judge) => (
              <JudgeCard
                key={judge.id}
                judge={judge}
                openTasks={open}
                isStarting={start.isPending && start.variables.judgeId === judge.id}
                isBusy={running.length > 0}
                onStart={() => start.mutate({ projectId: project.id, judgeId: judge.id })}
                onRemove={() => setRemoving(judge)}
              />
            ))}
          </ul>
        </>
      )}
      {isAdding && <JudgeDialog onClose={() => setAdding(false)} />}
      {removing && (
        <ConfirmDialog
          title={t('removeTitle', { name: removing.name })}
          text={t('removeText')}
          action={t('remove')}
          onClose={() => setRemoving(null)}
          onConfirm={() => remove.mutate({ judgeId: removing.id })}
        />
      )}
    </Page>
  );
}
