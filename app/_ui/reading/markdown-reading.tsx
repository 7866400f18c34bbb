'use client';
// A text with marks of Markdown in it. Loaded, with all that it needs, when the first such text is shown or prepared.
import { useTranslations } from 'next-intl';
import { memo, useDeferredValue, useMemo } from 'react';
import { cx } from '../cx.ts';
import { idle } from '../idle.ts';
import { blockNodes } from './blocks.tsx';
import { languageOf, loadHighlighting } from './code-block.tsx';
import { loadTypesetting } from './formula.tsx';
import { parsedReading } from './parsed.ts';
import { partsOf } from './parts.ts';
import type { ReadingProps } from './props.ts';

/** What fills a screen is drawn at once; the rest follows without holding up a key press. */
const atOnce = 24;
/** The browser leaves out what is off the screen until it is scrolled to. Counts from `atOnce` + 1. */
const offScreen =
  '[&>:nth-child(n+25)]:[content-visibility:auto] [&>:nth-child(n+25)]:[contain-intrinsic-block-size:auto_4rem]';

export const MarkdownReading = memo(function MarkdownReading({ text, dir = 'auto', headings = 3 }: ReadingProps) {
  const t = useTranslations('reading');
  const words = { done: t('done'), open: t('open'), table: t('table') };
  const blocks = parsedReading(text);
  const isLong = blocks.length > atOnce;
  const first = useMemo(() => (isLong ? blocks.slice(0, atOnce) : blocks), [blocks, isLong]);
  const deferred = useDeferredValue(blocks, first);
  // While it lags behind it may still be another text.
  const shown = deferred === blocks ? blocks : first;
  return (
    <div className={cx('flex flex-col gap-3', isLong && offScreen)}>{blockNodes(shown, { dir, headings, words })}</div>
  );
});

const formulasAtOnce = 10;

/** Parses a text, colours its code and sets its formulas, before it is shown. */
export async function prepareMarkdown(text: string, signal: AbortSignal): Promise<void> {
  const { codes, formulas } = partsOf(parsedReading(text));
  const coloured = codes
    .map(({ info, text: code }) => ({ language: languageOf(info), text: code }))
    .filter(({ language }) => language !== '');
  if (coloured.length > 0) {
    const { prepareCode } = await loadHighlighting();
    for (const code of coloured) {
      await idle();
      if (signal.aborted) return;
      prepareCode(code);
    }
  }
  if (formulas.length > 0) {
    const { prepareFormula } = await loadTypesetting();
    for (let at = 0; at < formulas.length; at += formulasAtOnce) {
      await idle();
      if (signal.aborted) return;
      formulas.slice(at, at + formulasAtOnce).forEach(prepareFormula);
    }
  }
}
