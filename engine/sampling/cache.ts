// The key-value cache of a batch between runs, on the host and in place: what a run has added is written behind what a
// row had, rows that are done make way, and new ones come in behind. Inside a run it stands still (decoder.ts).
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Tensor } from '../runtime/session.ts';
import { type CacheFormat, cacheGroups, cacheShape, tokenAxes } from './attention.ts';
import { cacheNames } from './decoder.ts';

type CacheData = Float32Array | Uint16Array;

/** Keys and values of rows of `width` tokens, in `cacheNames`' order. */
export interface CachedRows {
  data: readonly CacheData[];
  width: number;
}

/** A row that enters: where it was read, the first `count` of its tokens. */
export interface PrefilledRow {
  rows: CachedRows;
  row: number;
  count: number;
}

export interface BatchCache {
  /** Real tokens of each row. */
  readonly counts: readonly number[];
  /** Makes room for so many rows of so many tokens, those here included: what is to come is best said at once. */
  reserve(rows: number, tokens: number): void;
  /** Lets rows in behind the others. */
  append(rows: readonly PrefilledRow[]): void;
  /** Takes in the first `steps` tokens that a run has added to the rows of these places; the others leave. */
  absorb(added: CachedRows, steps: number, kept: readonly number[]): void;
  /** The graph's inputs for a run of `steps`. */
  feeds(steps: number): Record<string, Tensor>;
  /** The rows as they lie here. */
  rows(): CachedRows;
  /** No rows; their memory stays for others. */
  clear(): void;
}

/** What a run has added to the cache, by its outputs. */
export function addedRows(
  config: ModelConfig,
  { layout }: CacheFormat,
  outputs: Readonly<Record<string, Tensor>>,
): CachedRows {
  const tensors = cacheNames(config, 'chunk').map((name) => outputs[name] as Tensor);
  return { data: tensors.map(({ data }) => data as CacheData), width: tensors[0]?.shape[tokenAxes[layout]] as number };
}

/**
 * A row's tokens are a multiple of this, and more than the next run adds: the runtime's softmax adds up numbers in
 * blocks, and with whole blocks what it makes of a row's own tokens depends on nothing that follows them.
 */
const block = 64;
const arrays: { [T in CacheFormat['dtype']]: new (length: number) => CacheData } = {
  float32: Float32Array,
  float16: Uint16Array,
};
/** Room for more than was asked for when the batch has outgrown its first size, so that it does not so again soon. */
const headroom = 1.25;

export function createBatchCache(config: ModelConfig, { dtype, layout }: CacheFormat): BatchCache {
  const { groups, size: tokenSize } = cacheGroups(config, layout);
  const past = cacheNames(config, 'past');
  const data: CacheData[] = [];
  let counts: number[] = [];
  /** Tokens of a row, padding included. */
  let stride = 0;

  const placeOf = (row: number, group: number, width: number) => (row * groups + group) * width * tokenSize;

  function reserve(rows: number, tokens: number): void {
    const needed = placeOf(rows, 0, tokens);
    const [first] = data;
    if (first && first.length >= needed) return;
    const size = first ? Math.ceil(needed * headroom) : needed;
    for (const i of past.keys()) {
      const grown = new arrays[dtype](size);
      const old = data[i];
      if (old) grown.set(old.subarray(0, placeOf(counts.length, 0, stride)));
      data[i] = grown; // one by one, so that two whole caches never lie side by side
    }
  }

  /** Moves the rows apart, last ones first, until each has `width` tokens. */
  function widen(width: number): void {
    reserve(counts.length, width);
    for (const values of data) {
      for (let row = counts.length - 1; row >= 0; row--) {
        const size = (counts[row] as number) * tokenSize;
        for (let group = groups - 1; group >= 0; group--) {
          const from = placeOf(row, group, stride);
          values.copyWithin(placeOf(row, group, width), from, from + size);
        }
      }
    }
    stride = width;
  }

  return {
    get counts() {
      return counts;
    },

    reserve: (rows, tokens) => reserve(rows, wholeBlocks(tokens)),

    append(entering) {
      const longest = Math.max(0, ...counts, ...entering.map(({ count }) => count));
      reserve(counts.length + entering.length, Math.max(stride, wholeBlocks(longest)));
      if (longest > stride) widen(wholeBlocks(longest));
      for (const [i, values] of data.entries()) {
        for (const [r, { rows, row, count }] of entering.entries()) {
          for (let group = 0; group < groups && count > 0; group++) {
            const from = placeOf(row, group, rows.width);
            const part = (rows.data[i] as CacheData).subarray(from, from + count * tokenSize);
            values.set(part, placeOf(counts.length + r, group, stride));
          }
        }
      }
      counts.push(...entering.map(({ count }) => count));
    },

    absorb(added, steps, kept) {
      for (const [i, values] of data.entries()) {
        for (const [to, row] of kept.entries()) {
          const count = counts[row] as number;
          for (let group = 0; group < groups; group++) {
            const target = placeOf(to, group, stride);
            const from = placeOf(row, group, stride);
            if (to !== row) values.copyWithin(target, from, from + count * tokenSize);
            const fresh = placeOf(row, group, added.width);
            const part = (added.data[i] as CacheData).subarray(fresh, fresh + steps * tokenSize);
            values.set(part, target + count * tokenSize);
          }
        }
      }
      counts = kept.map((row) => (counts[row] as number) + steps);
    },

    feeds(steps) {
      const needed = wholeBlocks(Math.max(...counts) + steps + 1);
      if (needed > stride) widen(needed);
      const shape = cacheShape(config, layout, counts.length, stride);
      const size = placeOf(counts.length, 0, stride);
      return {
        ...pastPlace(stride),
        ...Object.fromEntries(
          past.map((name, i) => [name, { dtype, shape, data: (data[i] as CacheData).subarray(0, size) }]),
        ),
      };
    },

    rows: () => ({ data, width: stride }),

    clear() {
      counts = [];
      stride = 0;
    },
  };
}

/** The graph's inputs where nothing is cached yet and `length` tokens a row are read: padding, up to a whole block. */
export function emptyPast(
  config: ModelConfig,
  { dtype, layout }: CacheFormat,
  rows: number,
  length: number,
): Record<string, Tensor> {
  const tokens = block - (length % block);
  const shape = cacheShape(config, layout, rows, tokens);
  const data = new arrays[dtype](shape.reduce((product, dim) => product * dim, 1));
  return {
    ...pastPlace(tokens),
    ...Object.fromEntries(cacheNames(config, 'past').map((name) => [name, { dtype, shape, data }])),
  };
}

function pastPlace(tokens: number): Record<string, Tensor> {
  return {
    past_index: { dtype: 'int64', shape: [tokens], data: BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i)) },
    past_start: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(-tokens)) },
  };
}

const wholeBlocks = (tokens: number) => Math.ceil(tokens / block) * block;
