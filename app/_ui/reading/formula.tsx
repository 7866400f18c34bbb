'use client';
// A formula. What sets it (KaTeX, its style sheet and faces) is loaded with the first one that is shown.
import { useTranslations } from 'next-intl';
import { Suspense } from 'react';
import { FormulaSource } from './formula-source.tsx';
import { lazyOr } from './lazy-or.ts';
import { Scroller } from './scroller.tsx';
import type { Formula } from './tree.ts';

export const loadTypesetting = () => import('./typeset-formula.tsx');

const TypesetFormula = lazyOr(async () => (await loadTypesetting()).TypesetFormula, FormulaSource);

export function FormulaView({ formula }: { formula: Formula }) {
  return formula.isDisplay ? <DisplayFormula formula={formula} /> : <SetFormula formula={formula} />;
}

function SetFormula({ formula }: { formula: Formula }) {
  return (
    <Suspense fallback={<FormulaSource formula={formula} />}>
      <TypesetFormula formula={formula} />
    </Suspense>
  );
}

function DisplayFormula({ formula }: { formula: Formula }) {
  const t = useTranslations('reading');
  return (
    <Scroller label={t('formula')} className="text-center [&_.katex-display]:my-1">
      <SetFormula formula={formula} />
    </Scroller>
  );
}
