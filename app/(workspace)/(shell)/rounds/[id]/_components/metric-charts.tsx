'use client';
// Loss, accuracy and margin by step, as three small charts. The table below them holds the same figures in words.
import { useFormatter, useTranslations } from 'next-intl';
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { chartedMetrics, downsample, startsAtLn2 } from './charted-metrics.ts';
import type { Metrics } from './use-round-metrics.ts';

const axis = { stroke: 'var(--line)', tick: { fill: 'var(--ink-faint)', fontSize: 11 }, tickLine: false };

export function MetricCharts({ metrics, lossTypes }: { metrics: Metrics; lossTypes: readonly string[] }) {
  const t = useTranslations('round.metrics');
  const format = useFormatter();
  const rows = downsample(metrics);
  const lastStep = metrics.at(-1)?.maxSteps ?? 1;
  const words = (value: number) => format.number(value, { maximumFractionDigits: 3 });
  return (
    <div className="grid gap-6 md:grid-cols-2 xl:grid-cols-3">
      {chartedMetrics.map(({ key, name, baseline, domain }) => {
        const hasBaseline = key !== 'loss' || startsAtLn2(lossTypes);
        const latest = metrics.findLast((row) => row.values[name] !== undefined)?.values[name];
        return (
          <figure key={key} className="min-w-0">
            <figcaption className="mb-2 flex items-baseline justify-between gap-2">
              <span className="font-medium">{t(`${key}.label`)}</span>
              <span className="numeric font-semibold text-base">{latest === undefined ? '–' : words(latest)}</span>
            </figcaption>
            <div
              role="img"
              aria-label={t('chartLabel', {
                metric: t(`${key}.label`),
                value: latest === undefined ? '–' : words(latest),
              })}
              className="h-44"
            >
              <ResponsiveContainer width="100%" height="100%">
                <LineChart data={rows} margin={{ top: 4, right: 8, bottom: 0, left: -12 }} accessibilityLayer={false}>
                  <CartesianGrid stroke="var(--line)" vertical={false} />
                  <XAxis dataKey="step" type="number" domain={[0, lastStep]} tickCount={5} {...axis} />
                  <YAxis width={48} domain={domain} tickCount={5} tickFormatter={words} axisLine={false} {...axis} />
                  {hasBaseline && <ReferenceLine y={baseline} stroke="var(--control)" strokeDasharray="3 3" />}
                  <Tooltip
                    isAnimationActive={false}
                    formatter={(value) => [words(Number(value)), t(`${key}.label`)]}
                    labelFormatter={(step) => t('step', { step: Number(step) })}
                    contentStyle={{
                      background: 'var(--surface)',
                      border: '1px solid var(--line)',
                      borderRadius: 6,
                      fontSize: 12,
                    }}
                    itemStyle={{ color: 'var(--ink)' }}
                    labelStyle={{ color: 'var(--ink-faint)' }}
                  />
                  <Line
                    type="monotone"
                    dataKey={(row: Metrics[number]) => row.values[name]}
                    stroke="var(--accent)"
                    strokeWidth={2}
                    dot={rows.length < 3}
                    isAnimationActive={false}
                    connectNulls
                  />
                </LineChart>
              </ResponsiveContainer>
            </div>
            <p className="mt-1 text-[13px] text-faint">{t(hasBaseline ? `${key}.hint` : 'loss.otherHint')}</p>
          </figure>
        );
      })}
    </div>
  );
}
