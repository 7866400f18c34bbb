// The key-value cache between runs, on the host: rows of several caches put into one, so that waiting rows can take the
// place of finished ones. Inside a run the graph keeps it.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Tensor } from '../runtime/session.ts';
import { cacheNames } from './decoder.ts';

/** One row of a cache; `count` tokens of it are real, what follows is padding. */
export interface CachedRow {
  cache: Cache;
  row: number;
  count: number;
}

/** By `cacheNames(config, 'past')`, each [rows, kvHeads, tokens, headDim]. */
export type Cache = Readonly<Record<string, Tensor>>;

export type CacheType = 'float32' | 'float16';
type CacheData = Float32Array | Uint16Array;

const arrays: { [T in CacheType]: new (length: number) => CacheData } = { float32: Float32Array, float16: Uint16Array };

/** A cache without tokens. */
export function emptyCache(config: ModelConfig, rows: number, dtype: CacheType): Cache {
  return mapNames(config, () => ({
    dtype,
    shape: [rows, config.kvHeads, 0, config.headDim],
    data: new arrays[dtype](0),
  }));
}

/** A new cache of the given rows in their order, as long as the longest of them. */
export function gatherRows(config: ModelConfig, rows: readonly CachedRow[], dtype: CacheType): Cache {
  const { kvHeads, headDim } = config;
  const tokens = Math.max(0, ...rows.map(({ count }) => count));
  return mapNames(config, (name) => {
    const data = new arrays[dtype](rows.length * kvHeads * tokens * headDim);
    for (const [r, { cache, row, count }] of rows.entries()) {
      const source = cache[name];
      if (!source || count === 0) continue;
      const stored = source.shape[2] as number;
      for (let head = 0; head < kvHeads; head++) {
        const from = (row * kvHeads + head) * stored * headDim;
        const part = (source.data as CacheData).subarray(from, from + count * headDim);
        data.set(part, (r * kvHeads + head) * tokens * headDim);
      }
    }
    return { dtype, shape: [rows.length, kvHeads, tokens, headDim], data };
  });
}

/** The cache that a run gave out, under the names by which the next takes it in. */
export function outputCache(config: ModelConfig, outputs: Readonly<Record<string, Tensor>>): Cache {
  const present = cacheNames(config, 'present');
  const past = cacheNames(config, 'past');
  return Object.fromEntries(past.map((name, i) => [name, outputs[present[i] as string] as Tensor]));
}

function mapNames(config: ModelConfig, tensor: (name: string) => Tensor): Cache {
  return Object.fromEntries(cacheNames(config, 'past').map((name) => [name, tensor(name)]));
}
