// How far rankings of the same responses agree: pair by pair, by Kendall's tau-b, and by Krippendorff's alpha. Every
// figure comes with its n, and where it is undefined with the reason instead of a number.
import { AppError } from './errors.ts';
import type { Tiers } from './ranking.ts';

/** What two rankings say of one pair of responses. */
export interface PairVerdicts {
  /** Both order the pair alike, or both tie it. */
  agree: number;
  /** One orders the pair, the other ties it. */
  half: number;
  /** They order it in opposite ways. */
  disagree: number;
  /** All pairs: n (n - 1) / 2 for n responses. */
  pairs: number;
}

export const noVerdicts: PairVerdicts = { agree: 0, half: 0, disagree: 0, pairs: 0 };

/** The tier of each response, from 0. */
export function placesOf<T>(tiers: Tiers<T>): Map<T, number> {
  const places = new Map<T, number>();
  for (const [place, tier] of tiers.entries()) for (const response of tier) places.set(response, place);
  return places;
}

/** Calls `visit` with every pair of responses, as the sign of its order in either ranking (0 is a tie). */
function visitPairs<T>(one: Tiers<T>, other: Tiers<T>, visit: (mine: number, theirs: number) => void): void {
  const others = placesOf(other);
  const mine: number[] = [];
  const theirs: number[] = [];
  for (const [response, place] of placesOf(one)) {
    const their = others.get(response);
    if (their === undefined) {
      throw new AppError('DATA_INVALID', `Only one of the two rankings holds response ${String(response)}.`);
    }
    mine.push(place);
    theirs.push(their);
  }
  if (mine.length !== others.size) {
    throw new AppError('DATA_INVALID', 'The two rankings are not of the same responses.');
  }
  for (let a = 0; a < mine.length; a++) {
    for (let b = a + 1; b < mine.length; b++) visit(signOf(mine, a, b), signOf(theirs, a, b));
  }
}

function signOf(places: readonly number[], one: number, other: number): number {
  return Math.sign((places[one] ?? Number.NaN) - (places[other] ?? Number.NaN));
}

export function compareRankings<T>(one: Tiers<T>, other: Tiers<T>): PairVerdicts {
  const verdicts = { ...noVerdicts };
  visitPairs(one, other, (mine, theirs) => {
    verdicts.pairs++;
    if (mine === theirs) verdicts.agree++;
    else if (mine === 0 || theirs === 0) verdicts.half++;
    else verdicts.disagree++;
  });
  return verdicts;
}

export function addVerdicts(one: PairVerdicts, other: PairVerdicts): PairVerdicts {
  return {
    agree: one.agree + other.agree,
    half: one.half + other.half,
    disagree: one.disagree + other.disagree,
    pairs: one.pairs + other.pairs,
  };
}

/** (agree + half / 2) / pairs, in [0, 1]; null where there is no pair. Rankings by chance alone, untied, come to 0.5. */
export function agreementOf({ agree, half, pairs }: PairVerdicts): number | null {
  return pairs === 0 ? null : (agree + half / 2) / pairs;
}

/** The mean agreement of every two of a task's rankings; null for fewer than two. */
export function meanAgreement<T>(rankings: readonly Tiers<T>[]): number | null {
  let total = noVerdicts;
  for (const [index, one] of rankings.entries()) {
    for (const other of rankings.slice(index + 1)) total = addVerdicts(total, compareRankings(one, other));
  }
  return agreementOf(total);
}

export type Undefined<R extends string> = { value: null; reason: R };

/**
 * Kendall's tau-b (Kendall 1945), which corrects for ties: (C - D) / sqrt((C + D + ties only in one) (C + D + ties only in
 * the other)), in [-1, 1]. Undefined where either ranking ties everything. `n` counts responses.
 */
export function kendallTauB<T>(
  one: Tiers<T>,
  other: Tiers<T>,
): { n: number } & ({ value: number } | Undefined<'all-tied'>) {
  let [difference, strict, others] = [0, 0, 0];
  visitPairs(one, other, (mine, theirs) => {
    difference += mine * theirs;
    strict += Math.abs(mine);
    others += Math.abs(theirs);
  });
  const n = one.flat().length;
  if (strict === 0 || others === 0) return { n, value: null, reason: 'all-tied' };
  return { n, value: difference / Math.sqrt(strict * others) };
}
