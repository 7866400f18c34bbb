// How often one policy beats another on held-out prompts, with an interval that knows that samples of one prompt
// go together: the bootstrap draws whole prompts, never single samples.
import { AppError } from './errors.ts';
import { createRandom } from './random.ts';
import type { Tiers } from './ranking.ts';
import { quantile } from './statistics.ts';

export type Outcome = 'win' | 'tie' | 'loss';

const worth: { [O in Outcome]: number } = { win: 1, tie: 0.5, loss: 0 };

export interface WinRate {
  /** Mean over prompts of each prompt's mean outcome; a tie counts half. */
  winRate: number;
  lower: number;
  upper: number;
  wins: number;
  ties: number;
  losses: number;
  /** Prompts with at least one outcome. */
  prompts: number;
}

export interface WinRateOptions {
  seed?: number;
  resamples?: number;
  /** How much of the bootstrap's distribution the interval holds. */
  confidence?: number;
}

/** The win rate over prompts (one list of outcomes each) and its percentile bootstrap interval. */
export function winRate(
  outcomes: readonly (readonly Outcome[])[],
  { seed = 1, resamples = 2000, confidence = 0.95 }: WinRateOptions = {},
): WinRate {
  const judged = outcomes.filter((samples) => samples.length > 0);
  if (judged.length === 0) {
    throw new AppError('DATA_INVALID', 'There is no win rate: no held-out prompt has a judged outcome.');
  }
  const means = judged.map((samples) => mean(samples.map((outcome) => worth[outcome])));
  const estimates = bootstrapMeans(means, resamples, seed).sort();
  const count = (wanted: Outcome) => judged.flat().filter((outcome) => outcome === wanted).length;
  return {
    winRate: mean(means),
    lower: quantile(estimates, (1 - confidence) / 2),
    upper: quantile(estimates, (1 + confidence) / 2),
    wins: count('win'),
    ties: count('tie'),
    losses: count('loss'),
    prompts: judged.length,
  };
}

/** Which of two responses a ranking puts higher, seen from `mine`. */
export function outcomeOf<T>(tiers: Tiers<T>, mine: T, theirs: T): Outcome {
  const [upper, lower] = [mine, theirs].map((response) => tiers.findIndex((tier) => tier.includes(response)));
  if (upper === undefined || lower === undefined || upper === -1 || lower === -1) {
    throw new AppError('DATA_INVALID', `The ranking does not hold both ${String(mine)} and ${String(theirs)}.`);
  }
  return upper < lower ? 'win' : upper > lower ? 'loss' : 'tie';
}

function bootstrapMeans(values: readonly number[], resamples: number, seed: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
