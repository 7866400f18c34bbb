// The two ways of attention over the sampler's cache against each other, in every family that differs in it: rows of
// different lengths read together, then a chunk of steps. Against transformers both are checked through what they draw
// (sampler.test.ts: by the kernel) and what they leave (cache.test.ts).
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { samplingConfigSchema } from '../config.ts';
import { checkpointWeights } from '../models/weights.ts';
import { openSession } from '../runtime/session.ts';
import type { CacheLayout } from './attention.ts';
import { addedRows, createBatchCache } from './cache.ts';
import { createFeeds } from './feeds.ts';
import { generationGraph } from './graph.ts';

const settings = samplingConfigSchema.parse({ temperature: 1 });
const steps = 6;

async function generate(fixture: string, layout: CacheLayout) {
  const checkpoint = await openCheckpoint(fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url)));
  const { config, shapes, folder, tensors } = checkpoint;
  const cacheFormat = { dtype: 'float32', layout } as const;
  const graph = generationGraph({
    config,
    shapes,
    weights: (g) => checkpointWeights(g, tensors),
    dtype: 'float32',
    cache: cacheFormat,
    loraModules: [],
    isPenalised: false,
  });
  const session = await openSession(graph, { folder, device: 'cpu' });
  const feeds = createFeeds(checkpoint, () => ({}), cacheFormat);
  const rows = [41, 7, 90].map((length, index) => {
    const promptIds = Array.from({ length }, (_, i) => (i * 37 + index) % config.vocabSize);
    const request = { id: 'a', prompt: { tokenIds: promptIds }, n: 1, seed: 3 };
    return { prepared: { request, promptIds, adapter: null, limit: steps }, index, tokenIds: [], tokenLogps: [] };
  });
  const read = rows.map(({ prepared }) => prepared.promptIds.slice(0, -1));
  const prefilled = addedRows(config, cacheFormat, await session.run(feeds.prefill(rows, read, null, settings)));
  const cache = createBatchCache(config, cacheFormat);
  cache.append(read.map(({ length }, row) => ({ rows: prefilled, row, count: length })));
  const outputs = await session.run(feeds.decode(rows, cache, steps, settings));
  await session.close();
  return {
    tokens: Array.from(outputs.tokens?.data as BigInt64Array),
    logps: Array.from(outputs.logps?.data ?? [], Number),
  };
}

// Shared heads, all heads their own, windows, capped scores, norms of heads, layers without positions, partial rotation.
const fixtures = [
  'llama',
  'llama_bias',
  'mistral_mqa',
  'qwen2_window',
  'qwen3',
  'gemma2',
  'gemma3',
  'smollm3_window',
  'phi3',
];
test.each(fixtures)('%s: by the kernel as by products', async (fixture) => {
  const [kernel, products] = [await generate(fixture, 'tokens'), await generate(fixture, 'heads')];
  expect(kernel.tokens).toHaveLength(3 * steps);
  expect(kernel.tokens).toEqual(products.tokens);
  for (const [i, logp] of kernel.logps.entries())
    expect(Math.abs(logp - (products.logps[i] as number))).toBeLessThan(1e-4);
});
