'use client';
// Loss, accuracy and margin by step, as three small charts. The table below them holds the same figures in words.
import { useTranslations } from 'next-intl';
import { MetricChart } from '../../../../../_ui/metric-chart.tsx';
import { chartedMetrics, startsAtLn2 } from './charted-metrics.ts';
import type { Metrics } from './use-round-metrics.ts';

export function MetricCharts({ metrics, lossTypes }: { metrics: Metrics; lossTypes: readonly string[] }) {
  const t = useTranslations('round.metrics');
  return (
    <div className="grid gap-6 md:grid-cols-2 xl:grid-cols-3">
      {chartedMetrics.map(({ key, name, baseline, domain }) => {
        const hasBaseline = key !== 'loss' || startsAtLn2(lossTypes);
        return (
          <MetricChart
            key={key}
            metrics={metrics}
            name={name}
            label={t(`${key}.label`)}
            hint={t(hasBaseline ? `${key}.hint` : 'loss.otherHint')}
            baseline={hasBaseline ? baseline : undefined}
            domain={domain}
          />
        );
      })}
    </div>
  );
}
