// A ranking: responses in tiers, best tier first, ties side by side. Also the label page's keyboard as a pure
// state machine (best first, Shift ties, the last place fills itself), so that the page only renders and forwards.

/** Best tier first; each response stands in exactly one tier. */
export type Tiers<T = number> = readonly (readonly T[])[];

/** A ranking compares at least two responses; a keyboard and a reader manage eight. */
export const rankableResponses = { min: 2, max: 8 } as const;

/** What is wrong with `tiers` as a ranking of exactly `responses`, or null. */
export function findTiersProblem<T extends string | number>(tiers: Tiers<T>, responses: readonly T[]): string | null {
  const { min, max } = rankableResponses;
  if (responses.length < min || responses.length > max) {
    return `a ranking needs ${min} to ${max} responses, but there ${responses.length === 1 ? 'is 1' : `are ${responses.length}`}`;
  }
  if (tiers.some((tier) => tier.length === 0)) return 'a tier is empty';
  const known = new Set(responses);
  const placed = new Set<T>();
  for (const response of tiers.flat()) {
    if (!known.has(response)) return `the tiers name response ${response}, which does not exist`;
    if (placed.has(response)) return `response ${response} stands in the tiers twice`;
    placed.add(response);
  }
  const missing = responses.find((response) => !placed.has(response));
  return missing === undefined ? null : `response ${missing} is missing from the tiers`;
}

/** The indices 0..count-1: how the command line and judges name a prompt's responses. */
export function responseIndices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** What the annotator has pressed so far for `count` responses; everything shown follows from it. */
export interface RankingDraft {
  readonly count: number;
  readonly presses: readonly { readonly index: number; readonly tied: boolean }[];
}

export type RankingKey =
  /** A response's number; `tied` puts it beside the one before (Shift). */
  { type: 'place'; index: number; tied: boolean } | { type: 'takeBack' } | { type: 'clear' };

export function emptyRanking(count: number): RankingDraft {
  return { count, presses: [] };
}

/** The draft after a key. A number that has no response or has its place already changes nothing. */
export function pressKey(draft: RankingDraft, key: RankingKey): RankingDraft {
  switch (key.type) {
    case 'clear':
      return draft.presses.length === 0 ? draft : emptyRanking(draft.count);
    case 'takeBack':
      return draft.presses.length === 0 ? draft : { ...draft, presses: draft.presses.slice(0, -1) };
    case 'place': {
      const { index, tied } = key;
      if (!Number.isInteger(index) || index < 0 || index >= draft.count) return draft;
      if (draft.presses.some((press) => press.index === index)) return draft;
      // Pressing the one that filled itself only confirms it; with Shift it is drawn up into the last tier.
      if (findFilled(draft) === index && !tied) return draft;
      return { ...draft, presses: [...draft.presses, { index, tied: tied && draft.presses.length > 0 }] };
    }
  }
}

/** The response that took the last place by itself, since no other was left; null when there is none. */
export function findFilled(draft: RankingDraft): number | null {
  if (draft.count < 2 || draft.presses.length !== draft.count - 1) return null;
  return responseIndices(draft.count).find((index) => !draft.presses.some((press) => press.index === index)) ?? null;
}

export function isComplete(draft: RankingDraft): boolean {
  return draft.presses.length === draft.count || findFilled(draft) !== null;
}

/** The tiers so far, the self-filled last place included: a full ranking once `isComplete`. */
export function toTiers(draft: RankingDraft): number[][] {
  const tiers: number[][] = [];
  for (const { index, tied } of draft.presses) {
    const last = tiers.at(-1);
    if (tied && last) last.push(index);
    else tiers.push([index]);
  }
  const filled = findFilled(draft);
  if (filled !== null) tiers.push([filled]);
  return tiers;
}

/** Where a response is dropped: beside the members of a tier, before a tier (or after the last), or out of the ranking. */
export type DropTarget = { type: 'tie'; tier: number } | { type: 'before'; tier: number } | { type: 'out' };

/** The tiers after a response was dragged somewhere. Tiers are counted as they stood before the drag. */
export function moveResponse(tiers: Tiers, index: number, target: DropTarget): number[][] {
  const rest = tiers.map((tier) => tier.filter((member) => member !== index));
  const moved = rest.flatMap((tier, at) => {
    const isTied = target.type === 'tie' && target.tier === at;
    const isBefore = target.type === 'before' && target.tier === at;
    return [...(isBefore ? [[index]] : []), isTied ? [...tier, index] : tier];
  });
  if (target.type === 'before' && target.tier >= rest.length) moved.push([index]);
  return moved.filter((tier) => tier.length > 0);
}

/** The draft after a drag; what filled itself counts as placed where it was shown. */
export function moveInDraft(draft: RankingDraft, index: number, target: DropTarget): RankingDraft {
  return { count: draft.count, presses: toPresses(moveResponse(toTiers(draft), index, target)) };
}

/** The place of a response, from 1; tied responses share one; null while it has none. */
export function placeOf(draft: RankingDraft, index: number): number | null {
  const tier = toTiers(draft).findIndex((members) => members.includes(index));
  return tier === -1 ? null : tier + 1;
}

/** The draft that shows given tiers: an undone submission, ready to be changed. As it was typed: the last fills itself. */
export function toDraft(tiers: Tiers): RankingDraft {
  const presses = toPresses(tiers);
  const fillsItself = presses.length > 1 && tiers.at(-1)?.length === 1;
  return { count: presses.length, presses: fillsItself ? presses.slice(0, -1) : presses };
}

function toPresses(tiers: Tiers): RankingDraft['presses'] {
  return tiers.flatMap((tier) => tier.map((index, position) => ({ index, tied: position > 0 })));
}

/**
 * What a key press means for a ranking, or null. Reads `code`, not `key`: Shift+2 is `"` or `@` by layout, and on
 * a French keyboard the digits themselves need Shift.
 */
export function toRankingKey(event: {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey?: boolean;
  metaKey?: boolean;
  altKey?: boolean;
}): RankingKey | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === 'Backspace') return { type: 'takeBack' };
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  return digit ? { type: 'place', index: Number(digit) - 1, tied: event.shiftKey } : null;
}
