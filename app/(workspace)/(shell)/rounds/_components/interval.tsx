'use client';
// A win rate with its 95 % interval on a line from 0 to 100 %, the middle marked: an interval that clears the middle
// says better, or worse, beyond chance.
import { useFormatter, useTranslations } from 'next-intl';
import { cx } from '../../../../_ui/cx.ts';

interface IntervalProps {
  winRate: number;
  lower: number;
  upper: number;
  /** In a table: no scale. */
  compact?: boolean;
}

const percent = (value: number) => `${value * 100}%`;

export function Interval({ winRate, lower, upper, compact = false }: IntervalProps) {
  const t = useTranslations('rounds');
  const format = useFormatter();
  const words = (value: number) => format.number(value, { style: 'percent', maximumFractionDigits: 1 });
  return (
    <div
      role="img"
      aria-label={t('intervalLabel', { rate: words(winRate), lower: words(lower), upper: words(upper) })}
      className={compact ? 'w-32' : 'w-full'}
    >
      <div className={cx('relative', compact ? 'h-4' : 'h-10')}>
        <span className="absolute inset-x-0 top-1/2 h-px bg-control/50" />
        <span className={cx('absolute inset-y-0 start-1/2 w-px bg-control', compact && 'inset-y-0.5')} />
        <span
          className={cx('absolute top-1/2 -translate-y-1/2 rounded-full bg-accent/30', compact ? 'h-2' : 'h-4')}
          style={{ insetInlineStart: percent(lower), width: percent(Math.max(0, upper - lower)) }}
        />
        <span
          className={cx(
            'absolute top-1/2 -translate-x-1/2 -translate-y-1/2 bg-accent rtl:translate-x-1/2',
            compact ? 'h-3.5 w-[3px] rounded-full' : 'size-4 rounded-full ring-2 ring-surface',
          )}
          style={{ insetInlineStart: percent(winRate) }}
        />
      </div>
      {!compact && (
        <div aria-hidden className="numeric flex justify-between text-faint text-xs">
          <span>{words(0)}</span>
          <span>{t('even')}</span>
          <span>{words(1)}</span>
        </div>
      )}
    </div>
  );
}
