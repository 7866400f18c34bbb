'use client';
// One job: what it does, how far it is, how long it still takes, and the way to stop it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useErrorToast } from '../_lib/use-error-toast.tsx';
import { type Outputs, useTRPC } from '../_trpc/context.ts';
import { Button } from './button.tsx';
import { Progress } from './progress.tsx';
import { useTimeLeft } from './use-time-left.ts';

type Job = Outputs['jobs']['active'][number];

export function JobProgress({ job }: { job: Job }) {
  const t = useTranslations('jobs');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const cancel = useMutation(
    trpc.jobs.cancel.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.jobs.pathFilter()),
      onError: toastError,
    }),
  );
  const left = useTimeLeft(job);
  const isStopping = job.cancelRequested || cancel.isPending;
  return (
    <section aria-label={t(`names.${job.name}`)} className="mb-4 rounded-card border border-line bg-surface p-4">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div>
          <h2 className="font-semibold">{t(`names.${job.name}`)}</h2>
          <p className="numeric text-[13px] text-faint">
            {job.status === 'queued' ? t('queuedText') : t('count', { done: job.done, total: job.total })}
            {left && ` · ${left}`}
            {job.message && ` · ${job.message}`}
          </p>
        </div>
        <Button variant="danger" size="sm" disabled={isStopping} onClick={() => cancel.mutate({ jobRunId: job.id })}>
          {isStopping ? t('stopping') : t('cancel')}
        </Button>
      </div>
      <Progress
        label={t(`names.${job.name}`)}
        value={job.done}
        max={Math.max(1, job.total)}
        indeterminate={job.status === 'queued' || job.total === 0}
      />
    </section>
  );
}
