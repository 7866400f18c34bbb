// What a person says of a task, all of it; and whether it is whole under the project's settings. The page asks before
// it lets one submit, the server before it stores. No schema here: the label page loads this file before all else.
import type { Criterion, LabelSettings, Strength } from './label-settings.ts';
import { findTiersProblem } from './ranking.ts';

export const flagNames = ['unsafe', 'personal-data', 'broken-prompt', 'gibberish'] as const;
export type FlagName = (typeof flagNames)[number];

export const skipReasons = ['unsure', 'unclear', 'harmful', 'language', 'other'] as const;
export type SkipReason = (typeof skipReasons)[number];

/** Absolute quality, apart from the order: none is any good, or all are. */
export const overallVerdicts = ['all-bad', 'all-good'] as const;
export type OverallVerdict = (typeof overallVerdicts)[number];

export type Thumb = 'up' | 'down';

export const longestRationale = 4_000;
export const longestEdit = 100_000;

/** What a person says of a task, parsed by annotation-schema.ts where it enters. */
export interface Annotation {
  /** Response ids, best tier first. Of thumbs: those up over those down. */
  tiers: string[][];
  overall: OverallVerdict | null;
  /** By response id; null outside the thumbs mode. */
  thumbs: Record<string, Thumb> | null;
  strength: Strength | null;
  /** By response id, then by the criterion's key. */
  ratings: Record<string, Record<string, number>>;
  flags: { flag: FlagName; responseId: string | null }[];
  rationale: string | null;
  /** A response rewritten into a better one, which then stands above all. */
  edit: { responseId: string; text: string } | null;
}
export type Flag = Annotation['flags'][number];
export type Ratings = Annotation['ratings'];
export type Thumbs = NonNullable<Annotation['thumbs']>;

/** Why an annotation is not whole; `key` words it on the page, `detail` fills the words in. */
export type AnnotationProblem =
  | { key: 'tiers'; detail: string }
  | { key: 'thumbs' | 'strength' | 'rationale' | 'edit-same' | 'edit-empty' | 'edits-off' | 'unknown-response' }
  | { key: 'rating'; detail: string }
  | { key: 'unknown-criterion'; detail: string };

/** The first thing that is missing or wrong, or null. `responses` are the task's, with their texts. */
export function findAnnotationProblem(
  annotation: Annotation,
  responses: readonly { id: string; text: string }[],
  settings: LabelSettings,
): AnnotationProblem | null {
  const ids = responses.map(({ id }) => id);
  const known = new Set(ids);
  const named = [
    ...Object.keys(annotation.thumbs ?? {}),
    ...Object.keys(annotation.ratings),
    ...annotation.flags.flatMap((flag) => flag.responseId ?? []),
    ...(annotation.edit ? [annotation.edit.responseId] : []),
  ];
  if (named.some((id) => !known.has(id))) return { key: 'unknown-response' };
  if (settings.mode === 'thumbs') {
    const { thumbs } = annotation;
    if (!thumbs || ids.some((id) => !Object.hasOwn(thumbs, id))) return { key: 'thumbs' };
    if (!areSameTiers(tiersOfThumbs(thumbs, ids), annotation.tiers)) return { key: 'thumbs' };
  }
  const tiersProblem = findTiersProblem(annotation.tiers, ids);
  if (tiersProblem) return { key: 'tiers', detail: tiersProblem };
  if (settings.strength === 'required' && asksForStrength(annotation, settings) && annotation.strength === null) {
    return { key: 'strength' };
  }
  return (
    findRatingProblem(annotation.ratings, ids, settings.criteria) ??
    (needsRationale(annotation, settings) && !annotation.rationale ? { key: 'rationale' as const } : null) ??
    findEditProblem(annotation, responses, settings)
  );
}

/** A tie has no order: each side may name it as it saw it. */
function areSameTiers(one: readonly string[][], other: readonly string[][]): boolean {
  const plain = (tiers: readonly string[][]) => JSON.stringify(tiers.map((tier) => [...tier].sort()));
  return plain(one) === plain(other);
}

/** Those that are up over those that are down: all in one tier where they are all the same. */
export function tiersOfThumbs(thumbs: Thumbs, ids: readonly string[]): string[][] {
  const side = (thumb: Thumb) => ids.filter((id) => thumbs[id] === thumb);
  return [side('up'), side('down')].filter((tier) => tier.length > 0);
}

/** Where all are tied there is nothing to be stronger than anything; thumbs have no strength. */
export function asksForStrength({ tiers }: Pick<Annotation, 'tiers'>, settings: LabelSettings): boolean {
  return settings.strength !== 'off' && settings.mode !== 'thumbs' && tiers.length > 1;
}

export function needsRationale(
  { strength }: { strength: Strength | null },
  { rationale }: Pick<LabelSettings, 'rationale'>,
): boolean {
  if (rationale.use !== 'required') return false;
  return rationale.fromStrength === null || (strength !== null && strength >= rationale.fromStrength);
}

function findRatingProblem(
  ratings: Ratings,
  ids: readonly string[],
  criteria: readonly Criterion[],
): AnnotationProblem | null {
  const keys = new Set(criteria.map(({ key }) => key));
  const stray = Object.values(ratings)
    .flatMap((byCriterion) => Object.keys(byCriterion))
    .find((key) => !keys.has(key));
  if (stray !== undefined) return { key: 'unknown-criterion', detail: stray };
  const missing = criteria.find(({ key }) => ids.some((id) => ratings[id]?.[key] === undefined));
  return missing ? { key: 'rating', detail: missing.name } : null;
}

function findEditProblem(
  { edit }: Annotation,
  responses: readonly { id: string; text: string }[],
  settings: LabelSettings,
): AnnotationProblem | null {
  if (!edit) return null;
  if (!settings.edits) return { key: 'edits-off' };
  if (edit.text.trim() === '') return { key: 'edit-empty' };
  return responses.some(({ text }) => text === edit.text) ? { key: 'edit-same' } : null;
}
