// GRPO (Shao et al. 2024) as TRL's GRPOTrainer computes it: advantages of responses over their group's, the clipped loss of
// each token with its KL term, and the share of each token in the step's loss. Pure functions.
import type { GraphBuilder, Value } from './graph/builder.ts';
import type { GrpoConfig, GrpoLossType, RewardScale } from './online-config.ts';

/** TRL's: keeps a group of equal rewards from being divided by nothing. */
const deviationFloor = 1e-4;

export interface Advantages {
  /** By group and response; 0 throughout for a group that has no scores. */
  advantages: number[][];
  /** The share of groups whose rewards are all alike, so that they teach nothing. */
  flatShare: number;
}

/**
 * (r - mean of its group) / (deviation + 1e-4), the deviation with Bessel's correction, over the group or over all scored
 * responses; `none` (Dr. GRPO, Liu et al. 2025) divides by nothing. A group without scores is null.
 */
export function groupAdvantages(groups: readonly (readonly number[] | null)[], scale: RewardScale): Advantages {
  const scored = groups.filter((group) => group !== null);
  const overall = deviation(scored.flat());
  const divisors: { [S in RewardScale]: (group: readonly number[]) => number } = {
    group: (group) => deviation(group) + deviationFloor,
    batch: () => overall + deviationFloor,
    none: () => 1,
  };
  const size = scored[0]?.length ?? 0;
  return {
    advantages: groups.map((group) => {
      if (!group) return Array<number>(size).fill(0);
      const [center, divisor] = [mean(group), divisors[scale](group)];
      return group.map((reward) => (reward - center) / divisor);
    }),
    flatShare: scored.filter((group) => new Set(group).size === 1).length / Math.max(1, scored.length),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** With Bessel's correction; 0 for fewer than two values. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

/** Where a micro-batch stands: all in responses and their counted tokens. */
export interface BatchCounts {
  /** Counted tokens of each response of the micro-batch: 0 for one that is left out. */
  lengths: readonly number[];
  /** Counted tokens of all responses that one sampling gave, and the optimiser steps that go once over them. */
  sampledTokens: number;
  stepsPerPass: number;
  accumulation: number;
  maxCompletionLength: number;
}

/** What each counted token of a response is multiplied by, one number a response of the micro-batch. */
const aggregations: { [L in GrpoLossType]: (counts: BatchCounts) => number[] } = {
  /** The mean over responses of their means over tokens. */
  grpo: ({ lengths, accumulation }) =>
    lengths.map((length) => 1 / (Math.max(1, length) * lengths.length * accumulation)),
  /** The mean over the micro-batch's tokens. */
  bnpo: ({ lengths, accumulation }) => {
    const tokens = Math.max(1, sum(lengths));
    return lengths.map(() => 1 / (tokens * accumulation));
  },
  /** The sum over tokens by a constant: responses x max_completion_length. */
  dr_grpo: ({ lengths, maxCompletionLength, accumulation }) =>
    lengths.map(() => 1 / (lengths.length * maxCompletionLength * accumulation)),
  /** DAPO (Yu et al. 2025): the mean over the tokens of a step, which are the sampling's by its steps. */
  dapo: ({ lengths, sampledTokens, stepsPerPass }) => lengths.map(() => stepsPerPass / Math.max(1, sampledTokens)),
};

export const tokenShares = (loss: GrpoLossType, counts: BatchCounts): number[] => aggregations[loss](counts);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Every tensor is [rows, completions, span], a place per token, where nothing else is said. */
export interface GrpoInputs {
  g: GraphBuilder;
  settings: Pick<GrpoConfig, 'beta' | 'epsilon' | 'epsilon_high'>;
  /** Log-probabilities (nats) at the sampling's temperature under the policy. */
  logps: Value;
  /** Under the policy that sampled; null where that is this very policy. */
  old: Value | null;
  /** Under the reference; null where `beta` is 0. */
  reference: Value | null;
  /** [rows, completions]. */
  advantages: Value;
  /** bool: false for padding and for what is left out. */
  isToken: Value;
  /** `tokenShares` of each token. */
  shares: Value;
}

export interface GrpoLoss {
  /** []: sum of share x loss, the micro-batch's part of the step's loss. */
  loss: Value;
  /** k3's estimate of KL(policy || reference) of each token; null without a reference. */
  kl: Value | null;
  /** 1 where the ratio has left its bounds in the direction that the advantage pulls. */
  isClipped: Value;
}

/**
 * With ratio = pi / pi_old and A the advantage, by token:
 * -min(ratio A, clip(ratio, 1 - epsilon, 1 + epsilon_high) A) + beta (e^d - d - 1), d = log ref - log pi (Schulman's k3).
 */
export function grpoLoss({ g, settings, isToken, shares, ...inputs }: GrpoInputs): GrpoLoss {
  const { beta, epsilon, epsilon_high } = settings;
  const [low, high] = [1 - epsilon, 1 + (epsilon_high ?? epsilon)];
  /** Padding's numbers are of no use, and must not overflow. */
  const filled = (x: Value) => g.where(isToken, x, 0);
  const logps = filled(inputs.logps);
  const ratio = g.exp(g.sub(logps, inputs.old ? filled(inputs.old) : g.stopGradient(logps)));
  const advantages = g.unsqueeze(inputs.advantages, [-1]);
  const isBelow = g.less(ratio, g.constant(low, ratio.dtype));
  const isAbove = g.less(g.constant(high, ratio.dtype), ratio);
  const clipped = g.where(isBelow, low, g.where(isAbove, high, ratio));
  const [free, bound] = [g.mul(ratio, advantages), g.mul(clipped, advantages)];
  let losses = g.neg(g.where(g.less(free, bound), free, bound));
  let kl: Value | null = null;
  if (beta > 0) {
    if (!inputs.reference) throw new Error('A KL term takes a reference.');
    const d = g.sub(filled(inputs.reference), logps);
    kl = g.sub(g.sub(g.exp(d), d), 1);
    losses = g.add(losses, g.mul(kl, beta));
  }
  const zero = g.constant(0, ratio.dtype);
  const isHeld = g.or(g.and(isBelow, g.less(advantages, zero)), g.and(isAbove, g.less(zero, advantages)));
  return {
    loss: g.reduceSum(g.mul(losses, shares), [0, 1, 2]),
    kl,
    isClipped: g.cast(isHeld, ratio.dtype),
  };
}
