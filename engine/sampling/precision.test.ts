// Half precision and four bits against fp32 on the golden checkpoint: near it, and the same model for every row.
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { isQuantised } from '../checkpoint/memory.ts';
import { readTensor, type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors.ts';
import { type Precision, samplingConfigSchema } from '../config.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { checkpointWeights } from '../models/weights.ts';
import type { SampledResponse, Sampler } from '../ports.ts';
import { dequantizeRows, quantizeRows } from '../quantization/int4.ts';
import { openSession } from '../runtime/session.ts';
import type { CacheFormat } from './attention.ts';
import { generationGraph } from './graph.ts';
import { loadWeights, resolvePrecision } from './precision.ts';
import { openSampler } from './sampler.ts';

const fixture = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
const prompt = [{ role: 'user', content: 'where is my parcel' }];
const settings = samplingConfigSchema.parse({ temperature: 0, max_new_tokens: 24 });

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'rankloop-cache-'));
  process.env.RANKLOOP_CACHE_DIR = cache;
});
afterAll(async () => {
  delete process.env.RANKLOOP_CACHE_DIR;
  await rm(cache, { recursive: true, force: true });
});

async function greedy(sampler: Sampler, precision: Precision = 'auto'): Promise<SampledResponse> {
  for await (const chunk of sampler.sample([{ id: 'a', prompt, n: 1, seed: 1 }], { ...settings, precision })) {
    if (chunk.type === 'response') return chunk.response;
  }
  throw new Error('no response');
}

/** The fixture with its layers' matrices rounded to four bits and widened again. */
async function roundedCheckpoint(block: number): Promise<string> {
  const { folder, tensors, shapes } = await openCheckpoint(fixture);
  const rounded = new Map<string, TensorToWrite>();
  for (const [name, tensor] of tensors) {
    const data = await readTensor(folder, tensor);
    const inner = tensor.shape.at(-1) ?? 0;
    const isRounded = isQuantised(name, shapes.get(name) ?? []);
    const values = isRounded ? dequantizeRows(quantizeRows(data, inner, block), inner, block) : data;
    rounded.set(name, { shape: tensor.shape, data: values });
  }
  const copy = join(cache, `rounded-${block}`);
  await cp(fixture, copy, { recursive: true });
  await writeSafetensors(join(copy, 'model.safetensors'), rounded);
  return copy;
}

test('four bits: the rounded weights, from a cache that is made once', async () => {
  for (const [precision, block] of [
    ['int4', 32],
    ['int4-128', 128],
  ] as const) {
    const rounded = await openSampler({ model: await roundedCheckpoint(block), device: 'cpu' });
    const expected = await greedy(rounded);
    await rounded.close();
    const sampler = await openSampler({ model: fixture, device: 'cpu' });
    const response = await greedy(sampler, precision);
    await sampler.close();
    // What is left is the kernel's rounding of activations to eight bits.
    expect(response.tokenIds[0]).toBe(expected.tokenIds[0]);
    expect(Math.abs((response.tokenLogps[0] as number) - (expected.tokenLogps[0] as number))).toBeLessThan(0.1);
  }
  const [first] = await readdir(join(cache, 'int4'));
  const file = join(cache, 'int4', first ?? '', 'model.safetensors');
  const before = await stat(file);
  const again = await openSampler({ model: fixture, device: 'cpu' });
  await greedy(again, 'int4');
  await again.close();
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
  expect(await readdir(join(cache, 'int4'))).toHaveLength(2);
});

test('a precision that the device has not is refused by name', async () => {
  const sampler = await openSampler({ model: fixture, device: 'cpu' });
  await expect(greedy(sampler, 'bf16')).rejects.toThrow(
    'Precision bf16 is not for the CPU: use fp32, int4, int4-128 or auto.',
  );
  const { tensors } = await openCheckpoint(fixture);
  expect(resolvePrecision('auto', 'cpu', tensors)).toBe('fp32');
  expect(resolvePrecision('auto', 'cuda', tensors)).toBe('fp16');
});

test('the half-precision graph, on kernels that widen it: a first token near fp32’s, and an fp16 cache', async () => {
  const checkpoint = await openCheckpoint(fixture);
  const { createFeeds } = await import('./feeds.ts');
  const promptIds = checkpoint.tokenizer.encodePrompt(prompt);
  const row = {
    prepared: { request: { id: 'a', prompt, n: 1, seed: 1 }, promptIds, adapter: null, limit: 24 },
    index: 0,
    tokenIds: [],
    tokenLogps: [],
  };
  const logps: number[] = [];
  for (const dtype of ['float32', 'float16'] as const) {
    const cache: CacheFormat = { dtype, layout: 'heads' };
    const graph = generationGraph({
      config: checkpoint.config,
      shapes: checkpoint.shapes,
      weights: (g: GraphBuilder) => checkpointWeights(g, checkpoint.tensors),
      dtype,
      cache,
      loraModules: [],
      isPenalised: false,
    });
    const session = await openSession(graph, { folder: checkpoint.folder, device: 'cpu' });
    const feeds = createFeeds(checkpoint, () => ({}), cache);
    const outputs = await session.run(feeds.prefill([row], [promptIds], null, settings));
    await session.close();
    expect(outputs.chunk_key_0?.dtype).toBe(dtype);
    logps.push(outputs.logps?.data[0] as number);
  }
  expect(Math.abs((logps[0] as number) - (logps[1] as number))).toBeLessThan(5e-3);
});

test('weights for CUDA: four bits beside fp16', async () => {
  const checkpoint = await openCheckpoint(fixture);
  expect((await loadWeights(checkpoint, 'int4', 'cuda')).dtype).toBe('float16');
  expect((await loadWeights(checkpoint, 'bf16', 'cuda')).dtype).toBe('bfloat16');
});
