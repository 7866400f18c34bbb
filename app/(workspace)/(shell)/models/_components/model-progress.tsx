'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useErrorToast } from '../../../../_lib/use-error-toast.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Progress } from '../../../../_ui/progress.tsx';
import { useTimeLeft } from '../../../../_ui/use-time-left.ts';
import { useBytes } from './use-bytes.ts';

type Job = NonNullable<Outputs['models']['list'][number]['job']>;

/** A download's counters are kilobytes. */
const unit = 1000;

/** How far a model's download, or the look into it, is. */
export function ModelProgress({ job, name }: { job: Job; name: string }) {
  const t = useTranslations('models');
  const jobs = useTranslations('jobs');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const bytes = useBytes();
  const left = useTimeLeft(job);
  const cancel = useMutation(
    trpc.jobs.cancel.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.models.pathFilter()),
      onError: toastError,
    }),
  );
  const isCounting = job.status === 'running' && job.total > 0;
  const words = [
    job.status === 'queued'
      ? jobs('queuedText')
      : isCounting
        ? t('downloaded', { done: bytes(job.done * unit), total: bytes(job.total * unit) })
        : jobs(`names.${job.name}`),
    left,
    job.message,
  ];
  const isStopping = job.cancelRequested || cancel.isPending;
  return (
    <div>
      <p className="numeric mb-2 break-words text-[13px] text-muted">{words.filter(Boolean).join(' · ')}</p>
      <Progress
        label={t('progressOf', { name })}
        value={job.done}
        max={Math.max(1, job.total)}
        indeterminate={!isCounting}
      />
      <Button
        variant="danger"
        size="sm"
        className="mt-3"
        disabled={isStopping}
        aria-label={t('cancelOf', { name })}
        onClick={() => cancel.mutate({ jobRunId: job.id })}
      >
        {isStopping ? jobs('stopping') : jobs('cancel')}
      </Button>
    </div>
  );
}
