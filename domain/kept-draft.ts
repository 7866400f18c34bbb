// A draft that the browser kept, read back with care: another version of the page may have written it. By hand, so that
// the label page's first code has no zod.

import { flagNames, overallVerdicts } from './annotation.ts';
import type { AnnotationDraft } from './annotation-draft.ts';
import { ratingScale, strengths } from './label-settings.ts';
import { type RankingDraft, rankableResponses } from './ranking.ts';

type Guard<T> = (value: unknown) => value is T;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText: Guard<string> = (value) => typeof value === 'string';
const isTruth: Guard<boolean> = (value) => typeof value === 'boolean';

function isWithin(min: number, max: number): Guard<number> {
  return (value): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

function isOneOf<T>(all: readonly T[]): Guard<T> {
  return (value): value is T => all.some((one) => one === value);
}

function orNull<T>(is: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || is(value);
}

function isListOf<T>(is: Guard<T>): Guard<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(is);
}

function isRecordOf<T>(is: Guard<T>): Guard<Record<string, T>> {
  return (value): value is Record<string, T> => isRecord(value) && Object.values(value).every(is);
}

function hasShape<T extends object>(parts: { [K in keyof T]: Guard<T[K]> }): Guard<T> {
  const guards = Object.entries<Guard<unknown>>(parts);
  return (value): value is T => isRecord(value) && guards.every(([key, is]) => is(value[key]));
}

const isPlace = isWithin(0, rankableResponses.max);

/** Whether it is a draft, whole and within bounds. */
export const isKeptDraft: Guard<AnnotationDraft> = hasShape<AnnotationDraft>({
  ranking: hasShape<RankingDraft>({
    count: isWithin(rankableResponses.min, rankableResponses.max),
    presses: isListOf(hasShape<RankingDraft['presses'][number]>({ index: isPlace, tied: isTruth })),
  }),
  overall: orNull(isOneOf(overallVerdicts)),
  thumbs: isListOf(hasShape<AnnotationDraft['thumbs'][number]>({ index: isPlace, thumb: isOneOf(['up', 'down']) })),
  strength: orNull(isOneOf(strengths)),
  ratings: isListOf(isRecordOf(isWithin(ratingScale.min, ratingScale.max))),
  flags: isListOf(hasShape<AnnotationDraft['flags'][number]>({ flag: isOneOf(flagNames), index: orNull(isPlace) })),
  rationale: isText,
  edit: orNull(hasShape<NonNullable<AnnotationDraft['edit']>>({ index: isPlace, text: isText })),
});
