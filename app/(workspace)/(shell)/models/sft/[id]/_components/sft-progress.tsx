'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { SftStatus } from '../../../../../../../domain/sft.ts';
import type { Outputs } from '../../../../../../_trpc/context.ts';
import type { MetricRow } from '../../../../../../_ui/metric-rows.ts';
import { RunProgress } from '../../../../../../_ui/run-progress.tsx';
import { useTimeLeft } from '../../../../../../_ui/use-time-left.ts';

interface SftProgressProps {
  status: SftStatus;
  job: Outputs['sft']['get']['job'];
  latest: MetricRow | null;
  isStopping: boolean;
  onCancel: () => void;
}

export function SftProgress({ status, job, latest, isStopping, onCancel }: SftProgressProps) {
  const t = useTranslations('sft.progress');
  const format = useFormatter();
  const done = Math.max(latest?.step ?? 0, job?.done ?? 0);
  const total = latest?.maxSteps ?? job?.total ?? 0;
  const left = useTimeLeft({ done, total, startedAt: job?.startedAt ?? null });
  return (
    <RunProgress
      label={t(status === 'queued' ? 'waiting' : 'training')}
      words={[
        total > 0 && t('steps', { done, total }),
        latest && t('epoch', { epoch: format.number(latest.epoch, { maximumFractionDigits: 2 }) }),
        left,
        job?.message,
      ]}
      done={done}
      total={total}
      isWaiting={status === 'queued' || total === 0}
      cancel={t(isStopping ? 'stopping' : 'cancel')}
      isStopping={isStopping}
      onCancel={onCancel}
    />
  );
}
