'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { RoundStatus } from '../../../../../../domain/rounds.ts';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { Progress } from '../../../../../_ui/progress.tsx';
import { useTimeLeft } from '../../../../../_ui/use-time-left.ts';
import type { Metrics } from './use-round-metrics.ts';

interface RoundProgressProps {
  status: RoundStatus;
  job: Outputs['rounds']['get']['job'];
  latest: Metrics[number] | null;
  isStopping: boolean;
  onCancel: () => void;
}

/** How far the round is, what it still takes, and the way to stop it. */
export function RoundProgress({ status, job, latest, isStopping, onCancel }: RoundProgressProps) {
  const t = useTranslations('round.progress');
  const format = useFormatter();
  const isTraining = status === 'training';
  const done = isTraining && latest ? Math.max(latest.step, job?.done ?? 0) : (job?.done ?? 0);
  const total = isTraining && latest ? latest.maxSteps : (job?.total ?? 0);
  const left = useTimeLeft({ done, total, startedAt: job?.startedAt ?? null });
  const isWaiting = status === 'queued' || total === 0;
  const label = t(isWaiting && status !== 'evaluating' ? 'waiting' : isTraining ? 'training' : 'evaluating');
  return (
    <section aria-label={label} className="rounded-card border border-accent bg-surface p-4 ring-1 ring-accent sm:p-5">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <div>
          <p className="font-semibold">{label}</p>
          <p className="numeric text-[13px] text-muted">
            {total > 0 && t(isTraining ? 'steps' : 'items', { done, total })}
            {isTraining &&
              latest &&
              ` · ${t('epoch', { epoch: format.number(latest.epoch, { maximumFractionDigits: 2 }) })}`}
            {left && ` · ${left}`}
            {job?.message && ` · ${job.message}`}
          </p>
        </div>
        <Button variant="danger" onClick={onCancel} disabled={isStopping}>
          {t(isStopping ? 'stopping' : 'cancel')}
        </Button>
      </div>
      <Progress label={label} value={done} max={Math.max(1, total)} indeterminate={isWaiting} />
    </section>
  );
}
