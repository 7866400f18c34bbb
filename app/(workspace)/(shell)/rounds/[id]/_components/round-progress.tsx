'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { RoundStatus } from '../../../../../../domain/rounds.ts';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { RunProgress } from '../../../../../_ui/run-progress.tsx';
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
    <RunProgress
      label={label}
      words={[
        total > 0 && t(isTraining ? 'steps' : 'items', { done, total }),
        isTraining && latest && t('epoch', { epoch: format.number(latest.epoch, { maximumFractionDigits: 2 }) }),
        left,
        job?.message,
      ]}
      done={done}
      total={total}
      isWaiting={isWaiting}
      cancel={t(isStopping ? 'stopping' : 'cancel')}
      isStopping={isStopping}
      onCancel={onCancel}
    />
  );
}
