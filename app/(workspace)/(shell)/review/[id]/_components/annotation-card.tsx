'use client';
// What one person said beside the order: strength, verdict, ratings, flags, rationale and edit.
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Badge } from '../../../../../_ui/badge.tsx';
import { PlainText } from '../../../../../_ui/messages.tsx';
import { WordDiff } from '../../../../../_ui/reading/word-diff.tsx';
import { useFigureWords } from '../../../quality/_components/figure-value.tsx';
import { type Annotation, numberOf, orderOf, type ReviewTask } from './task.ts';
import { useLetterName } from './use-letter-name.ts';

export function AnnotationCard({ task, annotation }: { task: ReviewTask; annotation: Annotation }) {
  const t = useTranslations('review.task');
  const { percent, seconds } = useFigureWords();
  const nameOf = useLetterName();
  const { tiers, agreement, durationMs, strength, overall, thumbs, flags, rationale, edit, gold } = annotation;
  const facts = [
    agreement === null ? t('alone') : t('withOthers', { agreement: percent(agreement) }),
    ...(gold ? [t('goldScore', { correct: gold.score.correct, total: gold.score.total })] : []),
    ...(durationMs === null ? [] : [t('took', { time: seconds(durationMs) })]),
  ];
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div>
        <div className="flex flex-wrap items-baseline justify-between gap-2">
          <h3 className="font-medium">{nameOf(annotation)}</h3>
          <p className="font-mono font-semibold text-accent-text">{orderOf(task, tiers)}</p>
        </div>
        <p className="numeric mt-0.5 text-[13px] text-faint">{facts.join(' · ')}</p>
      </div>
      {(overall || flags.length > 0) && (
        <ul aria-label={t('flags')} className="flex flex-wrap gap-1">
          {overall && (
            <li className="flex">
              <Badge tone={overall === 'all-bad' ? 'warn' : 'success'}>{t(`overall.${overall}`)}</Badge>
            </li>
          )}
          {flags.map(({ flag, responseId }) => (
            <li key={`${flag} ${responseId}`} className="flex">
              <Badge tone="danger">
                {responseId
                  ? t('flagOf', { flag: t(`flag.${flag}`), number: numberOf(task, responseId) })
                  : t(`flag.${flag}`)}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <dl className="flex flex-col gap-2">
        {strength && <Fact label={t('strength.label')}>{t(`strength.${strength}`)}</Fact>}
        {thumbs && (
          <Fact label={t('thumbs')}>
            {task.responses
              .flatMap(({ id }, index) => {
                const thumb = thumbs[id];
                return thumb ? [t(`thumb.${thumb}`, { number: index + 1 })] : [];
              })
              .join(' · ')}
          </Fact>
        )}
        <Ratings task={task} ratings={annotation.ratings} />
        {rationale && (
          <Fact label={t('rationale')}>
            <PlainText text={rationale} />
          </Fact>
        )}
        {edit?.responseId && (
          <Fact label={t('edit', { number: numberOf(task, edit.responseId) })}>
            <WordDiff before={task.responses.find(({ id }) => id === edit.responseId)?.text ?? ''} after={edit.text} />
          </Fact>
        )}
      </dl>
    </li>
  );
}

function Ratings({ task, ratings }: { task: ReviewTask; ratings: Annotation['ratings'] }) {
  const t = useTranslations('review.task');
  const keys = [...new Set(Object.values(ratings).flatMap((byCriterion) => Object.keys(byCriterion)))];
  if (keys.length === 0) return null;
  const rowsOf = (key: string) =>
    task.responses.flatMap(({ id }, index) => {
      const value = ratings[id]?.[key];
      return value === undefined ? [] : [`${index + 1}: ${value}`];
    });
  return (
    <Fact label={t('ratings')}>
      <ul className="numeric">
        {keys.map((key) => (
          <li key={key}>
            {task.criteria.find((criterion) => criterion.key === key)?.name ?? key}: {rowsOf(key).join(' · ')}
          </li>
        ))}
      </ul>
    </Fact>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-[13px] text-faint">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
