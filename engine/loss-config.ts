// The preference losses by name: what each needs, which settings act on it, and which combinations make no sense.
// Names and defaults are TRL's where TRL has them. Imports zod only, as config.ts does.
import { z } from 'zod';

/** Losses over pairs of a chosen and a rejected completion. */
export const pairLossNames = [
  'sigmoid',
  'sigmoid_norm',
  'hinge',
  'ipo',
  'robust',
  'exo_pair',
  'nca_pair',
  'bco_pair',
  'sppo_hard',
  'aot',
  'aot_unpaired',
  'apo_zero',
  'apo_down',
  'discopop',
  'rdpo',
  'dpop',
  'tdpo2',
  'orpo',
  'simpo',
  'cpo',
  'sft',
] as const;
export type PairLossName = (typeof pairLossNames)[number];

/** Losses over single completions that are labelled desirable or not. */
export const unpairedLossNames = ['kto', 'apo_zero_unpaired'] as const;
export type UnpairedLossName = (typeof unpairedLossNames)[number];

export const lossNames = [...pairLossNames, ...unpairedLossNames] as const;
export type LossName = (typeof lossNames)[number];

export const divergenceNames = ['reverse_kl', 'forward_kl', 'js_divergence', 'alpha_divergence'] as const;
export type DivergenceName = (typeof divergenceNames)[number];

/** Settings of the losses; `loss_weights` left out weighs all alike, 1 each. */
export const lossFields = {
  loss_type: z
    .union([z.enum(lossNames).transform((name) => [name]), z.array(z.enum(lossNames)).min(1)])
    .default(['sigmoid']),
  loss_weights: z.array(z.number().min(0)).optional(),
  beta: z.number().gt(0).default(0.1),
  /** The probability that a label is flipped. */
  label_smoothing: z.number().min(0).lt(0.5).default(0),
  f_divergence_type: z.enum(divergenceNames).default('reverse_kl'),
  f_alpha_divergence_coef: z.number().default(0.5),
  /** LD-DPO: what tokens beyond the shorter completion's length count; null counts them in full. */
  ld_alpha: z.number().min(0).max(1).nullable().default(null),
  /** WPO: weighs a pair by how likely the policy is to write it. */
  use_weighting: z.boolean().default(false),
  discopop_tau: z.number().gt(0).default(0.05),
  /** R-DPO: what a token of difference in length adds to the margin. */
  rdpo_alpha: z.number().min(0).default(0.05),
  /** DPOP (Smaug): what a chosen completion less likely than under the reference costs. */
  dpop_lambda: z.number().min(0).default(50),
  tdpo_alpha: z.number().min(0).default(0.5),
  simpo_gamma: z.number().min(0).default(0.5),
  cpo_alpha: z.number().min(0).default(1),
  desirable_weight: z.number().min(0).default(1),
  undesirable_weight: z.number().min(0).default(1),
  /** ODPO: what a pair's `margin` is multiplied by before the loss demands it; 0 leaves margins aside. */
  margin_scale: z.number().min(0).default(0),
  /** The loss is the sum of these weights x the mean loss of the pairs ranked under each criterion. */
  criterion_weights: z.record(z.string().min(1), z.number().min(0)).optional(),
  /** Leaves special tokens and turn headers of the completions out of the loss (Llama 3). */
  mask_formatting_tokens: z.boolean().default(false),
  /** TR-DPO: every `ref_model_sync_steps` steps the reference becomes alpha x policy + (1 - alpha) x itself. */
  sync_ref_model: z.boolean().default(false),
  ref_model_mixup_alpha: z.number().gt(0).max(1).default(0.6),
  ref_model_sync_steps: z.number().int().min(1).default(512),
};
const lossSettingsSchema = z.object(lossFields);
export type LossSettings = z.infer<typeof lossSettingsSchema>;

/** Settings that act on some losses only. */
type OwnSetting =
  | 'label_smoothing'
  | 'discopop_tau'
  | 'rdpo_alpha'
  | 'dpop_lambda'
  | 'tdpo_alpha'
  | 'simpo_gamma'
  | 'cpo_alpha'
  | 'desirable_weight'
  | 'undesirable_weight'
  | 'margin_scale';

export interface LossTraits {
  /** What it takes from the reference: sums of log-probs, the whole distribution of every token, or nothing. */
  reference: 'logps' | 'distribution' | 'none';
  settings: readonly OwnSetting[];
  /** Sorts the batch, so that no value belongs to one pair. */
  isSorted?: true;
  /** The f-divergence's normaliser cancels in it (f-DPO), or it has none. */
  takesDivergence?: true;
  /** What `logps/` and `rewards/` of TRL's trainer for it are: log-probs per token rather than per completion. */
  isPerToken?: true;
}

export const lossTraits: { [L in LossName]: LossTraits } = {
  sigmoid: { reference: 'logps', settings: ['label_smoothing', 'margin_scale'], takesDivergence: true },
  sigmoid_norm: { reference: 'logps', settings: ['label_smoothing', 'margin_scale'], takesDivergence: true },
  hinge: { reference: 'logps', settings: ['margin_scale'], takesDivergence: true },
  ipo: { reference: 'logps', settings: [], takesDivergence: true },
  robust: { reference: 'logps', settings: ['label_smoothing', 'margin_scale'], takesDivergence: true },
  exo_pair: { reference: 'logps', settings: ['label_smoothing'], takesDivergence: true },
  nca_pair: { reference: 'logps', settings: [] },
  bco_pair: { reference: 'logps', settings: [] },
  sppo_hard: { reference: 'logps', settings: [] },
  aot: { reference: 'logps', settings: ['label_smoothing'], isSorted: true },
  aot_unpaired: { reference: 'logps', settings: ['label_smoothing'], isSorted: true },
  apo_zero: { reference: 'logps', settings: [] },
  apo_down: { reference: 'logps', settings: [] },
  discopop: { reference: 'logps', settings: ['discopop_tau'], takesDivergence: true },
  rdpo: { reference: 'logps', settings: ['rdpo_alpha', 'label_smoothing', 'margin_scale'], takesDivergence: true },
  dpop: { reference: 'logps', settings: ['dpop_lambda', 'label_smoothing', 'margin_scale'] },
  tdpo2: { reference: 'distribution', settings: ['tdpo_alpha', 'label_smoothing', 'margin_scale'] },
  orpo: { reference: 'none', settings: [], isPerToken: true },
  simpo: { reference: 'none', settings: ['simpo_gamma', 'label_smoothing', 'margin_scale'], isPerToken: true },
  cpo: { reference: 'none', settings: ['cpo_alpha', 'label_smoothing', 'margin_scale'] },
  sft: { reference: 'none', settings: [], takesDivergence: true },
  kto: { reference: 'logps', settings: ['desirable_weight', 'undesirable_weight'] },
  apo_zero_unpaired: { reference: 'logps', settings: ['desirable_weight', 'undesirable_weight'] },
};

export const isPairLoss = (name: LossName): name is PairLossName => pairLossNames.some((pair) => pair === name);

/** The chosen losses with their weights. */
export function weightedLosses({ loss_type, loss_weights }: LossSettings): { name: LossName; weight: number }[] {
  return loss_type.map((name, i) => ({ name, weight: loss_weights?.[i] ?? 1 }));
}

/**
 * What a run needs of its reference. `fixed`: sums of log-probs that never change, so that they may be computed once and
 * kept; `moving`: sums that a sync makes stale; `distribution`: a forward of its own beside each of the policy's.
 */
export type ReferenceUse = 'none' | 'fixed' | 'moving' | 'distribution';

export function referenceUse(settings: LossSettings): ReferenceUse {
  const needs = settings.loss_type.map((name) => lossTraits[name].reference);
  if (needs.includes('distribution')) return 'distribution';
  if (!needs.includes('logps')) return 'none';
  return settings.sync_ref_model ? 'moving' : 'fixed';
}

/** What is wrong with a combination of settings, by the setting to change; nothing where it makes sense. */
export function lossProblems(settings: LossSettings & { per_device_train_batch_size: number }): [string, string][] {
  const { loss_type: names, loss_weights: weights } = settings;
  const problems: [string, string][] = [];
  const refuse = (setting: string, reason: string) => problems.push([setting, reason]);
  const without = (can: (name: LossName) => boolean) => names.filter((name) => !can(name)).join(', ');

  if (new Set(names).size < names.length) refuse('loss_type', 'names a loss twice: give it once, with its weight');
  if (weights && weights.length !== names.length) {
    refuse('loss_weights', `has ${weights.length} weights for ${names.length} losses: give one for each`);
  } else if (weights?.every((weight) => weight === 0)) {
    refuse('loss_weights', 'are all 0, so that nothing would be learnt');
  }
  const unpaired = names.filter((name) => !isPairLoss(name));
  if (unpaired.length > 0 && names.length > 1) {
    refuse('loss_type', `${unpaired[0]} takes single labelled completions, so it combines with no other loss`);
  }
  if (names.includes('kto') && settings.per_device_train_batch_size < 2) {
    refuse(
      'per_device_train_batch_size',
      "must be 2 or more for kto: its KL baseline pairs each prompt with another one's completion",
    );
  }
  if (names.includes('exo_pair') && settings.label_smoothing === 0) {
    refuse('label_smoothing', 'must be above 0 for exo_pair, which takes its logarithm; 1e-3 is usual');
  }
  for (const setting of ownSettings) {
    if (isDefault(settings, setting) || names.some((name) => lossTraits[name].settings.includes(setting))) continue;
    const takers = lossNames.filter((name) => lossTraits[name].settings.includes(setting));
    refuse(setting, `does nothing with ${names.join(', ')}: leave it out (it acts on ${takers.join(', ')})`);
  }

  const indivisible = without((name) => lossTraits[name].takesDivergence === true);
  if (settings.f_divergence_type !== 'reverse_kl' && indivisible) {
    refuse(
      'f_divergence_type',
      `must be reverse_kl for ${indivisible}: no other divergence's normaliser cancels there`,
    );
  }
  if (settings.f_divergence_type !== 'alpha_divergence' && !isDefault(settings, 'f_alpha_divergence_coef')) {
    refuse('f_alpha_divergence_coef', 'does nothing unless f_divergence_type is alpha_divergence: leave it out');
  }
  const unweighable = without((name) => isPairLoss(name) && !lossTraits[name].isSorted);
  if (settings.use_weighting && unweighable) {
    refuse('use_weighting', `weighs pairs, which ${unweighable} does not keep apart: leave it out`);
  }
  if (settings.criterion_weights && unweighable) {
    refuse('criterion_weights', `weigh pairs, which ${unweighable} does not keep apart: leave them out`);
  }
  const lengthBound = without((name) => isPairLoss(name) && (name === 'sft' || lossTraits[name].reference === 'logps'));
  if (settings.ld_alpha !== null && lengthBound) {
    refuse('ld_alpha', `is for losses on pairs' summed log-ratios, not for ${lengthBound}: leave it out`);
  }
  if (!settings.sync_ref_model) {
    for (const setting of ['ref_model_mixup_alpha', 'ref_model_sync_steps'] as const) {
      if (!isDefault(settings, setting)) refuse(setting, 'does nothing without sync_ref_model: leave it out');
    }
  } else if (names.every((name) => lossTraits[name].reference === 'none')) {
    refuse('sync_ref_model', `has no reference to move: ${names.join(', ')} takes none`);
  }
  return problems;
}

const ownSettings = [...new Set(lossNames.flatMap((name) => lossTraits[name].settings))];
const defaults = lossSettingsSchema.parse({});

const isDefault = (settings: LossSettings, name: keyof LossSettings) => settings[name] === defaults[name];
