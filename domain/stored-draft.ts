// A draft as a browser kept it, read back part by part: what makes no sense is left out, and what does is not lost with it.
import { flagNames, overallVerdicts, type Thumb } from './annotation.ts';
import { type AnnotationDraft, type DraftFlag, emptyAnnotation } from './annotation-draft.ts';
import { ratingScale, strengths } from './label-settings.ts';
import { rankableResponses } from './ranking.ts';

type Fields = Record<string, unknown>;

const thumbs: readonly Thumb[] = ['up', 'down'];

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** The one of `all` that `value` is, or null. */
function oneOf<T>(all: readonly T[], value: unknown): T | null {
  return all.find((one) => one === value) ?? null;
}

/** Null for what is no draft at all. */
export function readDraft(stored: unknown): AnnotationDraft | null {
  const { ranking, overall, thumbs: given, strength, ratings, flags, rationale, edit } = fieldsOf(stored);
  const { count, presses } = fieldsOf(ranking);
  const { min, max } = rankableResponses;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < min || count > max) return null;
  const empty = emptyAnnotation(count);
  const indexOf = (value: unknown) => empty.ratings.findIndex((_, index) => index === value);
  const edited = fieldsOf(edit);
  return {
    ranking: { count, presses: listOf(presses).flatMap(readOnce(indexOf, ({ tied }) => ({ tied: tied === true }))) },
    overall: oneOf(overallVerdicts, overall),
    thumbs: listOf(given).flatMap(readOnce(indexOf, ({ thumb }) => ({ thumb: oneOf(thumbs, thumb) ?? 'up' }))),
    strength: oneOf(strengths, strength),
    ratings: empty.ratings.map((_, index) => readRatings(listOf(ratings)[index] ?? {})),
    flags: listOf(flags).flatMap(({ flag, index }): DraftFlag[] => {
      const name = oneOf(flagNames, flag);
      const at = index === null ? null : indexOf(index);
      return name === null || at === -1 ? [] : [{ flag: name, index: at }];
    }),
    rationale: typeof rationale === 'string' ? rationale : '',
    edit:
      indexOf(edited.index) >= 0 && typeof edited.text === 'string'
        ? { index: indexOf(edited.index), text: edited.text }
        : null,
  };
}

/** Reads entries of a list that names each response once at most. */
function readOnce<T>(indexOf: (value: unknown) => number, read: (entry: Fields) => T) {
  const seen = new Set<number>();
  return (entry: Fields): ({ index: number } & T)[] => {
    const index = indexOf(entry.index);
    if (index < 0 || seen.has(index)) return [];
    seen.add(index);
    return [{ index, ...read(entry) }];
  };
}

function readRatings(row: Fields): Record<string, number> {
  const isRating = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= ratingScale.min && value <= ratingScale.max;
  return Object.fromEntries(Object.entries(row).filter((entry): entry is [string, number] => isRating(entry[1])));
}
