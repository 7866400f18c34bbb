// From one ranking to preference pairs, by an explicit policy. Ties never make a pair (tied pairs hurt plain DPO,
// arXiv 2409.17431). Choices between tied responses are seeded, so that the same ranking gives the same pairs.
import { z } from 'zod';
import { createRandom, pick, type Random } from './random.ts';
import type { Tiers } from './ranking.ts';

export const pairPolicyNames = ['best-worst', 'best-second', 'best-random', 'adjacent', 'all'] as const;
export type PairPolicy = (typeof pairPolicyNames)[number];

/** The least difference of a pair's scores; null asks for none. */
export const minMarginSchema = z.number('Give a number.').min(0, 'Give 0 or more.').nullable();

export interface RankedPair<T = number> {
  chosen: T;
  rejected: T;
  /** How far apart they were ranked: the difference of their tiers over the greatest one possible; in (0, 1]. */
  margin: number;
}

export interface PairOptions<T> {
  /** Decides between tied responses and for `best-random`; give every prompt its own (`mixSeed`). */
  seed: number;
  /** Responses with the same content teach nothing against one another: they never make a pair. */
  isSame?: (one: T, other: T) => boolean;
}

/** How much higher the chosen one was scored; NaN where either has no score. */
export function scoreGap<T extends string | number>(
  { chosen, rejected }: Pick<RankedPair<T>, 'chosen' | 'rejected'>,
  scores: { readonly [response in T]?: number },
): number {
  return (scores[chosen] ?? Number.NaN) - (scores[rejected] ?? Number.NaN);
}

/** A possible pair with the tiers it comes from, counted from the best, 0. */
interface Candidate<T> extends RankedPair<T> {
  upper: number;
  lower: number;
}

/** Takes some of the candidates, which are all pairs across tiers; `lowest` is the number of the worst tier. */
type Choose = <T>(candidates: readonly Candidate<T>[], lowest: number, random: Random) => readonly Candidate<T>[];

const policies: { [P in PairPolicy]: Choose } = {
  'best-worst': (all, lowest, random) =>
    oneOf(
      all.filter(({ upper, lower }) => upper === 0 && lower === lowest),
      random,
    ),
  'best-second': (all, _, random) =>
    oneOf(
      all.filter(({ upper, lower }) => upper === 0 && lower === 1),
      random,
    ),
  'best-random': (all, _, random) =>
    oneOf(
      all.filter(({ upper }) => upper === 0),
      random,
    ),
  adjacent: (all) => all.filter(({ upper, lower }) => lower - upper === 1),
  all: (all) => all,
};

function oneOf<T>(candidates: readonly T[], random: Random): T[] {
  const taken = pick(candidates, random);
  return taken === undefined ? [] : [taken];
}

/**
 * The pairs that `policy` takes from one ranking. The `best-` policies give at most one pair per prompt; `adjacent`
 * gives every pair of neighbouring tiers and `all` every pair of different tiers. A single tier gives none.
 */
export function pairsFromTiers<T extends string | number>(
  policy: PairPolicy,
  tiers: Tiers<T>,
  { seed, isSame = () => false }: PairOptions<T>,
): RankedPair<T>[] {
  const lowest = tiers.length - 1;
  const candidates = tiers.flatMap((tier, upper) =>
    tier.flatMap((chosen) =>
      tiers
        .slice(upper + 1)
        .flatMap((worse, step) =>
          worse
            .filter((rejected) => !isSame(chosen, rejected))
            .map((rejected) => ({ chosen, rejected, margin: (step + 1) / lowest, upper, lower: upper + step + 1 })),
        ),
    ),
  );
  const taken = policies[policy](candidates, lowest, createRandom(seed));
  return taken.map(({ chosen, rejected, margin }) => ({ chosen, rejected, margin }));
}
