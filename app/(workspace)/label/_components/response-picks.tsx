'use client';
import { responseIndices } from '../../../../domain/ranking.ts';
import { cx } from '../../../_ui/cx.ts';

interface ResponsePicksProps {
  legend: string;
  count: number;
  chosen: readonly number[];
  nameOf: (number: number) => string;
  onPick: (index: number) => void;
}

/** The responses' numbers, to choose from. */
export function ResponsePicks({ legend, count, chosen, nameOf, onPick }: ResponsePicksProps) {
  return (
    <fieldset className="flex flex-wrap items-center gap-1.5">
      <legend className="float-start me-2 text-[13px] text-muted">{legend}</legend>
      {responseIndices(count).map((index) => (
        <button
          key={index}
          type="button"
          aria-pressed={chosen.includes(index)}
          aria-label={nameOf(index + 1)}
          onClick={() => onPick(index)}
          className={cx(
            'numeric size-8 cursor-pointer rounded-control border font-mono font-semibold pointer-coarse:size-11',
            chosen.includes(index)
              ? 'border-accent bg-accent text-on-accent'
              : 'border-control/60 text-muted hover:bg-sunken',
          )}
        >
          {index + 1}
        </button>
      ))}
    </fieldset>
  );
}
