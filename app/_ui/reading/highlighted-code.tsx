'use client';
import { memo } from 'react';
import { highlight } from './highlight.ts';
import { visibleText } from './visible-text.tsx';

export interface CodeProps {
  language: string;
  text: string;
}

/** Colours some code before it is shown. */
export function prepareCode({ language, text }: CodeProps): void {
  highlight(language, text);
}

export const HighlightedCode = memo(function HighlightedCode({ language, text }: CodeProps) {
  return highlight(language, text).map((part, place) => {
    const key = `${place}`;
    return (
      <span key={key} className={part.className || undefined}>
        {visibleText(part.text)}
      </span>
    );
  });
});
