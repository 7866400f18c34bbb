import type { Formula } from './tree.ts';
import { visibleText } from './visible-text.tsx';

/** A formula as it was written: until it is set, and where it cannot be. */
export function FormulaSource({ formula }: { formula: Formula }) {
  return (
    <code dir="ltr" className="font-mono text-[0.9em]">
      {visibleText(formula.source)}
    </code>
  );
}
