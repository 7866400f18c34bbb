// How a step's queries attend to a cache in two parts: what the run has added so far (`chunk`) and what was there before
// it (`past`). The chunk comes first: what a row's own keys add up to then does not depend on how long others make the past.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { FloatType, GraphBuilder, Value } from '../graph/builder.ts';
import type { ProviderName } from '../runtime/provider.ts';

/** How a row's keys, and its values, lie: all heads of a token side by side, or all tokens of a head. */
export type CacheLayout = 'tokens' | 'heads';

/** What the cache crosses a session's edge in. bf16 cannot cross it. */
export interface CacheFormat {
  dtype: 'float32' | 'float16';
  layout: CacheLayout;
}

/**
 * The runtime's own kernel on a CPU: a step of the bench's small model is an eighth faster than by products, most of it
 * in a batch of one, where each node's overhead counts. Products elsewhere: the kernel needs an opset at which other ops
 * of the loop have no CUDA kernel (graph/onnx.ts).
 */
export function cacheFormat(dtype: FloatType, provider: ProviderName): CacheFormat {
  return { dtype: dtype === 'float16' ? 'float16' : 'float32', layout: provider === 'cpu' ? 'tokens' : 'heads' };
}

/** A row's keys, or values, as `groups` lists of tokens of `size` numbers each. */
export function cacheGroups({ kvHeads, headDim }: ModelConfig, layout: CacheLayout): { groups: number; size: number } {
  return layout === 'tokens' ? { groups: 1, size: kvHeads * headDim } : { groups: kvHeads, size: headDim };
}

/** The axis of its tokens. */
export const tokenAxes: { [L in CacheLayout]: 1 | 2 } = { tokens: 1, heads: 2 };

export function cacheShape<D>(config: ModelConfig, layout: CacheLayout, rows: D, tokens: D): (D | number)[] {
  const { groups, size } = cacheGroups(config, layout);
  return layout === 'tokens' ? [rows, tokens, size] : [rows, groups, tokens, size];
}

/** The keys, or the values, of one layer in the cache's layout, the run's own with this step's at their end. */
export interface Parts {
  chunk: Value;
  past: Value;
}

export interface CacheAttention {
  /** Keys or values [rows, seq, kvHeads * headDim] in the cache's layout. */
  toCache(x: Value): Value;
  /** Queries [rows, seq, heads * headDim] to their mix of the values, which is shaped like them. */
  attend(query: Value, keys: Parts, values: Parts, mask: Value): Value;
  /** How often each query stands in a mask [rows, 1, queries, keys]. */
  repeats: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017) of grouped heads (Ainslie et al. 2023). `pastStart`, int64 [1], is
 * where the past's keys begin behind the chunk's, counted from the end.
 */
export function cacheAttention(
  g: GraphBuilder,
  config: ModelConfig,
  layout: CacheLayout,
  pastStart: Value,
): CacheAttention {
  return layout === 'tokens' ? byKernel(g, config) : byProducts(g, config, pastStart);
}

function byKernel(g: GraphBuilder, config: ModelConfig): CacheAttention {
  const whole = ({ chunk, past }: Parts) => g.concat([chunk, past], 1);
  const attributes = {
    scale: { float: config.attentionScale },
    q_num_heads: config.heads,
    kv_num_heads: config.kvHeads,
    softcap: { float: config.attentionSoftcap ?? 0 },
  };
  return {
    toCache: (x) => x,
    attend: (query, keys, values, mask) =>
      g.op('Attention', [query, whole(keys), whole(values), mask], attributes)[0] as Value,
    repeats: 1,
  };
}

function byProducts(g: GraphBuilder, config: ModelConfig, pastStart: Value): CacheAttention {
  const { heads, kvHeads, headDim, attentionScale, attentionSoftcap } = config;
  const shared = heads / kvHeads;
  const apart = (x: Value, size: number) => g.transpose(g.reshape(x, [0, 0, kvHeads, size]), [0, 2, 1, 3]);
  const products = (query: Value, keys: Value) =>
    g.op('FusedMatMul', [query, keys], { transB: 1, alpha: { float: attentionScale } })[0] as Value;
  const slice = (x: Value, from: Value, to: Value) =>
    g.op('Slice', [x, from, to, g.constant([3], 'int64')], {})[0] as Value;

  return {
    toCache: (x) => apart(x, headDim),
    attend(query, keys, values, mask) {
      // The heads that share a key head side by side: [rows, kvHeads, seq * shared, headDim].
      const queries = g.reshape(apart(query, shared * headDim), [0, kvHeads, -1, headDim]);
      const plain = g.concat([products(queries, keys.chunk), products(queries, keys.past)], 3);
      const scores = attentionSoftcap === null ? plain : g.softcap(plain, attentionSoftcap);
      const shares = g.softmax(g.add(scores, mask));
      const ofChunk = slice(shares, g.constant([0], 'int64'), pastStart);
      const ofPast = slice(shares, pastStart, g.constant([toTheEnd], 'int64'));
      const mixed = g.add(g.matmul(ofChunk, values.chunk), g.matmul(ofPast, values.past));
      const together = g.reshape(mixed, [0, kvHeads, -1, shared * headDim]);
      return g.reshape(g.transpose(together, [0, 2, 1, 3]), [0, 0, heads * headDim]);
    },
    repeats: shared,
  };
}

/** Beyond every index. */
const toTheEnd = 2 ** 30;
