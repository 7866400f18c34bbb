// Several adapters in one session: their matrices are stacked along the rank, and each row's mask lets through its own
// part. A row without an adapter has an empty mask, so the bare model is one of the policies that a batch can mix.

import { type Adapter, type AdapterBase, readAdapter, withScaleInB } from '../checkpoint/peft.ts';
import { loraName, loraShape } from '../models/lora.ts';
import type { WeightShapes } from '../models/weights.ts';
import type { Tensor } from '../runtime/session.ts';

/** An adapter's folder; null is the bare model. */
export type AdapterKey = string | null;

/** Rounds come and go; the latest are the likely ones. */
const keptAdapters = 8;

/** The adapters read so far, by folder. */
export interface AdapterShelf {
  /** The adapters of some rows, read where they are not here yet. */
  take(keys: Iterable<AdapterKey>): Promise<ReadonlyMap<string, Adapter>>;
  /** The modules that any adapter of the shelf changes. */
  modules(): string[];
}

/** `live` adapters are in memory, by name, and change between calls: each call takes them as they are. */
export function createAdapterShelf(base: AdapterBase, live: ReadonlyMap<string, Adapter> = new Map()): AdapterShelf {
  const adapters = new Map<string, Adapter>();
  return {
    async take(keys) {
      const taken = new Map<string, Adapter>();
      for (const key of new Set(keys)) {
        if (key === null) continue;
        const changing = live.get(key);
        if (changing) {
          taken.set(key, withScaleInB(changing));
          continue;
        }
        const adapter = adapters.get(key) ?? withScaleInB(await readAdapter(key, base));
        // Last in the map's order: the first is the one not asked for the longest.
        adapters.delete(key);
        adapters.set(key, adapter);
        taken.set(key, adapter);
      }
      for (const key of [...adapters.keys()].slice(0, -keptAdapters)) if (!taken.has(key)) adapters.delete(key);
      return taken;
    },
    modules: () => modulesOf([...adapters.values(), ...live.values()]),
  };
}

/** The modules that some adapters change, sorted. */
export function modulesOf(adapters: Iterable<Adapter>): string[] {
  return [...new Set([...adapters].flatMap(({ modules }) => [...modules.keys()]))].sort();
}

/** The stacked matrices of the rows' adapters, and the rows' mask fp32 [rows, 1, rank]. */
export type AdapterFeeds = (rows: readonly AdapterKey[]) => Record<string, Tensor>;

/** Feeds for a session whose graph has adapters on `modules`. */
export function stackedAdapters(
  adapters: ReadonlyMap<string, Adapter>,
  modules: readonly string[],
  shapes: WeightShapes,
): AdapterFeeds {
  let stacked: { key: string; matrices: Record<string, Tensor> } | null = null;
  return (rows) => {
    if (modules.length === 0) return {};
    const used = [...new Set(rows.filter((key) => key !== null))].sort();
    const parts = used.map((key) => adapters.get(key) as Adapter);
    const key = JSON.stringify(used);
    if (stacked?.key !== key) stacked = { key, matrices: stack(parts, modules, shapes) };
    return { ...stacked.matrices, adapter_mask: maskOf(rows, used, parts) };
  };
}

/** A [sum of ranks, in] and B [out, sum of ranks] of every module; zeros where an adapter leaves a module alone. */
function stack(adapters: readonly Adapter[], modules: readonly string[], shapes: WeightShapes): Record<string, Tensor> {
  const rank = adapters.reduce((sum, adapter) => sum + adapter.shape.r, 0);
  const feeds: Record<string, Tensor> = {};
  for (const module of modules) {
    const [out, inner] = loraShape(shapes, module) ?? [0, 0];
    const a = new Float32Array(rank * inner);
    const b = new Float32Array(out * rank);
    let start = 0;
    for (const adapter of adapters) {
      const own = adapter.modules.get(module);
      const { r } = adapter.shape;
      if (own) {
        a.set(own.a.data, start * inner);
        for (let row = 0; row < out; row++) b.set(own.b.data.subarray(row * r, (row + 1) * r), row * rank + start);
      }
      start += r;
    }
    feeds[loraName(module, 'A')] = { dtype: 'float32', shape: [rank, inner], data: a };
    feeds[loraName(module, 'B')] = { dtype: 'float32', shape: [out, rank], data: b };
  }
  return feeds;
}

function maskOf(rows: readonly AdapterKey[], used: readonly string[], adapters: readonly Adapter[]): Tensor {
  const ends: number[] = [];
  for (const { shape } of adapters) ends.push((ends.at(-1) ?? 0) + shape.r);
  const rank = ends.at(-1) ?? 0;
  const data = new Float32Array(rows.length * rank);
  for (const [r, key] of rows.entries()) {
    const i = key === null ? -1 : used.indexOf(key);
    if (i >= 0) data.fill(1, r * rank + (ends[i - 1] ?? 0), r * rank + (ends[i] as number));
  }
  return { dtype: 'float32', shape: [rows.length, 1, rank], data };
}
