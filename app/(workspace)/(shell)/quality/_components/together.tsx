'use client';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Card, Figure } from '../../../../_ui/page.tsx';
import { FigureValue, useFigureWords } from './figure-value.tsx';

const alphaReasons = { 'no-overlap': 'noOverlap', 'all-equal': 'allEqual' } as const;

/** How people agree with one another, all of them together, in three measures. */
export function Together({ together }: { together: Outputs['quality']['overview']['together'] }) {
  const t = useTranslations('quality.together');
  const { percent, decimal } = useFigureWords();
  const { tasks, agreement, tauB, alpha } = together;
  return (
    <Card>
      <h2 className="font-semibold text-base">{t('title')}</h2>
      <p className="mt-1 mb-4 text-muted">{t('text', { tasks })}</p>
      <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-3">
        <Figure label={t('agreement')} note={t('pairs', { n: agreement.n })}>
          <FigureValue figure={agreement} compact>
            {percent}
          </FigureValue>
        </Figure>
        <Figure label={t('tauB')} note={t('rankingPairs', { n: tauB.n })}>
          <FigureValue figure={tauB} compact>
            {decimal}
          </FigureValue>
        </Figure>
        <Figure
          label={t('alpha')}
          note={alpha.value === null ? t(alphaReasons[alpha.reason]) : t('alphaNote', { units: alpha.units })}
        >
          {alpha.value === null ? '–' : decimal(alpha.value)}
        </Figure>
      </dl>
    </Card>
  );
}
