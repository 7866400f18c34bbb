'use client';
import { useTranslations } from 'next-intl';
import { MetricChart } from '../../../../../../_ui/metric-chart.tsx';
import type { MetricRow } from '../../../../../../_ui/metric-rows.ts';
import { chartedIn } from './charted-metrics.ts';

export function SftCharts({ metrics }: { metrics: MetricRow[] }) {
  const t = useTranslations('sft.metrics');
  return (
    <div className="grid gap-6 md:grid-cols-2 xl:grid-cols-3">
      {chartedIn(metrics).map(({ key, name, domain }) => (
        <MetricChart
          key={key}
          metrics={metrics}
          name={name}
          label={t(`${key}.label`)}
          hint={t(`${key}.hint`)}
          domain={domain}
        />
      ))}
    </div>
  );
}
