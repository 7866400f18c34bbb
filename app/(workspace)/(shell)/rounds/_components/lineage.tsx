'use client';
import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { cx } from '../../../../_ui/cx.ts';

/** The chain of policies from SFT to the current one, through every promoted round. */
export function Lineage({ rounds }: { rounds: Outputs['rounds']['list'] }) {
  const t = useTranslations('rounds');
  const format = useFormatter();
  const promoted = rounds
    .filter((round) => round.status === 'promoted')
    .sort((one, other) => one.number - other.number);
  const current = promoted.at(-1);
  const box = 'flex h-14 min-w-28 flex-col justify-center rounded-control border bg-surface px-3';
  return (
    <section aria-label={t('lineage')}>
      <h2 className="mb-2 font-medium text-[13px] text-faint">{t('lineage')}</h2>
      <ol className="flex flex-wrap items-center gap-1">
        <li className={cx(box, current ? 'border-line' : 'border-accent ring-1 ring-accent')}>
          <span className="font-medium">{t('sft')}</span>
          <span className="text-faint text-xs">{current ? t('start0') : t('current')}</span>
        </li>
        {promoted.map((round) => (
          <li key={round.id} className="flex items-center gap-1">
            <ChevronRight aria-hidden className="size-4 text-faint rtl:-scale-x-100" />
            <Link
              href={`/rounds/${round.id}`}
              className={cx(
                box,
                'hover:bg-sunken',
                round === current ? 'border-accent ring-1 ring-accent' : 'border-line',
              )}
            >
              <span className="font-medium">{t('number', { number: round.number })}</span>
              <span className="numeric text-faint text-xs">
                {round.winRate !== null &&
                  t('over', { rate: format.number(round.winRate, { style: 'percent', maximumFractionDigits: 0 }) })}
                {round === current && ` · ${t('current')}`}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
