'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { BarChart } from '../../../../_ui/bar-chart.tsx';
import { Card } from '../../../../_ui/page.tsx';
import { useFigureWords } from './figure-value.tsx';

type Course = Pick<Outputs['quality']['mine'], 'days' | 'times'>;

/** Rankings by day, and by how long they took. */
export function CourseCharts({ days, times }: Course) {
  const t = useTranslations('quality.report');
  const format = useFormatter();
  const { seconds } = useFigureWords();
  const nameOf = ({ from, below }: Course['times'][number]) => {
    const [start, end] = [seconds(from * 1000), below === null ? null : seconds(below * 1000)];
    if (end === null) return t('above', { from: start });
    return from === 0 ? t('below', { to: end }) : t('between', { from: start, to: end });
  };
  const commonest = times.reduce((best, one) => (one.count > best.count ? one : best));
  return (
    <Card className="grid gap-6 md:grid-cols-2">
      <BarChart
        title={t('days')}
        label={t('daysLabel', { days: days.length, most: Math.max(0, ...days.map(({ count }) => count)) })}
        bars={days.map(({ day, count }) => ({
          name: format.dateTime(new Date(`${day}T00:00:00Z`), { month: 'short', day: 'numeric', timeZone: 'UTC' }),
          count,
        }))}
      />
      <BarChart
        title={t('times')}
        label={t('timesLabel', { most: nameOf(commonest) })}
        bars={times.map((one) => ({ name: nameOf(one), count: one.count }))}
      />
    </Card>
  );
}
