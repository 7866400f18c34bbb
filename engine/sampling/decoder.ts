// One forward of a model over a key-value cache, as the sampler's graph runs it: for prompts, and token by token.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import { families } from '../models/index.ts';
import type { Attend, DecoderContext } from '../models/layers.ts';
import { ropeTables } from '../models/rope.ts';
import type { Tensor } from '../runtime/session.ts';

/** The names of the cache's tensors, [rows, kvHeads, tokens, headDim], keys and values of each layer in turn. */
export function cacheNames(config: ModelConfig, prefix: 'past' | 'present'): string[] {
  return Array.from({ length: config.layers }, (_, i) => [`${prefix}_key_${i}`, `${prefix}_value_${i}`]).flat();
}

/** The rotary tables as inputs [positions, dim / 2] of a graph: fed as long as a batch needs them. */
export function ropeInputs(g: GraphBuilder, { ropes }: ModelConfig): { cos: Value; sin: Value }[] {
  return ropes.map(({ dim }, i) => ({
    cos: g.input(`rope_cos_${i}`, g.dtype, ['positions', dim / 2]),
    sin: g.input(`rope_sin_${i}`, g.dtype, ['positions', dim / 2]),
  }));
}

/** What `ropeInputs` asks for. */
export function ropeFeeds({ ropes }: ModelConfig, positions: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [i, rope] of ropes.entries()) {
    const { cos, sin } = ropeTables(rope, positions);
    const shape = [positions, rope.dim / 2];
    feeds[`rope_cos_${i}`] = { dtype: 'float32', shape, data: Float32Array.from(cos) };
    feeds[`rope_sin_${i}`] = { dtype: 'float32', shape, data: Float32Array.from(sin) };
  }
  return feeds;
}

export interface CachedForward {
  /** Token ids [rows, seq]. */
  ids: Value;
  /** The cache so far, in `cacheNames`' order. */
  past: readonly Value[];
  /** int32 [rows]: tokens in the cache after this forward, minus one. */
  lastIndex: Value;
  /** int32: the largest number of tokens in the cache after this forward. */
  total: Value;
}

/** The hidden states [rows, seq, hidden] and the cache that has grown by `seq` tokens a row. */
export function cachedForward(
  context: Omit<DecoderContext, 'attend'>,
  ropes: readonly { cos: Value; sin: Value }[],
  { ids, past, lastIndex, total }: CachedForward,
): { hidden: Value; present: Value[] } {
  const { g, config } = context;
  const present: Value[] = [];
  const attend: Attend = (layer, { q, k, v }) => {
    const [key, value] = [past[2 * layer] as Value, past[2 * layer + 1] as Value];
    const { rope: ropeIndex, window } = config.attention[layer] ?? { rope: 0, window: null };
    const rope = ropeIndex === null ? null : ropes[ropeIndex];
    const [attended, presentKey, presentValue] = g.op(
      'GroupQueryAttention',
      [q, k, v, key, value, lastIndex, total, ...(rope ? [rope.cos, rope.sin] : [])],
      {
        num_heads: config.heads,
        kv_num_heads: config.kvHeads,
        do_rotary: rope ? 1 : 0,
        rotary_interleaved: 0,
        local_window_size: window ?? -1,
        scale: { float: config.attentionScale },
        softcap: { float: config.attentionSoftcap ?? 0 },
      },
    ) as [Value, Value, Value];
    present.push(presentKey, presentValue);
    return attended;
  };
  const hidden = families[config.architecture].hidden({ ...context, attend }, ids);
  return { hidden, present };
}
