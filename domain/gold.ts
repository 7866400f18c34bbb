// Gold: tasks whose right ranking is known. An answer is scored pair by pair over the pairs that the gold ranking
// orders, so that a slip between two neighbours costs little and a reversed ranking everything.
import { placesOf } from './agreement.ts';
import { AppError } from './errors.ts';
import { findTiersProblem, type Tiers } from './ranking.ts';

/** `onboarding` tasks come first and give feedback; `silent` ones are mixed in and look like any other. */
export const goldUses = ['onboarding', 'silent'] as const;
export type GoldUse = (typeof goldUses)[number];

export interface GoldScore {
  correct: number;
  wrong: number;
  /** Ordered by gold, tied by the answer: half right. */
  tied: number;
  /** The pairs that gold orders. Pairs that gold ties are not scored: either way of putting them is right. */
  total: number;
}

/** A pair that gold orders and the answer did not order so. */
export interface GoldMiss<T> {
  better: T;
  worse: T;
  said: 'reversed' | 'tied';
}

export const noGoldScore: GoldScore = { correct: 0, wrong: 0, tied: 0, total: 0 };

/** What is wrong with `tiers` as the gold ranking of `responses`, or null. */
export function findGoldProblem<T extends string | number>(tiers: Tiers<T>, responses: readonly T[]): string | null {
  const problem = findTiersProblem(tiers, responses);
  if (problem) return problem;
  return tiers.length < 2 ? 'it ties everything, so that any answer would be right' : null;
}

/** The score of an answer, and what to tell the person: the pairs that they missed, best first. */
export function scoreAgainstGold<T>(answer: Tiers<T>, gold: Tiers<T>): { score: GoldScore; misses: GoldMiss<T>[] } {
  const places = placesOf(answer);
  const score = { ...noGoldScore };
  const misses: GoldMiss<T>[] = [];
  for (const [better, worse] of orderedPairs(gold)) {
    const [upper, lower] = [places.get(better), places.get(worse)];
    if (upper === undefined || lower === undefined) {
      throw new AppError('DATA_INVALID', 'The answer and the gold ranking are not of the same responses.');
    }
    score.total++;
    if (upper < lower) score.correct++;
    else if (upper > lower) score.wrong++;
    else score.tied++;
    if (upper >= lower) misses.push({ better, worse, said: upper > lower ? 'reversed' : 'tied' });
  }
  return { score, misses };
}

function* orderedPairs<T>(tiers: Tiers<T>): Generator<[T, T]> {
  for (const [place, tier] of tiers.entries()) {
    for (const better of tier) for (const worse of tiers.slice(place + 1).flat()) yield [better, worse];
  }
}

export function addGoldScores(one: GoldScore, other: GoldScore): GoldScore {
  return {
    correct: one.correct + other.correct,
    wrong: one.wrong + other.wrong,
    tied: one.tied + other.tied,
    total: one.total + other.total,
  };
}

/** (correct + tied / 2) / total, in [0, 1]; null where nothing was scored. */
export function goldAccuracy({ correct, tied, total }: GoldScore): number | null {
  return total === 0 ? null : (2 * correct + tied) / (2 * total);
}

export interface OnboardingResult {
  state: 'unfinished' | 'passed' | 'failed';
  done: number;
  of: number;
  /** Over the pairs of all tasks done so far together; null before the first. */
  accuracy: number | null;
}

/** Passed: all `of` onboarding tasks are done, and the accuracy over their pairs together is at least `passAccuracy`. */
export function onboardingResult(
  scores: readonly GoldScore[],
  { of, passAccuracy }: { of: number; passAccuracy: number },
): OnboardingResult {
  const accuracy = goldAccuracy(scores.reduce(addGoldScores, noGoldScore));
  const isPassed = (accuracy ?? 1) >= passAccuracy;
  return {
    state: scores.length < of ? 'unfinished' : isPassed ? 'passed' : 'failed',
    done: scores.length,
    of,
    accuracy,
  };
}

/** A pair that gold orders, and how the answers put it. */
export interface GoldPair<T> {
  better: T;
  worse: T;
  reversed: number;
  tied: number;
  answers: number;
}

/** So many answers, most of them the other way round, say that gold is wrong rather than all of them. */
const suspicion = { answers: 3, share: 0.5 };

/** Gold's pairs, the most contradicted first. */
export function goldPairs<T>(answers: readonly Tiers<T>[], gold: Tiers<T>): GoldPair<T>[] {
  const misses = answers.flatMap((answer) => scoreAgainstGold(answer, gold).misses);
  const countOf = (better: T, worse: T, said: GoldMiss<T>['said']) =>
    misses.filter((miss) => miss.better === better && miss.worse === worse && miss.said === said).length;
  return [...orderedPairs(gold)]
    .map(([better, worse]) => ({
      better,
      worse,
      reversed: countOf(better, worse, 'reversed'),
      tied: countOf(better, worse, 'tied'),
      answers: answers.length,
    }))
    .sort((one, other) => other.reversed - one.reversed || other.tied - one.tied);
}

/** Most people put this pair the other way round: look at the gold ranking before you look at them. */
export function isSuspect({ reversed, answers }: Pick<GoldPair<unknown>, 'reversed' | 'answers'>): boolean {
  return answers >= suspicion.answers && reversed / answers > suspicion.share;
}
