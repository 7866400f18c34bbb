// Writes a Llama checkpoint as GGUF (version 3) in fp32, tensor by tensor: for llama.cpp to run the same weights.
// Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Checkpoint } from '../engine/checkpoint/checkpoint.ts';
import { readTensor } from '../engine/checkpoint/safetensors.ts';

const alignment = 32;
const valueTypes = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const tensorTypeF32 = 0;

type Metadata =
  | { u32: number }
  | { f32: number }
  | { bool: boolean }
  | { string: string }
  | { strings: readonly string[] }
  | { i32s: readonly number[] };

const bpeSchema = z.object({
  model: z.object({ vocab: z.record(z.string(), z.number()), merges: z.array(z.tuple([z.string(), z.string()])) }),
});

export async function writeGguf(path: string, checkpoint: Checkpoint): Promise<void> {
  const metadata = await describe(checkpoint);
  const tensors = [...checkpoint.shapes].map(([name, shape]) => ({ name, shape, ggufName: ggufName(name) }));
  const header = new Writer();
  header.bytes(Buffer.from('GGUF'));
  header.u32(3);
  header.u64(tensors.length);
  header.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) header.entry(key, value);
  let offset = 0;
  for (const { ggufName, shape } of tensors) {
    header.string(ggufName);
    header.u32(shape.length);
    for (const dim of shape.toReversed()) header.u64(dim);
    header.u32(tensorTypeF32);
    header.u64(offset);
    offset += aligned(4 * shape.reduce((product, dim) => product * dim, 1));
  }
  const handle = await open(`${path}.tmp`, 'w');
  try {
    await writePadded(handle, header.finish());
    for (const { name, shape } of tensors) {
      const stored = checkpoint.tensors.get(name);
      if (!stored) throw new Error(`The checkpoint has no tensor ${name}.`);
      const values = interleaved(name, shape, await readTensor(checkpoint.folder, stored), checkpoint);
      await writePadded(handle, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  } finally {
    await handle.close();
  }
  await rename(`${path}.tmp`, path);
}

async function describe({ folder, config }: Checkpoint): Promise<Record<string, Metadata>> {
  const { model } = bpeSchema.parse(JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
  const tokens = Object.entries(model.vocab)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);
  return {
    'general.architecture': { string: 'llama' },
    'general.name': { string: 'bench' },
    'llama.context_length': { u32: config.maxPositions },
    'llama.embedding_length': { u32: config.hiddenSize },
    'llama.block_count': { u32: config.layers },
    'llama.feed_forward_length': { u32: config.intermediateSize },
    'llama.attention.head_count': { u32: config.heads },
    'llama.attention.head_count_kv': { u32: config.kvHeads },
    'llama.attention.layer_norm_rms_epsilon': { f32: config.rmsNormEpsilon },
    'llama.rope.dimension_count': { u32: config.headDim },
    'llama.rope.freq_base': { f32: config.ropes[0]?.theta ?? 10000 },
    'llama.vocab_size': { u32: config.vocabSize },
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'gpt-2' },
    'tokenizer.ggml.tokens': { strings: tokens },
    'tokenizer.ggml.token_type': { i32s: tokens.map(() => 1) },
    'tokenizer.ggml.merges': { strings: model.merges.map((pair) => pair.join(' ')) },
    'tokenizer.ggml.add_bos_token': { bool: false },
  };
}

const moduleNames: Record<string, string> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
const otherNames: Record<string, string> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

function ggufName(name: string): string {
  const [, layer, module = ''] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
  const known = layer === undefined ? otherNames[name] : moduleNames[module];
  if (!known) throw new Error(`GGUF has no name for the tensor ${name}.`);
  return layer === undefined ? known : `blk.${layer}.${known}.weight`;
}

/** llama.cpp turns neighbouring pairs of a head's dimensions, Hugging Face its two halves: q's and k's rows change places. */
function interleaved(
  name: string,
  [rows = 0, width = 1]: readonly number[],
  values: Float32Array,
  { config: { headDim } }: Checkpoint,
): Float32Array {
  if (!/\.[qk]_proj\./.test(name)) return values;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / headDim);
    const place = row % headDim;
    const source = head * headDim + (place % 2) * (headDim / 2) + Math.floor(place / 2);
    result.set(values.subarray(source * width, (source + 1) * width), row * width);
  }
  return result;
}

const aligned = (length: number) => Math.ceil(length / alignment) * alignment;

async function writePadded(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  await handle.writeFile(bytes);
  await handle.writeFile(Buffer.alloc(aligned(bytes.length) - bytes.length));
}

class Writer {
  private readonly chunks: Buffer[] = [];

  bytes(value: Buffer): void {
    this.chunks.push(value);
  }
  u32(value: number): void {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    this.bytes(buffer);
  }
  u64(value: number): void {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    this.bytes(buffer);
  }
  string(value: string): void {
    const bytes = Buffer.from(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }
  entry(key: string, value: Metadata): void {
    this.string(key);
    if ('u32' in value) {
      this.u32(valueTypes.u32);
      this.u32(value.u32);
    } else if ('f32' in value) {
      this.u32(valueTypes.f32);
      this.bytes(Buffer.from(Float32Array.of(value.f32).buffer));
    } else if ('bool' in value) {
      this.u32(valueTypes.bool);
      this.bytes(Buffer.of(value.bool ? 1 : 0));
    } else if ('string' in value) {
      this.u32(valueTypes.string);
      this.string(value.string);
    } else if ('strings' in value) {
      this.array(valueTypes.string, value.strings.length);
      for (const item of value.strings) this.string(item);
    } else {
      this.array(valueTypes.i32, value.i32s.length);
      this.bytes(Buffer.from(Int32Array.from(value.i32s).buffer));
    }
  }
  finish(): Buffer {
    return Buffer.concat(this.chunks);
  }
  private array(type: number, length: number): void {
    this.u32(valueTypes.array);
    this.u32(type);
    this.u64(length);
  }
}
