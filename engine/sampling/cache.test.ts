// The batch's cache against lists of tokens: rows enter, grow, leave and move, and each keeps what is its own. And what a
// long prompt leaves in it when it is read in pieces.
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import { samplingConfigSchema } from '../config.ts';
import { checkpointWeights } from '../models/weights.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { addedRows, type CachedRows, createBatchCache } from './cache.ts';
import { createFeeds } from './feeds.ts';
import { generationGraph } from './graph.ts';

const shape = { layers: 2, kvHeads: 3, headDim: 2 };
const { layers, kvHeads, headDim } = shape;

/** Rows of `width` tokens in which each number tells whose it is: a token's mark, its tensor, head and dimension. */
function marked(marks: readonly (readonly number[])[], width: number): CachedRows {
  const data = Array.from({ length: 2 * layers }, (_, tensor) => {
    const values = new Float32Array(marks.length * kvHeads * width * headDim).fill(-1);
    for (const [r, row] of marks.entries()) {
      for (const [t, mark] of row.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          for (let d = 0; d < headDim; d++) {
            values[((r * kvHeads + head) * width + t) * headDim + d] = numberOf(mark, tensor, head, d);
          }
        }
      }
    }
    return values;
  });
  return { data, width };
}

const numberOf = (mark: number, tensor: number, head: number, d: number) =>
  ((mark * 2 * layers + tensor) * kvHeads + head) * headDim + d;

function expectRows(feeds: Record<string, Tensor>, rows: readonly (readonly number[])[]): void {
  const tensors = Object.entries(feeds).filter(([name]) => /^past_(key|value)_/.test(name));
  expect(tensors).toHaveLength(2 * layers);
  for (const [tensor, [, { shape: dims, data }]] of tensors.entries()) {
    const tokens = dims[2] as number;
    expect(dims).toEqual([rows.length, kvHeads, tokens, headDim]);
    expect(tokens % 64).toBe(0);
    expect(data).toHaveLength(rows.length * kvHeads * tokens * headDim);
    for (const [r, row] of rows.entries()) {
      const wanted = marked([row], tokens).data[tensor] as Float32Array;
      for (let head = 0; head < kvHeads; head++) {
        const from = (r * kvHeads + head) * tokens * headDim;
        const size = row.length * headDim;
        const own = head * tokens * headDim;
        expect(data.slice(from, from + size)).toEqual(wanted.slice(own, own + size));
      }
    }
  }
}

test('rows keep their tokens, whatever enters, leaves and grows beside them', () => {
  const round = fc.record({
    entering: fc.array(fc.nat(150), { maxLength: 4 }),
    planned: fc.nat(300),
    steps: fc.integer({ min: 1, max: 40 }),
    leaving: fc.nat(),
    isCleared: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 8 }), (rounds) => {
      const cache = createBatchCache(shape as ModelConfig, 'float32');
      let rows: number[][] = [];
      let mark = 0;
      const fresh = (count: number) => Array.from({ length: count }, () => mark++ % 5000);
      for (const { entering, planned, steps, leaving, isCleared } of rounds) {
        const added = entering.map(fresh);
        const width = Math.max(0, ...entering) + 3;
        const source = marked(added, width);
        cache.reserve(rows.length + added.length, planned);
        cache.append(added.map((row, r) => ({ rows: source, row: r, count: row.length })));
        rows.push(...added);
        if (rows.length === 0) continue;
        expect(cache.counts).toEqual(rows.map((row) => row.length));
        expectRows(cache.feeds(steps), rows);
        const drawn = rows.map(() => fresh(steps));
        const kept = [...rows.keys()].filter((r) => ((leaving >> r) & 1) === 0);
        cache.absorb(marked(drawn, steps), steps, kept);
        rows = kept.map((r) => [...(rows[r] as number[]), ...(drawn[r] as number[])]);
        if (isCleared) {
          cache.clear();
          rows = [];
        }
      }
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('a prompt that is read in pieces leaves the cache that it leaves when read whole', async () => {
  const checkpoint = await openCheckpoint(fileURLToPath(new URL('../fixtures/qwen2_window', import.meta.url)));
  const { config, shapes, folder, tensors } = checkpoint;
  const weights = (g: Parameters<typeof checkpointWeights>[0]) => checkpointWeights(g, tensors);
  const graph = generationGraph({ config, shapes, weights, dtype: 'float32', loraModules: [], isPenalised: false });
  const session = await openSession(graph, { folder, device: 'cpu' });
  const feeds = createFeeds(checkpoint, () => ({}), 'float32');
  const settings = samplingConfigSchema.parse({});
  const promptIds = Array.from({ length: 101 }, (_, i) => (i * 37) % config.vocabSize);
  const request = { id: 'a', prompt: { tokenIds: promptIds }, n: 1, seed: 1 };
  const row = { prepared: { request, promptIds, adapter: null, limit: 8 }, index: 0, tokenIds: [], tokenLogps: [] };
  const cached = promptIds.slice(0, 100);

  const whole = addedRows(config, await session.run(feeds.prefill([row], [cached], null, settings)));
  const cache = createBatchCache(config, 'float32');
  for (const [from, to] of [
    [0, 33],
    [33, 66],
    [66, 99],
    [99, 100],
  ] as const) {
    const piece = cached.slice(from, to);
    const outputs = await session.run(feeds.prefill([row], [piece], from === 0 ? null : cache, settings));
    const rows = addedRows(config, outputs);
    if (from === 0) cache.append([{ rows, row: 0, count: to }]);
    else cache.absorb(rows, piece.length, [0]);
  }
  await session.close();

  expect(cache.counts).toEqual([100]);
  const pieces = cache.rows();
  for (const [i, values] of whole.data.entries()) {
    for (let head = 0; head < config.kvHeads; head++) {
      const size = 100 * config.headDim;
      const one = values.subarray(head * whole.width * config.headDim).subarray(0, size);
      const other = (pieces.data[i] as Float32Array).subarray(head * pieces.width * config.headDim).subarray(0, size);
      for (let j = 0; j < size; j++) expect(Math.abs((one[j] ?? 0) - (other[j] ?? 1))).toBeLessThan(1e-5);
    }
  }
});
