'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Card, Figure } from '../../../../../_ui/page.tsx';
import { Interval } from '../../_components/interval.tsx';

type Detail = Outputs['rounds']['get'];

interface RoundResultProps {
  detail: Detail;
  evaluation: NonNullable<Detail['evaluation']>;
}

/** Is it better? The win rate on held-out prompts with its interval, in words first. */
export function RoundResult({ detail, evaluation }: RoundResultProps) {
  const t = useTranslations('round.result');
  const format = useFormatter();
  const { wins, ties, losses, winRate, lower, upper } = evaluation;
  const percent = (value: number) => format.number(value, { style: 'percent', maximumFractionDigits: 1 });
  const decimal = (value: number | null, digits = 2) =>
    value === null ? '–' : format.number(value, { maximumFractionDigits: digits });
  const verdict = lower > 0.5 ? 'better' : upper < 0.5 ? 'worse' : 'unclear';
  return (
    <Card>
      <h2 className="font-semibold text-base">{t('title')}</h2>
      <p className="mt-1 max-w-[75ch] text-muted">
        {t('how', { judge: detail.judge?.name ?? '–', opponent: detail.policies.sft?.name ?? '–' })}
      </p>
      <div className="mt-5 grid items-center gap-x-10 gap-y-6 lg:grid-cols-[auto_minmax(0,1fr)]">
        <div>
          <p className="numeric font-semibold text-4xl tracking-tight">{percent(winRate)}</p>
          <p className="numeric mt-1 text-muted">{t('interval', { lower: percent(lower), upper: percent(upper) })}</p>
          <p
            className={`mt-2 font-medium ${verdict === 'better' ? 'text-success' : verdict === 'worse' ? 'text-danger' : 'text-warn'}`}
          >
            {t(verdict)}
          </p>
        </div>
        <Interval winRate={winRate} lower={lower} upper={upper} />
      </div>
      <Outcomes wins={wins} ties={ties} losses={losses} />
      <dl className="mt-6 grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Figure label={t('lengthRatio')} note={t('lengthRatioHint')}>
          {decimal(evaluation.lengthRatio)}
        </Figure>
        <Figure label={t('distinct2')} note={t('distinct2Hint')}>
          {decimal(evaluation.distinct2)}
        </Figure>
        <Figure label={t('kl')} note={t('klHint')}>
          {decimal(evaluation.kl)}
        </Figure>
        <Figure label={t('malformed')} note={t('malformedHint')}>
          {evaluation.malformedRate === null ? '–' : percent(evaluation.malformedRate)}
        </Figure>
      </dl>
    </Card>
  );
}

function Outcomes({ wins, ties, losses }: { wins: number; ties: number; losses: number }) {
  const t = useTranslations('round.result');
  const total = Math.max(1, wins + ties + losses);
  const parts = [
    { key: 'wins' as const, count: wins, look: 'bg-success' },
    { key: 'ties' as const, count: ties, look: 'bg-control' },
    { key: 'losses' as const, count: losses, look: 'bg-danger' },
  ];
  return (
    <div className="mt-6">
      <div aria-hidden className="flex h-2.5 gap-0.5 overflow-hidden rounded-full">
        {parts.map(({ key, count, look }) => (
          <span key={key} className={look} style={{ width: `${(count / total) * 100}%` }} />
        ))}
      </div>
      <ul className="numeric mt-2 flex flex-wrap gap-x-5 gap-y-1 text-[13px] text-muted">
        {parts.map(({ key, count, look }) => (
          <li key={key} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2 rounded-full ${look}`} />
            {t(key, { count })}
          </li>
        ))}
      </ul>
    </div>
  );
}
