// One forward of a model over a key-value cache, as the sampler's graph runs it: for prompts, and token by token. The
// cache is in two parts: `past` stands still for a whole run, `chunk` is what the run itself has added. Only the latter
// grows from step to step, since a loop copies whatever it carries.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import { families } from '../models/index.ts';
import type { Attend, DecoderContext } from '../models/layers.ts';
import { type Rotation, ropeTables, rotate } from '../models/rope.ts';
import type { Tensor } from '../runtime/session.ts';
import { type CacheLayout, cacheAttention, tokenAxes } from './attention.ts';

/** The names of the cache's tensors, keys and values of each layer in turn; their shape is attention.ts's. */
export function cacheNames(config: ModelConfig, part: 'past' | 'chunk'): string[] {
  return Array.from({ length: config.layers }, (_, i) => [`${part}_key_${i}`, `${part}_value_${i}`]).flat();
}

/** The rotary tables as inputs [positions, dim / 2] of a graph: fed as long as a batch needs them. */
export function ropeInputs(g: GraphBuilder, { ropes }: ModelConfig): Rotation[] {
  return ropes.map(({ dim }, i) => ({
    cos: g.cast(g.input(`rope_cos_${i}`, 'float32', ['positions', dim / 2]), g.dtype),
    sin: g.cast(g.input(`rope_sin_${i}`, 'float32', ['positions', dim / 2]), g.dtype),
  }));
}

/** What `ropeInputs` asks for: tables of `positions` rows, for sequences planned for `length` tokens (models/rope.ts). */
export function ropeFeeds({ ropes }: ModelConfig, positions: number, length = positions): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [i, rope] of ropes.entries()) {
    const { cos, sin } = ropeTables(rope, positions, length);
    const shape = [positions, rope.dim / 2];
    feeds[`rope_cos_${i}`] = { dtype: 'float32', shape, data: Float32Array.from(cos) };
    feeds[`rope_sin_${i}`] = { dtype: 'float32', shape, data: Float32Array.from(sin) };
  }
  return feeds;
}

/** Where a key lies that is no token's: beyond every query. */
export const nowhere = 2 ** 30;

export interface CachedForward {
  /** Token ids [rows, seq] and their positions, both int64. */
  ids: Value;
  positions: Value;
  /** Both parts of the cache in `cacheNames`' order. */
  past: readonly Value[];
  chunk: readonly Value[];
  /** Positions of the keys, int64: of the past [rows, tokens], and of the chunk with these `seq` tokens at its end. */
  pastPositions: Value;
  chunkPositions: Value;
  /** int64 [1]: where the past's keys begin when those of the chunk stand before them, counted from the end. */
  pastStart: Value;
}

/** The hidden states [rows, seq, hidden] and the chunk's part of the cache, grown by `seq` tokens a row. */
export function cachedForward(
  context: Omit<DecoderContext, 'attend'>,
  ropes: readonly Rotation[],
  layout: CacheLayout,
  inputs: CachedForward,
): { hidden: Value; chunk: Value[] } {
  const { g, config } = context;
  const { positions, past } = inputs;
  const { heads, kvHeads } = config;
  const attention = cacheAttention(g, config, layout, inputs.pastStart);
  const turn = g.scope('rope', () => ropes.map((rope) => rotation(g, config, rope, positions)));
  const masks = g.scope('mask', () => maskByWindow(g, config, attention.repeats, inputs));
  const chunk: Value[] = [];

  const extend = (index: number, x: Value) => {
    const grown = g.concat([inputs.chunk[index] as Value, attention.toCache(x)], tokenAxes[layout]);
    chunk.push(grown);
    return { chunk: grown, past: past[index] as Value };
  };
  const attend: Attend = (layer, { q, k, v }) => {
    const { rope, window } = config.attention[layer] ?? { rope: 0, window: null };
    const turned = (x: Value, count: number) => (rope === null ? x : (turn[rope] as Turn)(x, count));
    const query = turned(q, heads);
    const keys = extend(2 * layer, turned(k, kvHeads));
    const values = extend(2 * layer + 1, v);
    return attention.attend(query, keys, values, masks.get(window) as Value);
  };
  const hidden = families[config.architecture].hidden({ ...context, attend }, inputs.ids);
  return { hidden, chunk };
}

/** Turns heads [rows, seq, heads * headDim] to their positions. */
type Turn = (x: Value, heads: number) => Value;

/** By the runtime's kernel where it turns such heads, else by ordinary ops. */
function rotation(g: GraphBuilder, { headDim }: ModelConfig, { cos, sin }: Rotation, positions: Value): Turn {
  const half = Number(cos.shape.at(-1));
  if (headDim % 16 === 0 && half % 8 === 0) {
    const attributes = { rotary_embedding_dim: 2 * half === headDim ? 0 : 2 * half, interleaved: 0 } as const;
    return (x, heads) =>
      g.op('RotaryEmbedding', [x, positions, cos, sin], { num_heads: heads, ...attributes })[0] as Value;
  }
  const rows = { cos: g.unsqueeze(g.gather(cos, positions), [2]), sin: g.unsqueeze(g.gather(sin, positions), [2]) };
  return (x, heads) => g.reshape(rotate(g, g.reshape(x, [0, 0, heads, headDim]), rows), [0, 0, heads * headDim]);
}

/** What is added to scores, [rows, 1, seq * repeats, keys], by window: nothing where a query sees a key. */
function maskByWindow(
  g: GraphBuilder,
  { attention }: ModelConfig,
  repeats: number,
  { positions, pastPositions, chunkPositions }: CachedForward,
): Map<number | null, Value> {
  const keys = g.unsqueeze(g.concat([chunkPositions, pastPositions], 1), [1, 2]);
  const repeated = g.add(g.unsqueeze(positions, [2]), g.constant(Array(repeats).fill(0), 'int64'));
  const queries = g.unsqueeze(repeats === 1 ? positions : g.reshape(repeated, [0, -1]), [1, 3]);
  const isBefore = g.lessOrEqual(keys, queries);
  const windows = new Set(attention.map(({ window }) => window));
  return new Map(
    [...windows].map((window) => {
      const isVisible =
        window === null ? isBefore : g.and(isBefore, g.less(g.sub(queries, keys), g.constant(window, 'int64')));
      return [window, g.where(isVisible, g.constant(0), g.constant(masked))];
    }),
  );
}

const masked = -1e9;
