// One forward of a model over a key-value cache, as the sampler's graph runs it: for prompts, and token by token.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import { families } from '../models/index.ts';
import type { Attend, DecoderContext } from '../models/layers.ts';
import { type Rotation, ropeTables, rotate } from '../models/rope.ts';
import type { Tensor } from '../runtime/session.ts';

/** The names of the cache's tensors, [rows, kvHeads, tokens, headDim], keys and values of each layer in turn. */
export function cacheNames(config: ModelConfig, prefix: 'past' | 'present'): string[] {
  return Array.from({ length: config.layers }, (_, i) => [`${prefix}_key_${i}`, `${prefix}_value_${i}`]).flat();
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
  ropes: readonly Rotation[],
  { ids, past, lastIndex, total }: CachedForward,
): { hidden: Value; present: Value[] } {
  const { g, config } = context;
  const padding = headPadding(g, config);
  const turning = ropes.map((rope) => (isKernelRope(config, rope) ? null : rowRotation(g, rope, ids, lastIndex)));
  const present: Value[] = [];
  const attend: Attend = (layer, { q, k, v }) => {
    const [key, value] = [past[2 * layer] as Value, past[2 * layer + 1] as Value];
    const { rope: ropeIndex, window } = config.attention[layer] ?? { rope: 0, window: null };
    const rotation = ropeIndex === null ? null : turning[ropeIndex];
    const turned = (x: Value, heads: number) => (rotation ? rotateHeads(g, config, x, heads, rotation) : x);
    const rope = ropeIndex === null || rotation ? null : ropes[ropeIndex];
    // Where the runtime knows q's shape but not v's, it takes q for all three in one: so v's is stated.
    const shaped = g.reshape(v, [0, 0, config.kvHeads * config.headDim]);
    const [attended, presentKey, presentValue] = g.op(
      'GroupQueryAttention',
      [
        padding.widenHeads(turned(q, config.heads), config.heads),
        padding.widenHeads(turned(k, config.kvHeads), config.kvHeads),
        padding.widenHeads(shaped, config.kvHeads),
        padding.widen(key),
        padding.widen(value),
        lastIndex,
        total,
        ...(rope ? [rope.cos, rope.sin] : []),
      ],
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
    present.push(padding.narrow(presentKey), padding.narrow(presentValue));
    return padding.narrowHeads(attended, config.heads);
  };
  const hidden = families[config.architecture].hidden({ ...context, attend }, ids);
  return { hidden, present };
}

/** GroupQueryAttention turns heads of 16 n dimensions by 8 n angles; other ropes are ordinary ops before it. */
const isKernelRope = ({ headDim }: ModelConfig, { cos }: Rotation) =>
  headDim % 16 === 0 && Number(cos.shape.at(-1)) % 8 === 0;

/** The rotation [rows, seq, 1, dim / 2] of tokens that are the first of their rows (padded) or follow a cache. */
function rowRotation(g: GraphBuilder, { cos, sin }: Rotation, ids: Value, lastIndex: Value): Rotation {
  return g.scope('rope', () => {
    const ones = g.cast(g.equal(ids, ids), 'int64');
    const places = g.op('CumSum', [ones, g.constant(1, 'int64')], {})[0] as Value; // from 1 to seq
    const before = g.sub(g.unsqueeze(g.cast(lastIndex, 'int64'), [1]), g.reduceMax(places, [1], true));
    const first = g.where(g.less(before, g.constant(0, 'int64')), 0, g.add(before, g.constant(1, 'int64')));
    const positions = g.add(first, g.sub(places, g.constant(1, 'int64')));
    return { cos: g.unsqueeze(g.gather(cos, positions), [2]), sin: g.unsqueeze(g.gather(sin, positions), [2]) };
  });
}

/** The kernel takes heads of 8 n dimensions: zeros fill up others, and add nothing to a score. */
function headPadding(g: GraphBuilder, { headDim }: ModelConfig) {
  const wide = Math.ceil(headDim / 8) * 8;
  const same = (x: Value) => x;
  if (wide === headDim) return { widen: same, narrow: same, widenHeads: same, narrowHeads: same };
  const identity = Float32Array.from({ length: headDim * wide }, (_, i) => (Math.floor(i / wide) === i % wide ? 1 : 0));
  const matrix = g.cast(g.initializer('head_padding', 'float32', [headDim, wide], identity), g.dtype);
  const widen = (x: Value) => g.matmul(x, matrix);
  const narrow = (x: Value) => g.matmul(x, g.transpose(matrix));
  const perHead = (from: number, to: number, change: typeof widen) => (x: Value, heads: number) =>
    g.reshape(change(g.reshape(x, [0, 0, heads, from])), [0, 0, heads * to]);
  return {
    widen,
    narrow,
    widenHeads: perHead(headDim, wide, widen),
    narrowHeads: perHead(wide, headDim, narrow),
  };
}

function rotateHeads(g: GraphBuilder, { headDim }: ModelConfig, x: Value, heads: number, rotation: Rotation): Value {
  const apart = g.reshape(x, [0, 0, heads, headDim]);
  return g.reshape(rotate(g, apart, rotation), [0, 0, heads * headDim]);
}
