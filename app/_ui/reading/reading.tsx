'use client';
// A text that a model or a person wrote, as Markdown: nothing in it can run, load anything, or lead where it does not
// say. Line breaks stay where they were written. Its text is all that it depends on: no key press draws it again.
import { memo, Suspense } from 'react';
import { cx } from '../cx.ts';
import { lazyOr } from './lazy-or.ts';
import { hasMarks, paragraphsOf } from './marks.ts';
import type { ReadingProps } from './props.ts';
import { visibleText } from './visible-text.tsx';

export const loadMarkdown = () => import('./markdown-reading.tsx');

const MarkdownReading = lazyOr<ReadingProps>(async () => (await loadMarkdown()).MarkdownReading, PlainReading);

export const Reading = memo(function Reading(props: ReadingProps) {
  return (
    // Clipped, so that no formula or heap of accents reaches over what stands beside it.
    <div className={cx('reading relative overflow-clip [overflow-clip-margin:4px]', props.className)}>
      {hasMarks(props.text) ? (
        <Suspense fallback={<PlainReading {...props} />}>
          <MarkdownReading {...props} />
        </Suspense>
      ) : (
        <PlainReading {...props} />
      )}
    </div>
  );
});

/** Paragraphs as they were written. */
function PlainReading({ text, dir = 'auto' }: ReadingProps) {
  return (
    <div className="flex flex-col gap-3">
      {paragraphsOf(text).map((paragraph, place) => {
        const key = `${place}`;
        return (
          <p key={key} dir={dir} className="[unicode-bidi:plaintext]">
            {visibleText(paragraph)}
          </p>
        );
      })}
    </div>
  );
}
