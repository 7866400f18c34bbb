'use client';
// Counts by class, as bars: a day's work, a class of time. Each bar's class and count stand in its tooltip; the label says
// the gist to those who do not see it.
import { useFormatter } from 'next-intl';
import { Bar, CartesianGrid, BarChart as Chart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

interface BarChartProps {
  title: string;
  /** The gist in words. */
  label: string;
  bars: { name: string; count: number }[];
}

const axis = { stroke: 'var(--line)', tick: { fill: 'var(--ink-faint)', fontSize: 11 }, tickLine: false };

export function BarChart({ title, label, bars }: BarChartProps) {
  const format = useFormatter();
  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 font-medium">{title}</figcaption>
      <div role="img" aria-label={label} className="h-44">
        <ResponsiveContainer width="100%" height="100%">
          <Chart data={bars} margin={{ top: 4, right: 8, bottom: 0, left: -12 }} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="name" minTickGap={16} {...axis} />
            <YAxis
              width={48}
              allowDecimals={false}
              tickFormatter={(value) => format.number(value)}
              axisLine={false}
              {...axis}
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ fill: 'var(--sunken)' }}
              formatter={(count) => [format.number(Number(count)), title]}
              contentStyle={{
                background: 'var(--surface)',
                border: '1px solid var(--line)',
                borderRadius: 6,
                fontSize: 12,
              }}
              itemStyle={{ color: 'var(--ink)' }}
              labelStyle={{ color: 'var(--ink-faint)' }}
            />
            <Bar dataKey="count" fill="var(--accent)" radius={[3, 3, 0, 0]} maxBarSize={48} isAnimationActive={false} />
          </Chart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}
