// Preference losses: pure functions of log-probabilities, each citing its equation. The tables are the only places that
// know their names. Notation: h = score of chosen - score of rejected; e = label smoothing; s = logistic sigmoid.
import { boundedExp, divergences } from './divergences.ts';
import type { GraphBuilder, Value } from './graph/builder.ts';
import {
  isPairLoss,
  type LossSettings,
  type PairLossName,
  type UnpairedLossName,
  weightedLosses,
} from './loss-config.ts';

/** A value for each side of the pairs, [pairs]. */
export interface Sides {
  chosen: Value;
  rejected: Value;
}

/** What the losses of pairs are computed from. Every tensor is [pairs] where nothing else is said. */
export interface PairInputs {
  g: GraphBuilder;
  settings: LossSettings;
  /** Summed log-probabilities (nats) of the completions, their tails weighed by `ld_alpha`. */
  policy: Sides;
  /** The same under the reference; null where no loss takes one. */
  reference: Sides | null;
  /** How many tokens of each completion count. */
  tokens: Sides;
  /** bool: false for the rows at the end that only fill the batch. Theirs must reach no other row's loss. */
  isPair: Value;
  /** Chosen's summed log-probability with every token in full, and that of prompt and chosen together with its tokens. */
  likelihood: { chosen: Value; whole: { logps: Value; tokens: Value } | null };
  /** Sequential KL divergences sum_t KL(reference || policy); null where no loss takes them. */
  divergence: Sides | null;
  /** What the loss demands beyond a positive margin (scaled); null where margins are left aside. */
  offset: Value | null;
}

/** The loss of each pair, [pairs]: what is trained on is its mean. */
export type PairLoss = (inputs: PairInputs) => Value;

/** DPO (Rafailov et al. 2023, eq. 7), with label smoothing (cDPO, Mitchell 2023): -(1-e) log s(beta h) - e log s(-beta h). */
const sigmoid: PairLoss = (inputs) => logistic(inputs, scaled(inputs, difference(inputs, scores(inputs))));

/** Length-normalised DPO (Tulu 3, Lambert et al. 2024): the same over scores per token. */
const sigmoid_norm: PairLoss = (inputs) =>
  logistic(inputs, scaled(inputs, difference(inputs, perToken(inputs, scores(inputs)))));

/** SLiC's hinge (Zhao et al. 2023) on DPO's margin (Liu et al. 2023): max(0, 1 - beta h). */
const hinge: PairLoss = (inputs) => {
  const { g } = inputs;
  return g.relu(g.sub(1, demanding(inputs, scaled(inputs, difference(inputs, scores(inputs))))));
};

/** IPO (Azar et al. 2023, eq. 17), over scores per token as its authors have it: (h - 1 / (2 beta))^2. */
const ipo: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  return square(g, g.sub(difference(inputs, perToken(inputs, scores(inputs))), 1 / (2 * settings.beta)));
};

/** Robust DPO (Chowdhury et al. 2024): [-(1-e) log s(beta h) + e log s(-beta h)] / (1 - 2e). */
const robust: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const e = settings.label_smoothing;
  const x = demanding(inputs, scaled(inputs, difference(inputs, scores(inputs))));
  return g.div(g.sub(g.mul(g.softplus(g.neg(x)), 1 - e), g.mul(g.softplus(x), e)), 1 - 2 * e);
};

/** EXO for pairs (Ji et al. 2024, eq. 16): KL from the policy's s(+-beta h) to the smoothed labels (1-e, e). */
const exo_pair: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const e = settings.label_smoothing;
  const x = scaled(inputs, difference(inputs, scores(inputs)));
  const part = (y: Value, label: number) => g.mul(g.sigmoid(y), g.sub(g.neg(g.softplus(g.neg(y))), Math.log(label)));
  return g.add(part(x, 1 - e), part(g.neg(x), e));
};

/** NCA for pairs (Chen et al. 2024): -log s(beta rw) - 0.5 log s(-beta rw) - 0.5 log s(-beta rl). */
const nca_pair: PairLoss = (inputs) => {
  const { g } = inputs;
  const { chosen, rejected } = rewards(inputs);
  return g.add(g.softplus(g.neg(chosen)), g.mul(g.add(g.softplus(chosen), g.softplus(rejected)), 0.5));
};

/** BCO for pairs (Jung et al. 2024, without its running mean): -log s(beta rw) - log s(-beta rl). */
const bco_pair: PairLoss = (inputs) => {
  const { g } = inputs;
  const { chosen, rejected } = rewards(inputs);
  return g.add(g.softplus(g.neg(chosen)), g.softplus(rejected));
};

/** SPPO with hard labels (Wu et al. 2024, eq. 4.7): (rw - 1 / (2 beta))^2 + (rl + 1 / (2 beta))^2. */
const sppo_hard: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const { chosen, rejected } = ratios(inputs);
  const half = 0.5 / settings.beta;
  return g.add(square(g, g.sub(chosen, half)), square(g, g.add(rejected, half)));
};

/** AOT, paired (Melnyk et al. 2024): DPO between the batch's sorted margins and the reference's sorted ones. */
const aot: PairLoss = (inputs) => {
  const margins = difference(inputs, inputs.policy);
  const delta = inputs.g.sub(sorted(inputs, margins), sorted(inputs, difference(inputs, referenceOf(inputs))));
  return logistic(inputs, scaled(inputs, delta));
};

/** AOT, unpaired: DPO between the batch's sorted log-ratios of chosen and of rejected. */
const aot_unpaired: PairLoss = (inputs) => {
  const { chosen, rejected } = ratios(inputs);
  return logistic(inputs, scaled(inputs, inputs.g.sub(sorted(inputs, chosen), sorted(inputs, rejected))));
};

/** APO-zero (D'Oosterlinck et al. 2024, eq. 7): 1 - s(beta rw) + s(beta rl). */
const apo_zero: PairLoss = (inputs) => {
  const { g } = inputs;
  const { chosen, rejected } = rewards(inputs);
  return g.add(g.sigmoid(g.neg(chosen)), g.sigmoid(rejected));
};

/** APO-down (the same, eq. 8): s(beta rw) + 1 - s(beta (rw - rl)). */
const apo_down: PairLoss = (inputs) => {
  const { g } = inputs;
  const { chosen, rejected } = rewards(inputs);
  return g.add(g.sigmoid(chosen), g.sigmoid(g.sub(rejected, chosen)));
};

/**
 * DiscoPOP (Lu et al. 2024, eq. 5): -log s(x) (1 - m) + exp(-x) m, with x = beta h and m = s(x / tau). The exponent is
 * clamped where it would leave fp32, since m is 0 there.
 */
const discopop: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const x = scaled(inputs, difference(inputs, scores(inputs)));
  const m = g.sigmoid(g.div(x, settings.discopop_tau));
  return g.add(g.mul(g.softplus(g.neg(x)), g.sub(1, m)), g.mul(boundedExp(g, g.neg(x)), m));
};

/** R-DPO (Park et al. 2024): -log s(beta h + alpha (|w| - |l|)). */
const rdpo: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const longer = g.mul(difference(inputs, inputs.tokens), settings.rdpo_alpha);
  return logistic(inputs, g.add(scaled(inputs, difference(inputs, scores(inputs))), longer));
};

/** DPOP (Smaug, Pal et al. 2024): -log s(beta (h - lambda max(0, -rw))). */
const dpop: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const r = ratios(inputs);
  const lost = g.mul(g.relu(g.neg(r.chosen)), settings.dpop_lambda);
  return logistic(inputs, scaled(inputs, g.sub(difference(inputs, r), lost)));
};

/** TDPO2 (Zeng et al. 2024): -log s(beta [h - alpha (KL_l - sg KL_w)]), KL = sum_t KL(reference || policy). */
const tdpo2: PairLoss = (inputs) => {
  const { g, settings, divergence } = inputs;
  if (!divergence) throw new Error('tdpo2 takes the sequential divergences.');
  const further = g.mul(g.sub(divergence.rejected, g.stopGradient(divergence.chosen)), settings.tdpo_alpha);
  return logistic(inputs, scaled(inputs, g.sub(difference(inputs, ratios(inputs)), further)));
};

/**
 * ORPO (Hong et al. 2024): NLL - beta log s(log odds(w) / odds(l)) of probabilities per token. As in TRL
 * and the authors' code, the NLL is that of prompt and chosen.
 */
const orpo: PairLoss = (inputs) => {
  const { g, settings, likelihood } = inputs;
  if (!likelihood.whole) throw new Error("orpo takes the prompt's log-probabilities.");
  const logOdds = difference(inputs, logOddsOf(g, perToken(inputs, inputs.policy)));
  const nll = negativeLogLikelihood(inputs, likelihood.whole.logps, likelihood.whole.tokens);
  return g.add(nll, g.mul(g.softplus(g.neg(logOdds)), settings.beta));
};

/** SimPO (Meng et al. 2024): -log s(beta (pw - pl) - gamma), log-probs per token. */
const simpo: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const x = scaled(inputs, difference(inputs, perToken(inputs, inputs.policy)));
  return logistic(inputs, g.sub(x, settings.simpo_gamma));
};

/** CPO (Xu et al. 2024): -log s(beta (log pi_w - log pi_l)) + alpha NLL of chosen. */
const cpo: PairLoss = (inputs) => {
  const { g, settings } = inputs;
  const preference = logistic(inputs, scaled(inputs, difference(inputs, inputs.policy)));
  return settings.cpo_alpha === 0 ? preference : g.add(preference, g.mul(sft(inputs), settings.cpo_alpha));
};

/** Cross-entropy of chosen, a mean over the batch's tokens. */
const sft: PairLoss = (inputs) => negativeLogLikelihood(inputs, inputs.likelihood.chosen, inputs.tokens.chosen);

export const pairLosses: { [L in PairLossName]: PairLoss } = {
  sigmoid,
  sigmoid_norm,
  hinge,
  ipo,
  robust,
  exo_pair,
  nca_pair,
  bco_pair,
  sppo_hard,
  aot,
  aot_unpaired,
  apo_zero,
  apo_down,
  discopop,
  rdpo,
  dpop,
  tdpo2,
  orpo,
  simpo,
  cpo,
  sft,
};

/** What the losses of single completions are computed from; every tensor is [rows] where nothing else is said. */
export interface UnpairedInputs {
  g: GraphBuilder;
  settings: LossSettings;
  policy: Value;
  reference: Value;
  /** 1 for a desirable completion, -1 for an undesirable one. */
  sign: Value;
  /** KTO's estimate of KL(policy || reference), at least 0: a constant, []. */
  baseline: Value;
}

export type UnpairedLoss = (inputs: UnpairedInputs) => Value;

/** KTO (Ethayarajh et al. 2024, eq. 7): lD (1 - s(beta (r - z))) where desirable, else lU (1 - s(beta (z - r))). */
const kto: UnpairedLoss = ({ g, settings, policy, reference, sign, baseline }) => {
  const { beta, desirable_weight, undesirable_weight } = settings;
  const r = g.sub(policy, reference);
  const value = g.sigmoid(g.neg(g.mul(g.mul(g.sub(r, baseline), sign), beta)));
  return g.mul(value, g.where(g.less(g.constant(0, sign.dtype), sign), desirable_weight, undesirable_weight));
};

/** APO-zero of single completions, as TRL has it: KTO's with no baseline. */
const apo_zero_unpaired: UnpairedLoss = (inputs) =>
  kto({ ...inputs, baseline: inputs.g.constant(0, inputs.policy.dtype) });

export const unpairedLosses: { [L in UnpairedLossName]: UnpairedLoss } = { kto, apo_zero_unpaired };

/** The weighted sum of the chosen losses of each pair, [pairs]. */
export function pairLoss(inputs: PairInputs): Value {
  const { g } = inputs;
  return weightedLosses(inputs.settings)
    .map(({ name, weight }) => {
      if (!isPairLoss(name)) throw new Error(`${name} is no loss of pairs.`);
      const loss = pairLosses[name](inputs);
      return weight === 1 ? loss : g.mul(loss, weight);
    })
    .reduce((sum, loss) => g.add(sum, loss));
}

/** The chosen loss of each labelled completion, [rows]. */
export function unpairedLoss(inputs: UnpairedInputs): Value {
  const [{ name, weight }] = weightedLosses(inputs.settings) as [ReturnType<typeof weightedLosses>[0]];
  if (isPairLoss(name)) throw new Error(`${name} is a loss of pairs.`);
  return inputs.g.mul(unpairedLosses[name](inputs), weight);
}

function referenceOf({ reference }: PairInputs): Sides {
  if (!reference) throw new Error('This loss takes a reference.');
  return reference;
}

const difference = ({ g }: PairInputs, { chosen, rejected }: Sides): Value => g.sub(chosen, rejected);

const mapSides = ({ chosen, rejected }: Sides, map: (x: Value) => Value): Sides => ({
  chosen: map(chosen),
  rejected: map(rejected),
});

/** rw and rl: log pi - log ref. */
function ratios(inputs: PairInputs): Sides {
  const reference = referenceOf(inputs);
  return {
    chosen: inputs.g.sub(inputs.policy.chosen, reference.chosen),
    rejected: inputs.g.sub(inputs.policy.rejected, reference.rejected),
  };
}

const rewards = (inputs: PairInputs): Sides => mapSides(ratios(inputs), (ratio) => scaled(inputs, ratio));

/** The ratios through the run's f-divergence. */
const scores = (inputs: PairInputs): Sides =>
  mapSides(ratios(inputs), (ratio) => divergences[inputs.settings.f_divergence_type](inputs.g, ratio, inputs.settings));

const perToken = ({ g, tokens }: PairInputs, { chosen, rejected }: Sides): Sides => ({
  chosen: g.div(chosen, tokens.chosen),
  rejected: g.div(rejected, tokens.rejected),
});

const scaled = ({ g, settings }: PairInputs, x: Value): Value => g.mul(x, settings.beta);

const square = (g: GraphBuilder, x: Value): Value => g.mul(x, x);

/** ODPO (Amini et al. 2024): what the margin must exceed is taken from it first. */
const demanding = ({ g, offset }: PairInputs, x: Value): Value => (offset ? g.sub(x, offset) : x);

/** -(1-e) log s(x) - e log s(-x); -log s(x) = softplus(-x). */
function logistic(inputs: PairInputs, scaledMargin: Value): Value {
  const { g, settings } = inputs;
  const e = settings.label_smoothing;
  const x = demanding(inputs, scaledMargin);
  const kept = g.softplus(g.neg(x));
  return e === 0 ? kept : g.add(g.mul(kept, 1 - e), g.mul(g.softplus(x), e));
}

/** log p - log(1 - p) of log-probabilities; 1 - e^x = -tanh(x/2) (1 + e^x), which is exact at both ends. */
const logOddsOf = (g: GraphBuilder, sides: Sides): Sides =>
  mapSides(sides, (x) => g.sub(x, g.add(g.log(g.tanh(g.mul(x, -0.5))), g.softplus(x))));

/** Sorted with the rows that only fill the batch at the end, where their weight is 0. */
const sorted = ({ g, isPair }: PairInputs, x: Value): Value => g.sort(g.where(isPair, x, 1e30));

/** Each pair's part of the token mean over the batch, so that the parts' mean is that mean: -logps x pairs / tokens. */
function negativeLogLikelihood({ g, isPair }: PairInputs, logps: Value, tokens: Value): Value {
  const pairs = g.reduceSum(g.cast(isPair, tokens.dtype), [0]);
  const all = g.reduceSum(g.where(isPair, tokens, 0), [0]);
  return g.neg(g.mul(logps, g.div(pairs, all)));
}
