'use client';
// A text that a model or a person wrote, as Markdown: nothing in it can run, load anything, or lead where it does not
// say. Line breaks stay where they were written. It is drawn once: its text is all that it depends on.
import { useTranslations } from 'next-intl';
import { memo } from 'react';
import { cx } from '../cx.ts';
import { blockNodes, type Direction, type HeadingLevel } from './blocks.tsx';
import { readingOf } from './prepared.ts';

interface ReadingProps {
  text: string;
  /** Each block's own by default, from its first strong letter. */
  dir?: Direction;
  /** One below the heading that the text stands under. */
  headings?: HeadingLevel;
  className?: string;
}

export const Reading = memo(function Reading({ text, dir = 'auto', headings = 3, className }: ReadingProps) {
  const t = useTranslations('reading');
  const words = { done: t('done'), open: t('open'), table: t('table') };
  return (
    // Clipped, so that no formula or heap of accents reaches over what stands beside it.
    <div className={cx('reading relative flex flex-col gap-3 overflow-clip [overflow-clip-margin:4px]', className)}>
      {blockNodes(readingOf(text), { dir, headings, words })}
    </div>
  );
});
