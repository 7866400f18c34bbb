// Krippendorff's alpha for ordinal values (Krippendorff 2011): 1 - Do / De. What was said is added thing by thing, and kept as
// counts of values and of values that met: a hundred thousand tasks take no more room than ten.
import type { Undefined } from './agreement.ts';
import type { Tiers } from './ranking.ts';

/** `units` are things with at least two values, `values` what was said of them. */
export type Alpha = { units: number; values: number } & (
  | { value: number }
  /** `no-overlap`: nothing has two values. `all-equal`: chance alone would agree always, so there is nothing to be above. */
  | Undefined<'no-overlap' | 'all-equal'>
);

export interface Coincidences {
  units: number;
  values: number;
  counts: Map<number, number>;
  /** How often two values were said of one thing by two people, each thing weighed as its number of values. */
  met: Map<number, Map<number, number>>;
}

export function noCoincidences(): Coincidences {
  return { units: 0, values: 0, counts: new Map(), met: new Map() };
}

/** Adds the values that one thing was given; one alone counts for nothing. */
export function addUnit(all: Coincidences, values: readonly number[]): void {
  if (values.length < 2) return;
  all.units++;
  all.values += values.length;
  for (const [index, value] of values.entries()) {
    all.counts.set(value, (all.counts.get(value) ?? 0) + 1);
    const met = all.met.get(value) ?? new Map<number, number>();
    for (const [at, other] of values.entries()) {
      if (at !== index) met.set(other, (met.get(other) ?? 0) + 1 / (values.length - 1));
    }
    all.met.set(value, met);
  }
}

/** Expected disagreement comes from the counts of values, not from all pairs of them. */
export function alphaOf({ units, values, counts, met }: Coincidences): Alpha {
  const size = { units, values };
  if (units === 0) return { ...size, value: null, reason: 'no-overlap' };
  if (counts.size < 2) return { ...size, value: null, reason: 'all-equal' };
  const middles = middlesOf(counts);
  /** delta^2(c, k) = (sum of n_g for g from c to k - (n_c + n_k) / 2)^2. */
  const distance = (one: number, other: number) =>
    ((middles.get(one) ?? Number.NaN) - (middles.get(other) ?? Number.NaN)) ** 2;
  let [observed, expected] = [0, 0];
  for (const [one, times] of counts) {
    for (const [other, weight] of met.get(one) ?? []) observed += weight * distance(one, other);
    for (const [other, otherTimes] of counts) expected += times * otherTimes * distance(one, other);
  }
  return { ...size, value: 1 - observed / (expected / (values - 1)) };
}

/** How many values lie below each one, half of its own included: the sum from c to k is a difference of two of these. */
function middlesOf(counts: ReadonlyMap<number, number>): Map<number, number> {
  const middles = new Map<number, number>();
  let below = 0;
  for (const [value, count] of [...counts].sort(([one], [other]) => one - other)) {
    middles.set(value, below + count / 2);
    below += count;
  }
  return middles;
}

export function ordinalAlpha(units: readonly (readonly number[])[]): Alpha {
  const all = noCoincidences();
  for (const values of units) addUnit(all, values);
  return alphaOf(all);
}

/**
 * Adds a task with its rankings: a unit is one response, its values its mid-ranks (tied responses share the mean of the
 * ranks that they take up). Ranks within a task hang together, so read alpha beside the pairwise agreement.
 */
export function addRankings<T>(all: Coincidences, rankings: readonly Tiers<T>[]): void {
  const units = new Map<T, number[]>();
  for (const ranking of rankings) {
    let above = 0;
    for (const tier of ranking) {
      const rank = above + (tier.length + 1) / 2;
      for (const response of tier) {
        const values = units.get(response);
        if (values) values.push(rank);
        else units.set(response, [rank]);
      }
      above += tier.length;
    }
  }
  for (const values of units.values()) addUnit(all, values);
}
