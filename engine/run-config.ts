// How a run goes, whatever its loss: optimiser and schedule, order and truncation of the data, evaluation, checkpoints.
// Names and defaults are transformers' and TRL's where they have them. Imports zod only, as config.ts does.
import { z } from 'zod';

/** `constant` takes no warm-up; `constant_with_warmup` rises first. */
export const schedulerNames = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;
export type SchedulerName = (typeof schedulerNames)[number];

/** `adamw_8bit` and `adamw_bnb_8bit` are one optimiser, by both of transformers' names for it. */
export const optimizerNames = ['adamw_torch', 'adamw_8bit', 'adamw_bnb_8bit'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** Of a prompt that is too long its start is kept, or its end; `drop` leaves out whatever is too long, uncut. */
export const truncationModes = ['keep_start', 'keep_end', 'drop'] as const;
export type TruncationMode = (typeof truncationModes)[number];

export const optimizerFields = {
  optim: z.enum(optimizerNames).default('adamw_torch'),
  learning_rate: z.number().gt(0).max(1).default(1e-5),
  lr_scheduler_type: z.enum(schedulerNames).default('linear'),
  warmup_steps: z.number().int().min(0).default(0),
  warmup_ratio: z.number().min(0).max(1).default(0),
  per_device_train_batch_size: z.number().int().min(1).max(1024).default(8),
  gradient_accumulation_steps: z.number().int().min(1).max(1024).default(1),
  num_train_epochs: z.number().gt(0).max(1000).default(1),
  max_steps: z.number().int().min(-1).default(-1),
  max_grad_norm: z.number().min(0).default(1),
  weight_decay: z.number().min(0).default(0),
  adam_beta1: z.number().min(0).lt(1).default(0.9),
  adam_beta2: z.number().min(0).lt(1).default(0.999),
  adam_epsilon: z.number().gt(0).default(1e-8),
  max_length: z.number().int().min(2).default(1024),
  truncation_mode: z.enum(truncationModes).default('keep_end'),
  seed: z.number().int().min(0).max(0xffffffff).default(42),
  /** Keeps half layers' inputs only and computes the rest again: less memory, a quarter more time. */
  gradient_checkpointing: z.boolean().default(false),
  /** `group_by_length` shuffles and lets rows of like length share a micro-batch; `sequential` keeps the file's order. */
  train_sampling_strategy: z.enum(['random', 'group_by_length', 'sequential']).default('group_by_length'),
  logging_steps: z.number().int().min(1).default(1),
  save_strategy: z.enum(['no', 'steps', 'epoch', 'best']).default('steps'),
  save_steps: z.number().int().min(1).default(50),
  /** Checkpoints kept beside the best one. */
  save_total_limit: z.number().int().min(1).default(2),
};

/** What a run with held-out examples may ask for. */
export const evaluationFields = {
  eval_strategy: z.enum(['no', 'steps', 'epoch']).default('steps'),
  eval_steps: z.number().int().min(1).default(50),
  per_device_eval_batch_size: z.number().int().min(1).max(1024).default(8),
  /** The share of prompts that is held out where no examples for evaluation are given. */
  eval_split: z.number().min(0).lt(1).default(0),
  load_best_model_at_end: z.boolean().default(false),
  /** A metric of the evaluation, with or without `eval_`. */
  metric_for_best_model: z.string().min(1).default('loss'),
  /** Left out: greater is better unless the metric's name ends in "loss". */
  greater_is_better: z.boolean().optional(),
  /** Ends the run after so many evaluations in a row without a better metric; 0 never does. */
  early_stopping_patience: z.number().int().min(0).default(0),
  early_stopping_threshold: z.number().min(0).default(0),
};

/** Whether a run judges by evaluations, so that something must be held out. */
export const needsHeldOut = (config: {
  load_best_model_at_end: boolean;
  early_stopping_patience: number;
  save_strategy: OptimizerConfig['save_strategy'];
}): boolean => config.load_best_model_at_end || config.early_stopping_patience > 0 || config.save_strategy === 'best';

const optimizerSchema = z.object(optimizerFields);
/** The settings of the optimiser and of a run's order, common to every kind of training. */
export type OptimizerConfig = Omit<z.infer<typeof optimizerSchema>, 'max_length' | 'truncation_mode'>;
const evaluationSchema = z.object(evaluationFields);
export type EvaluationConfig = z.infer<typeof evaluationSchema>;

/** Settings that contradict one another: [setting, what to do]. */
export function runProblems(config: OptimizerConfig & Partial<EvaluationConfig>): [string, string][] {
  const problems: [string, string][] = [];
  const hasWarmup = config.warmup_steps > 0 || config.warmup_ratio > 0;
  if (config.lr_scheduler_type === 'constant' && hasWarmup) {
    problems.push([
      'lr_scheduler_type',
      'constant takes no warm-up: take constant_with_warmup, or leave the warm-up out',
    ]);
  }
  const needsEvaluation = [
    [config.load_best_model_at_end === true, 'load_best_model_at_end'],
    [(config.early_stopping_patience ?? 0) > 0, 'early_stopping_patience'],
    [config.save_strategy === 'best', 'save_strategy'],
  ] as const;
  for (const [isAsked, setting] of needsEvaluation) {
    if (isAsked && (config.eval_strategy ?? 'no') === 'no') {
      problems.push([setting, 'needs evaluations to judge by: take eval_strategy steps or epoch, or leave it out']);
    }
  }
  if ((config.early_stopping_threshold ?? 0) > 0 && config.early_stopping_patience === 0) {
    problems.push([
      'early_stopping_threshold',
      'does nothing without early_stopping_patience: set that, or leave it out',
    ]);
  }
  return problems;
}
