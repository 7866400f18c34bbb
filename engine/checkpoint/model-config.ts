// Reads config.json of the Llama family, as transformers 4 and 5 write it, into the few numbers that a graph needs.
// A field that changes the computation and that we do not know is refused by name, never ignored.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError, reasonOf } from '../errors.ts';
import { exists, parseJson } from './safetensors.ts';

export type RopeScaling =
  | { type: 'default' }
  | { type: 'linear'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositions: number;
    };

/** One set of rotary tables. */
export interface Rope {
  theta: number;
  /** How many of a head's dimensions turn: all of them, or the first few (partial rotary). */
  dim: number;
  scaling: RopeScaling;
}

/** How one layer attends. */
export interface LayerAttention {
  /** How many tokens a token sees, itself included; null = all before it. */
  window: number | null;
  /** Index into `ropes`; null = no position embedding at all. */
  rope: number | null;
}

export interface ModelConfig {
  architecture: 'LlamaForCausalLM';
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  /** One per layer. */
  attention: LayerAttention[];
  /** Distinct rotary tables that layers refer to. */
  ropes: Rope[];
  /** What scores are multiplied with before the softmax: 1 / sqrt(headDim), or what the config states. */
  attentionScale: number;
  /** cap x tanh(score / cap) where the model has it. */
  attentionSoftcap: number | null;
  logitSoftcap: number | null;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocabSize: number;
  maxPositions: number;
  rmsNormEpsilon: number;
  hasTiedHead: boolean;
  eosTokenIds: number[];
  padTokenId: number;
}

const count = z.number().int().min(1).max(10_000_000);
const tokenId = z.number().int().min(0);
const tokenIds = z.union([tokenId.transform((id) => [id]), z.array(tokenId), z.null().transform(() => [])]);

const ropeSchema = z.discriminatedUnion('rope_type', [
  z.strictObject({ rope_type: z.literal('default'), rope_theta: z.number().gt(0).optional() }),
  z.strictObject({ rope_type: z.literal('linear'), factor: z.number().gt(0), rope_theta: z.number().gt(0).optional() }),
  z.strictObject({
    rope_type: z.literal('llama3'),
    factor: z.number().gt(0),
    low_freq_factor: z.number().gt(0),
    high_freq_factor: z.number().gt(0),
    original_max_position_embeddings: count,
    rope_theta: z.number().gt(0).optional(),
  }),
]);

const llamaSchema = z.strictObject({
  architectures: z.tuple([z.literal('LlamaForCausalLM')]),
  model_type: z.literal('llama').optional(),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: z.number().gt(0),
  rope_theta: z.number().gt(0).optional(),
  rope_scaling: z.unknown().optional(),
  rope_parameters: z.unknown().optional(),
  tie_word_embeddings: z.boolean().default(false),
  eos_token_id: tokenIds.default([]),
  pad_token_id: tokenId.nullish(),
  // Supported with one value only, since another would change the computation.
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  pretraining_tp: z.literal(1).default(1),
  rope_interleaved: z.literal(false).optional(),
  // Known and of no effect on what is computed here.
  bos_token_id: z.unknown().optional(),
  attention_dropout: z.unknown().optional(),
  initializer_range: z.unknown().optional(),
  dtype: z.unknown().optional(),
  torch_dtype: z.unknown().optional(),
  transformers_version: z.unknown().optional(),
  use_cache: z.unknown().optional(),
  _name_or_path: z.unknown().optional(),
  'transformers.js_config': z.unknown().optional(),
});

/** Reads a model folder's config.json (and generation_config.json for the end-of-sequence ids). */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const path = join(folder, 'config.json');
  const raw = parseJson(await readText(path), path);
  const architectures = z.object({ architectures: z.array(z.string()).min(1) }).safeParse(raw);
  if (!architectures.success) throw unsupported(path, 'it names no architecture');
  const [architecture] = architectures.data.architectures;
  if (architecture !== 'LlamaForCausalLM') {
    throw unsupported(path, `architecture ${architecture} is not supported (LlamaForCausalLM is)`);
  }
  const parsed = llamaSchema.safeParse(raw);
  if (!parsed.success) throw unsupported(path, describeIssue(parsed.error, raw));
  const config = parsed.data;
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const headDim = config.head_dim ?? config.hidden_size / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw unsupported(path, `a head of size ${headDim} (hidden_size / num_attention_heads) must be an even number`);
  }
  if (heads % kvHeads !== 0) throw unsupported(path, `${heads} heads cannot share ${kvHeads} key-value heads`);
  const generationEos = await readGenerationEos(folder);
  const layers = config.num_hidden_layers;
  return {
    architecture,
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers,
    attention: Array.from({ length: layers }, () => ({ window: null, rope: 0 })),
    ropes: [readRope(config, headDim, path)],
    attentionScale: 1 / Math.sqrt(headDim),
    attentionSoftcap: null,
    logitSoftcap: null,
    heads,
    kvHeads,
    headDim,
    vocabSize: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    rmsNormEpsilon: config.rms_norm_eps,
    hasTiedHead: config.tie_word_embeddings,
    eosTokenIds: generationEos.length > 0 ? generationEos : config.eos_token_id,
    padTokenId: config.pad_token_id ?? 0,
  };
}

/** transformers 5 has rope_parameters {rope_theta, rope_type, ...}; 4 has rope_theta beside rope_scaling {type, ...}. */
function readRope(config: z.infer<typeof llamaSchema>, headDim: number, path: string): Rope {
  const stated = config.rope_parameters ?? config.rope_scaling ?? { rope_type: 'default' };
  const { type, ...rest } = z.record(z.string(), z.unknown()).parse(stated);
  const parsed = ropeSchema.safeParse(type === undefined ? rest : { rope_type: type, ...rest });
  if (!parsed.success) throw unsupported(path, `its rope settings: ${describeIssue(parsed.error, stated)}`);
  const rope = parsed.data;
  const theta = rope.rope_theta ?? config.rope_theta ?? 10000;
  const scaling: RopeScaling =
    rope.rope_type === 'llama3'
      ? {
          type: 'llama3',
          factor: rope.factor,
          lowFreqFactor: rope.low_freq_factor,
          highFreqFactor: rope.high_freq_factor,
          originalMaxPositions: rope.original_max_position_embeddings,
        }
      : rope.rope_type === 'linear'
        ? { type: 'linear', factor: rope.factor }
        : { type: 'default' };
  return { theta, dim: headDim, scaling };
}

async function readGenerationEos(folder: string): Promise<number[]> {
  const path = join(folder, 'generation_config.json');
  if (!(await exists(path))) return [];
  const parsed = z.looseObject({ eos_token_id: tokenIds.default([]) }).safeParse(parseJson(await readText(path), path));
  if (!parsed.success)
    throw new EngineError('CHECKPOINT_INVALID', `${path}: eos_token_id must be an id or a list of ids.`);
  return parsed.data.eos_token_id;
}

function describeIssue(error: z.ZodError, raw: unknown): string {
  const [issue] = error.issues;
  if (!issue) return 'it is malformed';
  if (issue.code === 'unrecognized_keys')
    return `the field ${issue.keys.map((key) => `"${key}"`).join(', ')} is not supported`;
  const field = issue.path.join('.');
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  return `${field} = ${JSON.stringify(value)} is not supported (${issue.message})`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EngineError('CHECKPOINT_INVALID', `Cannot read ${path}: ${reasonOf(error)}.`, { cause: error });
  }
}

const unsupported = (path: string, what: string) => new EngineError('CHECKPOINT_UNSUPPORTED', `${path}: ${what}.`);
