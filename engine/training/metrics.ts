// What a preference step reports, under TRL's names: means over the examples since the last report, and over their tokens.
import { type LossSettings, lossTraits, referenceUse } from '../loss-config.ts';

export interface PerSide {
  chosen: number;
  rejected: number;
}

export interface PairOutcome {
  /** Summed log-probabilities under the policy and under the reference; null where the losses take none. */
  policy: PerSide;
  reference: PerSide | null;
  /** Tokens that count. */
  tokens: PerSide;
  /** Sums over those tokens: entropy (nats), mean logit, and how many are the likeliest. */
  entropy: PerSide;
  logits: PerSide;
  likeliest: PerSide;
  /** The summed log-probability of the prompt and its tokens, where a loss takes them. */
  prompt: { logp: number; tokens: number } | null;
  loss: number;
}

/** A labelled completion's outcome. */
export interface SingleOutcome {
  isDesirable: boolean;
  policy: number;
  reference: number;
  tokens: number;
  entropy: number;
  logits: number;
  /** KTO's estimate of the KL divergence in the example's batch; null for a loss without one. */
  baseline: number | null;
  loss: number;
}

type Metrics = Record<string, number>;

/**
 * Rewards are beta x (log pi - log ref), whatever the loss; without a reference beta x log pi, per token where TRL's
 * trainer for the (first) loss has it so. Chosen's likelihood alone (sft) gives no reward.
 */
export function preferenceMetrics(pairs: readonly PairOutcome[], settings: LossSettings): Metrics {
  const logp = (pair: PairOutcome, side: keyof PerSide) => countedLogp(pair, side, settings);
  const reward = (pair: PairOutcome, side: keyof PerSide) => rewardsOf(pair, settings)[side];
  const tokens = (side: keyof PerSide) => sum(pairs, (pair) => pair.tokens[side]);
  const both = (value: (pair: PairOutcome) => PerSide) =>
    sum(pairs, (pair) => value(pair).chosen + value(pair).rejected);
  return {
    entropy: both(({ entropy }) => entropy) / (tokens('chosen') + tokens('rejected')),
    mean_token_accuracy: sum(pairs, ({ likeliest }) => likeliest.chosen) / tokens('chosen'),
    ...(settings.loss_type.every((name) => name === 'sft') ? {} : rewardMetrics(pairs, reward)),
    'logps/chosen': mean(pairs, (pair) => logp(pair, 'chosen')),
    'logps/rejected': mean(pairs, (pair) => logp(pair, 'rejected')),
    'logits/chosen': sum(pairs, ({ logits }) => logits.chosen) / tokens('chosen'),
    'logits/rejected': sum(pairs, ({ logits }) => logits.rejected) / tokens('rejected'),
    ...ownMetrics(pairs, settings),
  };
}

/** A completion's log-probability as rewards count it: summed, or per token where the losses have it so. */
function countedLogp({ policy, tokens }: PairOutcome, side: keyof PerSide, settings: LossSettings): number {
  const isPerToken = referenceUse(settings) === 'none' && isFirstPerToken(settings);
  return isPerToken ? policy[side] / tokens[side] : policy[side];
}

export function rewardsOf(pair: PairOutcome, settings: LossSettings): PerSide {
  const reward = (side: keyof PerSide) =>
    settings.beta * (countedLogp(pair, side, settings) - (pair.reference?.[side] ?? 0));
  return { chosen: reward('chosen'), rejected: reward('rejected') };
}

function rewardMetrics(
  pairs: readonly PairOutcome[],
  reward: (pair: PairOutcome, side: keyof PerSide) => number,
): Metrics {
  return {
    'rewards/chosen': mean(pairs, (pair) => reward(pair, 'chosen')),
    'rewards/rejected': mean(pairs, (pair) => reward(pair, 'rejected')),
    'rewards/accuracies': mean(pairs, (pair) => (reward(pair, 'chosen') > reward(pair, 'rejected') ? 1 : 0)),
    'rewards/margins': mean(pairs, (pair) => reward(pair, 'chosen') - reward(pair, 'rejected')),
  };
}

/** What TRL's trainers for ORPO and CPO add. */
function ownMetrics(pairs: readonly PairOutcome[], { loss_type }: LossSettings): Metrics {
  const metrics: Metrics = {};
  if (loss_type.includes('orpo') || loss_type.includes('cpo')) {
    const total = sum(pairs, ({ policy, prompt }) => policy.chosen + (prompt?.logp ?? 0));
    metrics.nll_loss = -total / sum(pairs, ({ tokens, prompt }) => tokens.chosen + (prompt?.tokens ?? 0));
  }
  if (loss_type.includes('orpo')) {
    const logOdds = ({ policy, tokens }: PairOutcome) => {
      const [w, l] = [policy.chosen / tokens.chosen, policy.rejected / tokens.rejected];
      return w - Math.log(-Math.expm1(w)) - (l - Math.log(-Math.expm1(l)));
    };
    metrics.log_odds_chosen = mean(pairs, logOdds);
    metrics.log_odds_ratio = mean(pairs, (pair) => -Math.log1p(Math.exp(-logOdds(pair))));
  }
  return metrics;
}

/** Chosen is what was desirable, rejected what was not; a kind that did not come by has no metric. */
export function unpairedMetrics(examples: readonly SingleOutcome[], { beta }: LossSettings): Metrics {
  const metrics: Metrics = {
    entropy: sum(examples, ({ entropy }) => entropy) / sum(examples, ({ tokens }) => tokens),
  };
  if (examples.every(({ baseline }) => baseline !== null)) metrics.kl = mean(examples, ({ baseline }) => baseline ?? 0);
  for (const [side, isDesirable] of [
    ['chosen', true],
    ['rejected', false],
  ] as const) {
    const own = examples.filter((example) => example.isDesirable === isDesirable);
    if (own.length === 0) continue;
    metrics[`rewards/${side}`] = mean(own, ({ policy, reference }) => beta * (policy - reference));
    metrics[`logps/${side}`] = mean(own, ({ policy }) => policy);
    metrics[`logits/${side}`] = sum(own, ({ logits }) => logits) / sum(own, ({ tokens }) => tokens);
  }
  const { 'rewards/chosen': chosen, 'rewards/rejected': rejected } = metrics;
  if (chosen !== undefined && rejected !== undefined) metrics['rewards/margins'] = chosen - rejected;
  return metrics;
}

const isFirstPerToken = ({ loss_type: [first] }: LossSettings) =>
  first !== undefined && lossTraits[first].isPerToken === true;

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

const mean = <T>(items: readonly T[], value: (item: T) => number) => sum(items, value) / items.length;
