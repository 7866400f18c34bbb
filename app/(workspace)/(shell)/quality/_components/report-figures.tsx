'use client';
// A report's figures, each with what it is of and what it means.
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { skipReasons } from '../../../../../domain/annotation.ts';
import type { AnnotatorReport, PositionBias, Figure as ReportFigure } from '../../../../../domain/annotator-report.ts';
import { Card, Figure } from '../../../../_ui/page.tsx';
import { FigureValue, useFigureWords } from './figure-value.tsx';

type Counts = Pick<AnnotatorReport, 'rankings' | 'time' | 'skips' | 'skipReasons'>;
export type Rest = Omit<AnnotatorReport, keyof Counts>;

/** Below this a chance is written as what it is below of. */
const smallestP = 0.001;

export function ReportFigures({ counts, rest }: { counts: Counts; rest: Rest | null }) {
  const t = useTranslations('quality');
  const { seconds, percent, number } = useFigureWords();
  const { time } = counts;
  return (
    <Card>
      <h2 className="mb-4 font-semibold text-base">{t('report.title')}</h2>
      <dl className="grid gap-x-8 gap-y-5 sm:grid-cols-2 lg:grid-cols-3">
        <Figure label={t('rankings')}>{number(counts.rankings)}</Figure>
        <Figure
          label={t('time')}
          note={
            time.value && t('report.timeNote', { lower: seconds(time.value.lower), upper: seconds(time.value.upper) })
          }
        >
          <FigureValue figure={time}>{({ median }) => seconds(median)}</FigureValue>
        </Figure>
        <Figure label={t('skips')} note={<SkipReasons counts={counts.skipReasons} />}>
          <FigureValue figure={counts.skips}>{percent}</FigureValue>
        </Figure>
        {rest && <RestFigures rest={rest} />}
      </dl>
    </Card>
  );
}

function SkipReasons({ counts }: { counts: Record<string, number> }) {
  const t = useTranslations('quality.report');
  const known = [...skipReasons.map((reason) => [reason, t(`reason.${reason}`)]), ['', t('noReason')]];
  const said = known.flatMap(([key = '', reason = '']) => {
    const count = counts[key];
    return count ? [t('reasonCount', { reason, count })] : [];
  });
  return (
    <>
      {t('skipsNote')}
      {said.length > 0 && <span className="block">{said.join(' · ')}</span>}
    </>
  );
}

function RestFigures({ rest }: { rest: Rest }) {
  const t = useTranslations('quality');
  const { percent } = useFigureWords();
  const share = (label: string, figure: ReportFigure, note: ReactNode) => (
    <Figure label={label} note={note}>
      <FigureValue figure={figure}>{percent}</FigureValue>
    </Figure>
  );
  const { value: length } = rest.length;
  return (
    <>
      {share(t('agreement'), rest.agreement, t('report.agreementNote'))}
      {share(t('gold'), rest.gold, t('report.goldNote'))}
      {share(t('tooFast'), rest.tooFast, t('report.tooFastNote'))}
      {share(t('ties'), rest.ties, t('report.tiesNote'))}
      {share(t('report.tiesAll'), rest.tiesAll, t('report.tiesAllNote'))}
      <Figure
        label={t('report.length')}
        note={length && t('report.lengthNote', { lower: percent(length.lower), upper: percent(length.upper) })}
      >
        <FigureValue figure={rest.length}>{(value) => percent(value.share)}</FigureValue>
      </Figure>
      <Position label={t('report.firstShown')} figure={rest.positions.first} />
      <Position label={t('report.lastShown')} figure={rest.positions.last} />
    </>
  );
}

function Position({ label, figure }: { label: string; figure: ReportFigure<PositionBias> }) {
  const t = useTranslations('quality.report');
  const { percent, thousandths } = useFigureWords();
  const { value } = figure;
  const expected = value && percent(value.expected);
  return (
    <Figure
      label={label}
      note={
        value &&
        (value.p < smallestP
          ? t('positionNoteSmall', { expected: expected ?? '' })
          : t('positionNote', { expected: expected ?? '', p: thousandths(value.p) }))
      }
    >
      <FigureValue figure={figure}>{({ first }) => percent(first)}</FigureValue>
    </Figure>
  );
}
