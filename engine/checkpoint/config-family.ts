// What the config.json of every decoder has in common, and how a family adds its own fields to it.
// A schema is strict: a field that it does not list is refused by name, one that we compute for a single value is
// checked to have it, and those of no effect on what is computed are listed as such.
import { z } from 'zod';
import type { Architecture, ModelConfig } from './model-config.ts';
import { asStated, listed } from './words.ts';

/** What is wrong with a config beyond the types of its fields. */
export class ConfigIssue extends Error {}

export const count = z.number().int().min(1).max(10_000_000);
const tokenId = z.number().int().min(0);
export const tokenIds = z.union([
  tokenId.transform((id) => [id]),
  z.array(tokenId).max(64),
  z.null().transform(() => []),
]);
export const positive = z.number().gt(0).max(1e9);
export const layerType = z.enum(['full_attention', 'sliding_attention']);

/** The sizes that every decoder has. */
const sizes = {
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(1024),
  num_attention_heads: count.max(4096),
  num_key_value_heads: count.nullish(),
  head_dim: count.max(4096).nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: positive,
  rope_theta: positive.nullish(),
  rope_scaling: z.unknown().optional(),
  rope_parameters: z.unknown().optional(),
  eos_token_id: tokenIds.default([]),
  pad_token_id: tokenId.nullish(),
};

/** Known and of no effect on what is computed here. */
const silent = Object.fromEntries(
  [
    'bos_token_id',
    'attention_dropout',
    'initializer_range',
    'dtype',
    'torch_dtype',
    'transformers_version',
    'use_cache',
    'cache_implementation',
    'pretraining_tp', // slices products that are summed again
    '_name_or_path',
    'auto_map', // names Python code beside the weights; the architecture is what counts
    'tokenizer_class',
    'max_sequence_length',
    'output_attentions',
    'output_hidden_states',
    'return_dict',
    'id2label',
    'label2id',
    'unsloth_fixed',
    'unsloth_version',
    'transformers.js_config',
    '_attn_implementation_autoset',
  ].map((name) => [name, z.unknown().optional()]),
);

export type Sizes = z.output<z.ZodObject<typeof sizes>>;
export type Family = (raw: unknown) => ModelConfig | z.ZodError;

/** What a family adds to the sizes, or says otherwise than most do. */
type Traits = Pick<ModelConfig, 'attention' | 'ropes' | 'hasTiedHead'> & Partial<ModelConfig>;

export function family<S extends z.ZodRawShape>(
  architecture: Architecture,
  modelType: string,
  fields: S,
  traits: (config: z.output<z.ZodObject<S>> & Sizes, headDim: number) => Traits,
  defaultHeadDim?: number,
): Family {
  const schema = z.strictObject({
    architectures: z.tuple([z.literal(architecture)]),
    model_type: z.literal(modelType).optional(),
    ...silent,
    ...sizes,
    ...fields,
  });
  return (raw) => {
    const parsed = schema.safeParse(raw);
    if (!parsed.success) return parsed.error;
    const config = parsed.data as z.output<z.ZodObject<S>> & Sizes;
    const heads = config.num_attention_heads;
    const kvHeads = config.num_key_value_heads ?? heads;
    const headDim = config.head_dim ?? defaultHeadDim ?? config.hidden_size / heads;
    if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
      throw new ConfigIssue(`a head of size ${headDim} (hidden_size / num_attention_heads) must be an even number`);
    }
    if (heads % kvHeads !== 0) throw new ConfigIssue(`${heads} heads cannot share ${kvHeads} key-value heads`);
    return {
      architecture,
      hiddenSize: config.hidden_size,
      intermediateSize: config.intermediate_size,
      layers: config.num_hidden_layers,
      heads,
      kvHeads,
      headDim,
      vocabSize: config.vocab_size,
      maxPositions: config.max_position_embeddings,
      rmsNormEpsilon: config.rms_norm_eps,
      activation: 'silu',
      biases: [],
      embeddingScale: 1,
      attentionScale: 1 / Math.sqrt(headDim),
      attentionSoftcap: null,
      logitSoftcap: null,
      eosTokenIds: config.eos_token_id,
      padTokenId: config.pad_token_id ?? null,
      ...withStretchedPositions(config, traits(config, headDim)),
    };
  };
}

/** Yarn and dynamic scaling reach beyond a max_position_embeddings that still has the original length. */
function withStretchedPositions({ max_position_embeddings }: Sizes, traits: Traits): Traits {
  const reach = traits.ropes.map(({ scaling }) =>
    scaling.type === 'yarn' || scaling.type === 'dynamic'
      ? Math.floor(scaling.originalMaxPositions * scaling.factor)
      : max_position_embeddings,
  );
  return { ...traits, maxPositions: Math.max(max_position_embeddings, ...reach) };
}

/** One sentence on the first thing that a schema refuses: the field's name and value. */
export function describeIssue(error: z.ZodError, raw: unknown): string {
  const [issue] = error.issues;
  if (!issue) return 'it is malformed';
  if (issue.code === 'unrecognized_keys') {
    return `the field ${listed(issue.keys)} is not supported`;
  }
  const field = issue.path.join('.');
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  if (value === undefined && field !== '') return `the field "${field}" is missing`;
  return `${field === '' ? '' : `${field} = `}${asStated(value)} is not supported (${issue.message})`;
}
