// The rotary settings of a config.json, as transformers 4 (`rope_theta` beside `rope_scaling`) and 5 (`rope_parameters`)
// write them. A kind of scaling, or a setting of one, that we do not compute is refused by name.
import { z } from 'zod';
import type { Rope, RopeScaling } from './model-config.ts';

/** What a config states of its rope, and the defaults of its family. */
export interface StatedRope {
  /** `rope_scaling` or `rope_parameters`, whichever there is. */
  settings: unknown;
  /** `rope_theta` outside the settings, or the family's default. */
  theta: number;
  headDim: number;
  /** `partial_rotary_factor` outside the settings. */
  rotaryFraction: number;
  maxPositions: number;
  /** `original_max_position_embeddings` outside the settings, which has precedence. */
  originalMaxPositions?: number | undefined;
  /** Phi-3's older folders name longrope "su" or "yarn". */
  isPhi: boolean;
}

/** Smaller or larger ones give angles that are no numbers. */
const positive = z.number().min(1e-6).max(1e9);
const length = z.number().int().min(2).max(100_000_000);
const common = {
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.max(1).nullish(),
  original_max_position_embeddings: length.nullish(),
};
const factors = z.array(positive).min(1).max(4096);

export const ropeSchema = z.discriminatedUnion('rope_type', [
  z.strictObject({ rope_type: z.literal('default'), ...common }),
  z.strictObject({ rope_type: z.literal('linear'), factor: positive, ...common }),
  z.strictObject({ rope_type: z.literal('dynamic'), factor: positive, ...common }),
  z.strictObject({
    rope_type: z.literal('llama3'),
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    ...common,
  }),
  z.strictObject({
    rope_type: z.literal('yarn'),
    factor: positive,
    attention_factor: positive.nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: positive.nullish(),
    mscale_all_dim: positive.nullish(),
    truncate: z.boolean().default(true),
    finetuned: z.unknown().optional(), // a remark, of no effect
    ...common,
  }),
  z.strictObject({
    rope_type: z.literal('longrope'),
    short_factor: factors,
    long_factor: factors,
    factor: positive.nullish(),
    attention_factor: positive.nullish(),
    ...common,
  }),
]);

/** The rope, or what is wrong with it: a zod error, or words. */
export function parseRope(stated: StatedRope): Rope | z.ZodError | string {
  const settings = z.record(z.string(), z.unknown()).nullish().safeParse(stated.settings);
  if (!settings.success) return settings.error;
  const { type, rope_type = type ?? 'default', ...rest } = settings.data ?? {};
  const isLongrope = stated.isPhi && (rope_type === 'su' || rope_type === 'yarn');
  const parsed = ropeSchema.safeParse({ ...rest, rope_type: isLongrope ? 'longrope' : rope_type });
  if (!parsed.success) return parsed.error;
  const rope = parsed.data;
  const fraction = rope.partial_rotary_factor ?? stated.rotaryFraction;
  if (fraction !== 1 && !stated.isPhi) return `partial_rotary_factor = ${fraction} is not supported (1 is)`;
  const dim = Math.trunc(stated.headDim * fraction);
  if (dim < 2 || dim % 2 !== 0) return `${dim} turning dimensions of a head must be an even number`;
  const originalMaxPositions =
    stated.originalMaxPositions ?? rope.original_max_position_embeddings ?? stated.maxPositions;
  const found = (scaling: RopeScaling, attentionFactor = 1): Rope => ({
    theta: rope.rope_theta ?? stated.theta,
    dim,
    scaling,
    attentionFactor,
  });
  switch (rope.rope_type) {
    case 'default':
      return found({ type: 'default' });
    case 'linear':
      return found({ type: 'linear', factor: rope.factor });
    case 'dynamic':
      if (dim === 2) return 'dynamic scaling needs more than two turning dimensions';
      return found({ type: 'dynamic', factor: rope.factor, originalMaxPositions: stated.maxPositions });
    case 'llama3':
      return found({
        type: 'llama3',
        factor: rope.factor,
        lowFreqFactor: rope.low_freq_factor,
        highFreqFactor: rope.high_freq_factor,
        originalMaxPositions,
      });
    case 'yarn':
      return found(
        {
          type: 'yarn',
          factor: rope.factor,
          betaFast: rope.beta_fast ?? 32,
          betaSlow: rope.beta_slow ?? 1,
          isTruncated: rope.truncate,
          originalMaxPositions,
        },
        rope.attention_factor ?? yarnAttentionFactor(rope.factor, rope.mscale, rope.mscale_all_dim),
      );
    case 'longrope': {
      for (const name of ['short_factor', 'long_factor'] as const) {
        if (rope[name].length !== dim / 2) return `${name} has ${rope[name].length} numbers instead of ${dim / 2}`;
      }
      const factor = rope.factor ?? stated.maxPositions / originalMaxPositions;
      const { short_factor: shortFactors, long_factor: longFactors } = rope;
      return found(
        { type: 'longrope', shortFactors, longFactors, originalMaxPositions },
        rope.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPositions))),
      );
    }
  }
}

/** YaRN (Peng et al. 2023, eq. 22): 0.1 ln(factor) + 1, or the ratio of two such terms where both are stated. */
function yarnAttentionFactor(factor: number, mscale?: number | null, mscaleAllDim?: number | null): number {
  const term = (scale: number) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? term(mscale) / term(mscaleAllDim) : term(1);
}
