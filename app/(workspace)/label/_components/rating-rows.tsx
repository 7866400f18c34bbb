'use client';
// A response's ratings, a row a criterion. Tab goes from row to row, a digit rates and goes on to the next row that is
// still empty; after the last one the digits are the responses' again.
import { useTranslations } from 'next-intl';
import { type KeyboardEvent, useId } from 'react';
import { type Criterion, ratingScale } from '../../../../domain/label-settings.ts';
import { cx } from '../../../_ui/cx.ts';
import { focusOpenRating } from './open-rating.ts';

interface RatingRowsProps {
  number: number;
  criteria: readonly Criterion[];
  ratings: Readonly<Record<string, number>>;
  onRate: (index: number, criterion: string, rating: number | null) => void;
}

const scale = Array.from({ length: ratingScale.max - ratingScale.min + 1 }, (_, step) => ratingScale.min + step);

export function RatingRows({ number, criteria, ratings, onRate }: RatingRowsProps) {
  return (
    <div className="relative flex flex-col gap-1.5">
      {criteria.map((criterion) => (
        <RatingRow
          key={criterion.key}
          number={number}
          criterion={criterion}
          rating={ratings[criterion.key] ?? null}
          onRate={(rating) => onRate(number - 1, criterion.key, rating)}
        />
      ))}
    </div>
  );
}

interface RatingRowProps {
  number: number;
  criterion: Criterion;
  rating: number | null;
  onRate: (rating: number | null) => void;
}

function RatingRow({ number, criterion, rating, onRate }: RatingRowProps) {
  const t = useTranslations('label.rating');
  // Tasks that are drawn ahead have rows of their own.
  const name = useId();

  function onKeyDown(event: KeyboardEvent<HTMLFieldSetElement>) {
    const digit = Number(/^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? 0);
    const isErasing = event.key === 'Backspace' || event.key === 'Delete';
    if ((!isErasing && !scale.includes(digit)) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    onRate(isErasing ? null : digit);
    const row = event.currentTarget;
    const page = row.closest('ol');
    if (isErasing || !page) return;
    if (!focusOpenRating(page, row) && document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }

  return (
    <fieldset data-rating className="flex flex-wrap items-center gap-x-3 gap-y-1" onKeyDown={onKeyDown}>
      <legend className="sr-only">{t('legend', { criterion: criterion.name, number })}</legend>
      <span aria-hidden title={criterion.description} className="min-w-24 text-[13px] text-muted">
        {criterion.name}
      </span>
      <div className="flex gap-1">
        {scale.map((step) => (
          <label
            key={step}
            className={cx(
              'numeric relative grid size-7 cursor-pointer place-items-center rounded-control border text-[13px] has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2 pointer-coarse:size-11',
              step === rating
                ? 'border-accent bg-accent font-semibold text-on-accent'
                : 'border-control/60 text-muted hover:bg-sunken',
            )}
          >
            <input
              type="radio"
              name={name}
              value={step}
              checked={step === rating}
              onChange={() => onRate(step)}
              aria-label={t('step', { step, max: ratingScale.max })}
              className="absolute inset-0 cursor-pointer opacity-0"
            />
            <span aria-hidden>{step}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
