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
import { type CacheFormat, type CacheLayout, cacheGroups } from './attention.ts';
import { addedRows, type CachedRows, createBatchCache } from './cache.ts';
import { createFeeds } from './feeds.ts';
import { generationGraph } from './graph.ts';

const model = { layers: 2, kvHeads: 3, headDim: 2 } as ModelConfig;
const { layers, kvHeads, headDim } = model;
const layouts: readonly CacheLayout[] = ['tokens', 'heads'];

/** Rows of `width` tokens in which each number tells whose it is: a token's mark, its tensor, head and dimension. */
function marked(layout: CacheLayout, marks: readonly (readonly number[])[], width: number): CachedRows {
  const data = Array.from({ length: 2 * layers }, (_, tensor) => {
    const values = new Float32Array(marks.length * kvHeads * width * headDim).fill(-1);
    for (const [r, row] of marks.entries()) {
      for (const [t, mark] of row.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          for (let d = 0; d < headDim; d++) {
            const token = layout === 'tokens' ? (r * width + t) * kvHeads + head : (r * kvHeads + head) * width + t;
            values[token * headDim + d] = numberOf(mark, tensor, head, d);
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

function expectRows(layout: CacheLayout, feeds: Record<string, Tensor>, rows: readonly (readonly number[])[]): void {
  const { groups, size } = cacheGroups(model, layout);
  const tensors = Object.entries(feeds).filter(([name]) => /^past_(key|value)_/.test(name));
  expect(tensors).toHaveLength(2 * layers);
  for (const [tensor, [, { shape: dims, data }]] of tensors.entries()) {
    const tokens = dims.at(-2) as number;
    expect(dims).toEqual(
      layout === 'tokens' ? [rows.length, tokens, kvHeads * headDim] : [rows.length, kvHeads, tokens, headDim],
    );
    expect(tokens % 64).toBe(0);
    expect(data).toHaveLength(rows.length * kvHeads * tokens * headDim);
    for (const [r, row] of rows.entries()) {
      const wanted = marked(layout, [row], tokens).data[tensor] as Float32Array;
      for (let group = 0; group < groups; group++) {
        const from = (r * groups + group) * tokens * size;
        const own = group * tokens * size;
        const length = row.length * size;
        expect(data.slice(from, from + length)).toEqual(wanted.slice(own, own + length));
      }
    }
  }
}

test.each(layouts)('rows by %s keep their tokens, whatever enters, leaves and grows beside them', (layout) => {
  const round = fc.record({
    entering: fc.array(fc.nat(150), { maxLength: 4 }),
    planned: fc.nat(300),
    steps: fc.integer({ min: 1, max: 40 }),
    leaving: fc.nat(),
    isCleared: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 8 }), (rounds) => {
      const cache = createBatchCache(model, { dtype: 'float32', layout });
      let rows: number[][] = [];
      let mark = 0;
      const fresh = (count: number) => Array.from({ length: count }, () => mark++ % 5000);
      for (const { entering, planned, steps, leaving, isCleared } of rounds) {
        const added = entering.map(fresh);
        const width = Math.max(0, ...entering) + 3;
        const source = marked(layout, added, width);
        cache.reserve(rows.length + added.length, planned);
        cache.append(added.map((row, r) => ({ rows: source, row: r, count: row.length })));
        rows.push(...added);
        if (rows.length === 0) continue;
        expect(cache.counts).toEqual(rows.map((row) => row.length));
        expectRows(layout, cache.feeds(steps), rows);
        const drawn = rows.map(() => fresh(steps));
        const kept = [...rows.keys()].filter((r) => ((leaving >> r) & 1) === 0);
        cache.absorb(marked(layout, drawn, steps), steps, kept);
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

test.each(layouts)(
  'a prompt read in pieces leaves the cache, by %s, that it leaves when read whole',
  async (layout) => {
    const format: CacheFormat = { dtype: 'float32', layout };
    const checkpoint = await openCheckpoint(fileURLToPath(new URL('../fixtures/qwen2_window', import.meta.url)));
    const { config, shapes, folder, tensors } = checkpoint;
    const weights = (g: Parameters<typeof checkpointWeights>[0]) => checkpointWeights(g, tensors);
    const plain = { dtype: 'float32', cache: format, loraModules: [], isPenalised: false } as const;
    const graph = generationGraph({ config, shapes, weights, ...plain });
    const session = await openSession(graph, { folder, device: 'cpu' });
    const feeds = createFeeds(checkpoint, () => ({}), format);
    const settings = samplingConfigSchema.parse({});
    const promptIds = Array.from({ length: 101 }, (_, i) => (i * 37) % config.vocabSize);
    const request = { id: 'a', prompt: { tokenIds: promptIds }, n: 1, seed: 1 };
    const row = { prepared: { request, promptIds, adapter: null, limit: 8 }, index: 0, tokenIds: [], tokenLogps: [] };
    const cached = promptIds.slice(0, 100);

    const whole = addedRows(config, format, await session.run(feeds.prefill([row], [cached], null, settings)));
    const cache = createBatchCache(config, format);
    for (const [from, to] of [
      [0, 33],
      [33, 66],
      [66, 99],
      [99, 100],
    ] as const) {
      const piece = cached.slice(from, to);
      const outputs = await session.run(feeds.prefill([row], [piece], from === 0 ? null : cache, settings));
      const rows = addedRows(config, format, outputs);
      if (from === 0) cache.append([{ rows, row: 0, count: to }]);
      else cache.absorb(rows, piece.length, [0]);
    }
    await session.close();

    expect(cache.counts).toEqual([100]);
    const pieces = cache.rows();
    const { groups, size } = cacheGroups(config, layout);
    for (const [i, values] of whole.data.entries()) {
      for (let group = 0; group < groups; group++) {
        const length = 100 * size;
        const one = values.subarray(group * whole.width * size).subarray(0, length);
        const other = (pieces.data[i] as Float32Array).subarray(group * pieces.width * size).subarray(0, length);
        for (let j = 0; j < length; j++) expect(Math.abs((one[j] ?? 0) - (other[j] ?? 1))).toBeLessThan(1e-5);
      }
    }
  },
);
