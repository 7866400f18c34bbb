// The random Llama checkpoints that benches run on: their shapes, and the folders that are made of them once and kept.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readModelConfig } from '../engine/checkpoint/read-config.ts';
import { expectedWeights } from '../engine/models/index.ts';
import { writeRandomWeights } from './random-weights.ts';
import { buildTokenizer } from './tokenizer.ts';

export interface BenchModel {
  name: string;
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  intermediate: number;
  vocabulary: number;
  isTied: boolean;
  dtype: 'F32' | 'BF16';
  /** Qwen 2 differs from Llama by biases of q, k and v. */
  family?: 'llama' | 'qwen2';
}

export const benchModels = {
  /** The shape that the sampler was first proven on. */
  small: {
    name: 'small',
    hidden: 256,
    layers: 6,
    heads: 8,
    kvHeads: 4,
    intermediate: 688,
    vocabulary: 4096,
    isTied: false,
    dtype: 'F32',
  },
  /** 100 million parameters, a quarter of them in the embedding. */
  '100M': {
    name: '100M',
    hidden: 768,
    layers: 12,
    heads: 12,
    kvHeads: 4,
    intermediate: 2048,
    vocabulary: 32000,
    isTied: true,
    dtype: 'F32',
  },
  /** TinyLlama's shape: 1.1 billion parameters, 2.2 GB in bf16. */
  '1B': {
    name: '1B',
    hidden: 2048,
    layers: 22,
    heads: 32,
    kvHeads: 4,
    intermediate: 5632,
    vocabulary: 32000,
    isTied: false,
    dtype: 'BF16',
  },
} as const satisfies Record<string, BenchModel>;
export type BenchModelName = keyof typeof benchModels;

export const maxPositions = 1024;
const seed = 4242;

/** The folder of a model's checkpoint below `cache`, made now if it is not there. It has no end token: no row ends early. */
export async function checkpointFolder(cache: string, model: BenchModel): Promise<string> {
  const folder = join(cache, `${model.family ?? 'llama'}-${model.name}-${seed}`);
  if (existsSync(folder)) return folder;
  // Under another name until it is whole.
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, 'config.json'), `${JSON.stringify(configOf(model), null, 2)}\n`);
    await writeFile(join(draft, 'tokenizer.json'), JSON.stringify(buildTokenizer(model.vocabulary)));
    await writeFile(join(draft, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, null, 2)}\n`);
    await writeFile(join(draft, 'generation_config.json'), `${JSON.stringify(generationConfig, null, 2)}\n`);
    const shapes = expectedWeights(await readModelConfig(draft));
    await writeRandomWeights(join(draft, 'model.safetensors'), shapes, model.dtype, seed);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

export function parameterCount(model: BenchModel): number {
  const headDim = model.hidden / model.heads;
  const attention = 2 * model.hidden * (model.heads + model.kvHeads) * headDim;
  const biases = model.family === 'qwen2' ? (model.heads + 2 * model.kvHeads) * headDim : 0;
  const layer = attention + biases + 3 * model.hidden * model.intermediate + 2 * model.hidden;
  const embeddings = model.vocabulary * model.hidden * (model.isTied ? 1 : 2);
  return model.layers * layer + embeddings + model.hidden;
}

/** Bytes of keys and values of one token, in fp32. */
export function cacheBytesPerToken(model: BenchModel): number {
  return 2 * model.layers * model.kvHeads * (model.hidden / model.heads) * 4;
}

const families = {
  llama: { architectures: ['LlamaForCausalLM'], model_type: 'llama', attention_bias: false, mlp_bias: false },
  qwen2: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' },
};

function configOf(model: BenchModel) {
  return {
    ...families[model.family ?? 'llama'],
    vocab_size: model.vocabulary,
    hidden_size: model.hidden,
    intermediate_size: model.intermediate,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
    num_key_value_heads: model.kvHeads,
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    max_position_embeddings: maxPositions,
    tie_word_embeddings: model.isTied,
    use_cache: true,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: 0,
    dtype: model.dtype === 'BF16' ? 'bfloat16' : 'float32',
  };
}

const tokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  model_max_length: maxPositions,
  clean_up_tokenization_spaces: false,
  bos_token: null,
  eos_token: null,
};
const generationConfig = { bos_token_id: null, eos_token_id: null, pad_token_id: 0 };
