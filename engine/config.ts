// What a caller may ask of the sampler and the trainer: names, bounds and defaults (TRL's and PEFT's names).
// Imports zod only, so that forms in a browser and the command line check against the same schemas.
import { z } from 'zod';
import { type LossName, lossFields, lossProblems, lossTraits } from './loss-config.ts';
import { evaluationFields, optimizerFields, runProblems } from './run-config.ts';

export { needsHeldOut, type SchedulerName, schedulerNames } from './run-config.ts';

/** Where graphs run. `auto` takes CUDA where its libraries load, else the CPU. */
export const deviceSchema = z
  .string()
  .regex(/^(auto|cpu|cuda(:\d+)?|webgpu)$/, 'must be auto, cpu, cuda, cuda:N or webgpu');
export type Device = z.infer<typeof deviceSchema>;

/** What weights are held in while sampling; int4 has one scale per 32 weights, int4-128 one per 128. */
export const weightPrecisions = ['fp32', 'fp16', 'bf16', 'int4', 'int4-128'] as const;
export type WeightPrecision = (typeof weightPrecisions)[number];
/** What each kind of device computes in: the CPU has few half-precision kernels, CUDA's attention has no others. */
export const devicePrecisions = {
  cpu: ['fp32', 'int4', 'int4-128'],
  cuda: ['bf16', 'fp16', 'int4', 'int4-128'],
  webgpu: ['fp32', 'fp16'],
} as const satisfies Record<string, readonly WeightPrecision[]>;
/** `auto`: fp32 on a CPU, the checkpoint's own half precision (else fp16) on a GPU. */
export const precisionSchema = z.enum(['auto', ...weightPrecisions]);
export type Precision = z.infer<typeof precisionSchema>;

/**
 * How responses are sampled. `temperature` 0 is greedy; `top_k` 0, `top_p` 1 and `min_p` 0 filter nothing;
 * `repetition_penalty` 1 and the other penalties 0 change nothing. A response ends before the first of the `stop` strings.
 */
export const samplingConfigSchema = z.strictObject({
  temperature: z.number().min(0).max(10).default(0.9),
  top_p: z.number().gt(0).max(1).default(1),
  top_k: z.number().int().min(0).default(0),
  min_p: z.number().min(0).lt(1).default(0),
  /** Divides the positive and multiplies the negative logits of tokens in prompt or response (Keskar et al. 2019). */
  repetition_penalty: z.number().gt(0).max(10).default(1),
  /** Taken once from the logit of each token in the response so far. */
  presence_penalty: z.number().min(-2).max(2).default(0),
  /** Taken from a token's logit as often as the response has it so far. */
  frequency_penalty: z.number().min(-2).max(2).default(0),
  stop: z.array(z.string().min(1).max(256)).max(16).default([]),
  max_new_tokens: z.number().int().min(1).max(32768).default(256),
  precision: precisionSchema.default('auto'),
});
export type SamplingConfig = z.infer<typeof samplingConfigSchema>;

/** The linear layers of a block that can carry an adapter, as PEFT names them; Phi-3 has the two fused ones. */
export const loraModules = [
  'q_proj',
  'k_proj',
  'v_proj',
  'qkv_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'gate_up_proj',
  'down_proj',
] as const;
/** What an adapter may be asked for: those, and by name alone the embedding and the head. */
export const loraTargetNames = [...loraModules, 'embed_tokens', 'lm_head'] as const;
export type LoraModule = (typeof loraTargetNames)[number];

export const loraConfigSchema = z.strictObject({
  r: z.number().int().min(1).max(512).default(16),
  lora_alpha: z.number().gt(0).default(32),
  target_modules: z
    .array(z.enum(loraTargetNames))
    .min(1)
    .default([...loraModules]),
  use_rslora: z.boolean().default(false),
  /** The share of an adapter's inputs that a training step leaves out; references and evaluations keep all. */
  lora_dropout: z.number().min(0).lt(1).default(0),
});
export type LoraConfig = z.infer<typeof loraConfigSchema>;

/** What the frozen weights are held in, and what the model is computed in. */
const precisionFields = {
  /** Compute in half precision where the device is a GPU; a CPU widens to fp32. */
  bf16: z.boolean().default(false),
  fp16: z.boolean().default(false),
  /** QLoRA (Dettmers et al. 2023): the frozen weights in four bits, one scale per 32. */
  load_in_4bit: z.boolean().default(false),
};

/** What makes no sense in what is trained, by setting. */
export function* trainedProblems(config: {
  lora: LoraConfig | null;
  load_in_4bit: boolean;
  bf16: boolean;
  fp16: boolean;
}): Iterable<readonly [string, string]> {
  if (config.bf16 && config.fp16) yield ['fp16', 'one of bf16 and fp16, not both'];
  if (config.load_in_4bit && !config.lora)
    yield ['load_in_4bit', 'four-bit weights cannot be trained themselves: give lora a shape'];
}

/** What makes no sense in a reference where all weights are trained. */
function* referenceProblems(config: {
  lora: LoraConfig | null;
  sync_ref_model: boolean;
  loss_type: readonly LossName[];
}): Iterable<readonly [string, string]> {
  if (config.lora) return;
  if (config.loss_type.some((name) => lossTraits[name].reference === 'distribution'))
    yield [
      'loss_type',
      "tdpo2 runs its reference beside the policy, which needs the policy's weights unchanged: give lora a shape",
    ];
  if (config.sync_ref_model) yield ['sync_ref_model', 'a reference that moves is an adapter: give lora a shape'];
}

/** One preference run: the loss's settings, the optimiser's, and the adapter's shape. An unknown name is refused. */
export const trainConfigSchema = z
  .strictObject({
    ...lossFields,
    max_prompt_length: z.number().int().min(1).default(512),
    ...optimizerFields,
    ...evaluationFields,
    /** The adapter's shape; null trains all weights and gives a checkpoint. */
    lora: loraConfigSchema.nullable().prefault({}),
    ...precisionFields,
  })
  .superRefine((config, context) => {
    const problems = [
      ...lossProblems(config),
      ...runProblems(config),
      ...trainedProblems(config),
      ...referenceProblems(config),
    ];
    for (const [setting, message] of problems) context.addIssue({ code: 'custom', path: [setting], message });
  });
export type TrainConfig = z.infer<typeof trainConfigSchema>;

/**
 * One supervised run, over all parameters or, where `lora` has a shape, of an adapter; names and defaults of TRL's SFTConfig.
 * `prompt_loss_weight` weighs what is not the assistant's (0 = completion only).
 */
export const sftConfigSchema = z
  .strictObject({
    ...optimizerFields,
    learning_rate: optimizerFields.learning_rate.unwrap().default(2e-5),
    /** What is too long loses its end, but not its end of turn; `drop` leaves it out. */
    truncation_mode: z.enum(['keep_start', 'drop']).default('keep_start'),
    ...evaluationFields,
    lora: loraConfigSchema.nullable().default(null),
    ...precisionFields,
    prompt_loss_weight: z.number().min(0).max(1).default(0),
  })
  .superRefine((config, context) => {
    for (const [setting, message] of [...runProblems(config), ...trainedProblems(config)])
      context.addIssue({ code: 'custom', path: [setting], message });
  });
export type SftConfig = z.infer<typeof sftConfigSchema>;
