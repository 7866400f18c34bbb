'use client';
// A figure of a report: its value, or in so many words that there is too little to say one. How many things it is of
// stands beside it.
import { useFormatter, useTranslations } from 'next-intl';
import type { Figure } from '../../../../../domain/annotator-report.ts';

interface FigureValueProps<V> {
  figure: Figure<V>;
  children: (value: V) => string;
  /** In a table: without its n. */
  compact?: boolean;
}

export function FigureValue<V>({ figure, children, compact = false }: FigureValueProps<V>) {
  const t = useTranslations('quality');
  const { n, needed, value } = figure;
  if (value === null) {
    return (
      <span className="font-normal text-[13px] text-faint" title={t('notEnoughLabel', { n, needed })}>
        <span aria-hidden>{compact ? '–' : t('notEnoughLabel', { n, needed })}</span>
        <span className="sr-only">{t('notEnoughLabel', { n, needed })}</span>
      </span>
    );
  }
  return (
    <span className="numeric" title={t('of', { n })}>
      {children(value)}
      {!compact && <span className="ms-2 font-normal text-[13px] text-faint">{t('of', { n })}</span>}
    </span>
  );
}

/** How the reports write shares, numbers and times. */
export function useFigureWords() {
  const format = useFormatter();
  return {
    percent: (share: number) => format.number(share, { style: 'percent', maximumFractionDigits: 0 }),
    number: (value: number) => format.number(value),
    decimal: (value: number) => format.number(value, { maximumFractionDigits: 2 }),
    thousandths: (value: number) => format.number(value, { maximumFractionDigits: 3 }),
    seconds: (ms: number) =>
      format.number(ms / 1000, { style: 'unit', unit: 'second', maximumFractionDigits: ms < 10_000 ? 1 : 0 }),
  };
}
