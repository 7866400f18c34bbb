// What an on-policy run may be told: how it samples, how often, and what it makes of the judge's scores. Names and defaults
// are those of TRL's GRPOConfig and OnlineDPOConfig. Imports zod only, as config.ts does.
import { z } from 'zod';
import { samplingConfigSchema, trainConfigSchema, trainedProblems } from './config.ts';
import { isPairLoss, lossFields, lossProblems, lossTraits } from './loss-config.ts';
import { evaluationFields, runProblems } from './run-config.ts';

/** `grpo`: every response by its advantage over its group's. `online_dpo`: the best against the worst of each group. */
export const onlineMethods = ['grpo', 'online_dpo'] as const;
export type OnlineMethod = (typeof onlineMethods)[number];

/** How token losses become one number: exact formulas in engine/grpo.ts. */
export const grpoLossTypes = ['grpo', 'bnpo', 'dr_grpo', 'dapo'] as const;
export type GrpoLossType = (typeof grpoLossTypes)[number];

/** By what a response's distance from its group's mean is divided: the group's deviation, the batch's, or nothing. */
export const rewardScales = ['group', 'batch', 'none'] as const;
export type RewardScale = (typeof rewardScales)[number];

const { temperature, top_p, top_k, min_p, stop } = samplingConfigSchema.shape;

const generationFields = {
  num_generations: z.number().int().min(2).max(64).default(8),
  max_completion_length: z.number().int().min(1).max(32768).default(512),
  temperature: temperature.unwrap().gt(0).default(1),
  top_p,
  top_k,
  min_p,
  stop,
  /** Micro-batches that one sampling gives; left out, those of one optimiser step. */
  steps_per_generation: z.number().int().min(1).max(1024).nullable().default(null),
  /** Responses that their length has cut teach nothing. */
  mask_truncated_completions: z.boolean().default(false),
};

/** What its prompts and responses are bounded by one by one. */
const lengthNames = ['max_length', 'truncation_mode'] as const;
/** What is not of such a run: its evaluation is the caller's, and a loss is its method's. */
const left: readonly string[] = [...Object.keys(lossFields), ...Object.keys(evaluationFields), ...lengthNames];
/** The settings of a preference run that do not belong to its loss. */
const runFields = Object.fromEntries(
  Object.entries(trainConfigSchema.shape).filter(([name]) => !left.includes(name)),
) as Omit<
  typeof trainConfigSchema.shape,
  keyof typeof lossFields | keyof typeof evaluationFields | (typeof lengthNames)[number]
>;

const grpoFields = {
  /** The weight of the KL divergence from the reference; 0 takes no reference. */
  beta: z.number().min(0).default(0),
  /** How often the responses of one sampling are trained on. */
  num_iterations: z.number().int().min(1).max(64).default(1),
  epsilon: z.number().min(0).max(1).default(0.2),
  /** The bound above; left out, `epsilon`. */
  epsilon_high: z.number().min(0).nullable().default(null),
  loss_type: z.enum(grpoLossTypes).default('dapo'),
  scale_rewards: z.enum(rewardScales).default('group'),
};

/** GRPO; `per_device_train_batch_size` counts responses, as TRL has it. */
export const grpoConfigSchema = z
  .strictObject({
    ...runFields,
    ...generationFields,
    ...grpoFields,
    learning_rate: runFields.learning_rate.unwrap().default(1e-6),
  })
  .superRefine((config, context) =>
    refuse(context, [
      ...runProblems(config),
      ...trainedProblems(config),
      ...samplingProblems(config),
      ...groupProblems(config),
    ]),
  );
export type GrpoConfig = z.infer<typeof grpoConfigSchema>;

/** Online DPO (Guo et al. 2024); `per_device_train_batch_size` counts prompts, each of which gives one pair. */
export const onlineDpoConfigSchema = z
  .strictObject({
    ...runFields,
    ...lossFields,
    ...generationFields,
    learning_rate: runFields.learning_rate.unwrap().default(5e-7),
    num_generations: generationFields.num_generations.unwrap().default(2),
    max_completion_length: generationFields.max_completion_length.unwrap().default(64),
    temperature: generationFields.temperature.unwrap().default(0.9),
  })
  .superRefine((config, context) =>
    refuse(context, [
      ...runProblems(config),
      ...trainedProblems(config),
      ...lossProblems(config),
      ...samplingProblems(config),
      ...pairProblems(config),
    ]),
  );
export type OnlineDpoConfig = z.infer<typeof onlineDpoConfigSchema>;

export interface OnlineConfigs {
  grpo: GrpoConfig;
  online_dpo: OnlineDpoConfig;
}

export const onlineConfigSchemas = { grpo: grpoConfigSchema, online_dpo: onlineDpoConfigSchema } as const satisfies {
  [M in OnlineMethod]: z.ZodType<OnlineConfigs[M]>;
};

/** What both methods have. */
export type OnlineConfig = GrpoConfig | OnlineDpoConfig;

type Problem = readonly [setting: string, message: string];

function refuse(context: z.core.$RefinementCtx, problems: Iterable<Problem>): void {
  for (const [setting, message] of problems) context.addIssue({ code: 'custom', path: [setting], message });
}

/** Optimiser steps between two samplings: the responses of one are trained on so many times over. */
export function stepsPerSampling(config: {
  steps_per_generation: number | null;
  gradient_accumulation_steps: number;
  num_iterations?: number;
}): number {
  const { steps_per_generation, gradient_accumulation_steps, num_iterations = 1 } = config;
  return ((steps_per_generation ?? gradient_accumulation_steps) / gradient_accumulation_steps) * num_iterations;
}

type Sampled = Pick<
  GrpoConfig,
  'lora' | 'steps_per_generation' | 'gradient_accumulation_steps' | 'save_strategy' | 'save_steps'
> & {
  num_iterations?: number;
};

function* samplingProblems(config: Sampled): Iterable<Problem> {
  if (config.lora === null) {
    yield ['lora', 'the sampler takes the new policy as an adapter, step after step: give lora a shape'];
  }
  if (config.save_strategy === 'epoch') {
    yield ['save_strategy', 'an on-policy run has no epochs to save at: take steps or no'];
  }
  const { steps_per_generation: steps, gradient_accumulation_steps: accumulated } = config;
  if (steps !== null && steps % accumulated !== 0) {
    yield [
      'steps_per_generation',
      `must be a multiple of gradient_accumulation_steps (${accumulated}), so that a sampling ends with a step`,
    ];
    return;
  }
  const every = stepsPerSampling(config);
  if (config.save_steps % every !== 0) {
    yield [
      'save_steps',
      `must be a multiple of the ${every} steps between two samplings, since a run that is resumed begins with one`,
    ];
  }
}

function* groupProblems(
  config: Pick<GrpoConfig, 'per_device_train_batch_size' | 'num_generations'>,
): Iterable<Problem> {
  const { per_device_train_batch_size: batch, num_generations: n } = config;
  if (batch % n !== 0) {
    yield [
      'per_device_train_batch_size',
      `counts responses, and must be a multiple of num_generations (${n}): a batch holds whole groups`,
    ];
  }
}

function* pairProblems({ loss_type, margin_scale, criterion_weights }: OnlineDpoConfig): Iterable<Problem> {
  const foreign = loss_type.find((name) => !isPairLoss(name) || lossTraits[name].isSorted);
  if (foreign) yield ['loss_type', `${foreign} is no loss of single pairs: online_dpo takes one of those`];
  if (margin_scale > 0) yield ['margin_scale', "a judge's scores have no common scale: leave it out"];
  if (criterion_weights) yield ['criterion_weights', 'one judge ranks by one criterion: leave it out'];
}
