'use client';
// Loaded when a text has formulas. KaTeX writes MathML for screen readers beside what is seen.
import 'katex/dist/katex.min.css';
import katex from 'katex';
import { memo, useCallback } from 'react';
import { katexOptions } from './katex-options.ts';
import type { Formula } from './tree.ts';

const mostKept = 500;
const kept = new Map<string, HTMLElement | null>();

/** A node to be copied; null for a formula that KaTeX cannot read. */
function templateOf({ source, tex, isDisplay }: Formula): HTMLElement | null {
  const known = kept.get(source);
  if (known !== undefined) return known;
  if (kept.size >= mostKept) kept.clear();
  const template = typeset(tex, isDisplay);
  kept.set(source, template);
  return template;
}

function typeset(tex: string, displayMode: boolean): HTMLElement | null {
  const element = document.createElement('span');
  try {
    // Macros are made anew for each: one formula must not change the next.
    katex.render(tex, element, { ...katexOptions, displayMode, macros: {} });
    return element;
  } catch {
    return null;
  }
}

/** Sets a formula before it is shown. */
export function prepareFormula(formula: Formula): void {
  templateOf(formula);
}

export const TypesetFormula = memo(function TypesetFormula({ formula }: { formula: Formula }) {
  const fill = useCallback(
    (node: HTMLElement | null) => {
      if (!node) return;
      const template = templateOf(formula);
      node.replaceChildren(template ? template.cloneNode(true) : formula.source);
      node.classList.toggle('font-mono', template === null);
    },
    [formula],
  );
  return <span ref={fill} dir="ltr" />;
});
