// Where a task's rankings differ, for a reviewer's eye: how far apart a response was placed, which of its places stands
// out, and which pairs are ordered both ways.
import { compareRankings, placesOf } from './agreement.ts';
import type { Tiers } from './ranking.ts';
import { quantile } from './statistics.ts';

export interface Placement {
  /** From 1; tied responses share one. */
  place: number;
  isTied: boolean;
  /** Where most of the others put it: `higher` says that this ranking puts it further up. */
  against: 'higher' | 'same' | 'lower';
}

/** Each ranking's placement of `response`, beside the middle of all of them. */
export function placementsOf<T>(rankings: readonly Tiers<T>[], response: T): Placement[] {
  const places = rankings.map((tiers) => placesOf(tiers).get(response) ?? Number.NaN);
  const middle = quantile([...places].sort(), 0.5);
  return places.map((place, index) => ({
    place: place + 1,
    isTied: (rankings[index]?.[place]?.length ?? 0) > 1,
    against: place < middle ? 'higher' : place > middle ? 'lower' : 'same',
  }));
}

/** A pair that some order one way and some the other: who (indices of the rankings) says what. */
export interface DisputedPair<T> {
  one: T;
  other: T;
  forOne: number[];
  forOther: number[];
  tied: number[];
}

/** The pairs on which at least two rankings contradict one another, the most evenly split first. */
export function disputedPairs<T>(rankings: readonly Tiers<T>[], responses: readonly T[]): DisputedPair<T>[] {
  const places = rankings.map((tiers) => placesOf(tiers));
  const pairs = responses.flatMap((one, index) => responses.slice(index + 1).map((other) => ({ one, other })));
  const leads = ({ one, other }: { one: T; other: T }) =>
    places.map((place) => Math.sign((place.get(other) ?? Number.NaN) - (place.get(one) ?? Number.NaN)));
  return pairs
    .map((pair) => {
      const signs = leads(pair);
      const who = (sign: number) => signs.flatMap((one, index) => (one === sign ? [index] : []));
      return { ...pair, forOne: who(1), forOther: who(-1), tied: who(0) };
    })
    .filter(({ forOne, forOther }) => forOne.length > 0 && forOther.length > 0)
    .sort((a, b) => Math.min(b.forOne.length, b.forOther.length) - Math.min(a.forOne.length, a.forOther.length));
}

/** How far each ranking agrees with the others together, as agreement.ts counts; null for one alone. */
export function agreementWithOthers<T>(rankings: readonly Tiers<T>[]): (number | null)[] {
  return rankings.map((mine, index) => {
    const others = rankings.filter((_, at) => at !== index).map((theirs) => compareRankings(mine, theirs));
    const pairs = others.reduce((sum, verdicts) => sum + verdicts.pairs, 0);
    return pairs === 0 ? null : others.reduce((sum, { agree, half }) => sum + agree + half / 2, 0) / pairs;
  });
}
