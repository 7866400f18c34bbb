'use client';
// What changed between two texts, in the text itself. Struck out and underlined, since colour alone says nothing to
// some; screen readers hear where a change begins and ends.
import { useTranslations } from 'next-intl';
import { memo, useMemo } from 'react';
import { wordsOf } from '../../../domain/text-metrics.ts';
import { diffWords, type WordChange } from '../../../domain/word-diff.ts';
import { cx } from '../cx.ts';
import { visibleText } from './visible-text.tsx';

interface WordDiffProps {
  before: string;
  after: string;
  className?: string;
}

function countWords(changes: WordChange[], kind: WordChange['kind']): number {
  return changes.reduce((sum, change) => sum + (change.kind === kind ? wordsOf(change.text).length : 0), 0);
}

export const WordDiff = memo(function WordDiff({ before, after, className }: WordDiffProps) {
  const t = useTranslations('reading.diff');
  const changes = useMemo(() => diffWords(before, after), [before, after]);
  const counts = { deleted: countWords(changes, 'deleted'), inserted: countWords(changes, 'inserted') };
  return (
    <div className={className}>
      <p className="numeric mb-1 text-[13px] text-faint">{before === after ? t('none') : t('summary', counts)}</p>
      <p dir="auto" className="reading [unicode-bidi:plaintext]">
        {changes.map(({ kind, text }, place) => {
          const key = `${place}`;
          return kind === 'same' ? (
            <span key={key}>{visibleText(text)}</span>
          ) : (
            <Change key={key} kind={kind} text={text} begin={t(`${kind}.begin`)} end={t(`${kind}.end`)} />
          );
        })}
      </p>
    </div>
  );
});

const looks = {
  deleted: { Tag: 'del', className: 'bg-danger-soft text-danger line-through' },
  inserted: { Tag: 'ins', className: 'bg-success-soft text-success underline decoration-2 underline-offset-2' },
} as const;

interface ChangeProps {
  kind: keyof typeof looks;
  text: string;
  begin: string;
  end: string;
}

function Change({ kind, text, begin, end }: ChangeProps) {
  const { Tag, className } = looks[kind];
  return (
    <Tag className={cx('rounded-sm box-decoration-clone px-px', className)}>
      <span className="sr-only"> {begin} </span>
      {visibleText(text)}
      <span className="sr-only"> {end} </span>
    </Tag>
  );
}
