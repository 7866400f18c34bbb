'use client';
// One metric by training step, as a small chart. A table near it holds the same figures in words.
import { useFormatter, useTranslations } from 'next-intl';
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { downsample, type MetricRow } from './metric-rows.ts';

interface MetricChartProps {
  metrics: MetricRow[];
  /** TRL's name of the metric. */
  name: string;
  label: string;
  hint: string;
  /** The value that means "nothing learnt yet". */
  baseline?: number | undefined;
  domain: readonly [number | 'auto', number | 'auto'];
}

/** Below this a number is written by its exponent, which takes more room. */
const tiny = 0.001;
const axis = { stroke: 'var(--line)', tick: { fill: 'var(--ink-faint)', fontSize: 11 }, tickLine: false };

export function MetricChart({ metrics, name, label, hint, baseline, domain }: MetricChartProps) {
  const t = useTranslations('metrics');
  const format = useFormatter();
  // A metric that is logged now and then, as evaluations are, keeps its points.
  const rows = downsample(metrics.filter(({ values }) => values[name] !== undefined));
  const words = (value: number) =>
    value !== 0 && Math.abs(value) < tiny
      ? format.number(value, { notation: 'scientific', maximumFractionDigits: 1 })
      : format.number(value, { maximumFractionDigits: 3 });
  const isTiny = rows.every((row) => Math.abs(row.values[name] ?? 0) < tiny);
  const latest = metrics.findLast((row) => row.values[name] !== undefined)?.values[name];
  const value = latest === undefined ? '–' : words(latest);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 flex items-baseline justify-between gap-2">
        <span className="font-medium">{label}</span>
        <span className="numeric font-semibold text-base">{value}</span>
      </figcaption>
      <div role="img" dir="ltr" aria-label={t('chartLabel', { metric: label, value })} className="h-44">
        <ResponsiveContainer width="100%" height="100%">
          <LineChart
            data={rows}
            margin={{ top: 4, right: 8, bottom: 0, left: isTiny ? 0 : -12 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="step" type="number" domain={[0, metrics.at(-1)?.maxSteps ?? 1]} tickCount={5} {...axis} />
            <YAxis width={48} domain={[...domain]} tickCount={5} tickFormatter={words} axisLine={false} {...axis} />
            {baseline !== undefined && <ReferenceLine y={baseline} stroke="var(--control)" strokeDasharray="3 3" />}
            <Tooltip
              isAnimationActive={false}
              formatter={(point) => [words(Number(point)), label]}
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
              dataKey={(row: MetricRow) => row.values[name]}
              stroke="var(--accent)"
              strokeWidth={2}
              dot={rows.length < 3}
              isAnimationActive={false}
              connectNulls
            />
          </LineChart>
        </ResponsiveContainer>
      </div>
      <p className="mt-1 text-[13px] text-faint">{hint}</p>
    </figure>
  );
}
