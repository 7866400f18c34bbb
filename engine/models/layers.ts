// The layers that decoder families are composed of, each with the weights that it needs. What differs between sampling
// (a KV cache inside a loop) and training (whole sequences, with gradients) comes in as the `attend` function.
import type { Keep } from '../autodiff/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import { type LoraMatrices, type LoraSource, lowRank, lowRankOfIds } from './lora.ts';
import type { Weights } from './weights.ts';

/** Projected heads: q [batch, seq, heads * headDim], k and v [batch, seq, kvHeads * headDim]. */
export interface Heads {
  q: Value;
  k: Value;
  v: Value;
}

/** Attention over projected heads, positions included: a value like q. */
export type Attend = (layer: number, heads: Heads, keep: Keep) => Value;

export interface DecoderContext {
  g: GraphBuilder;
  config: ModelConfig;
  weights: Weights;
  /** The adapter's matrices by module name, or null where a module has none. */
  lora: LoraSource;
  attend: Attend;
  /** How half a layer (its attention, its MLP) is run on its input: as it is where nothing is said. */
  runHalf?: (layer: number, x: Value, build: (x: Value, keep: Keep) => Value) => Value;
  keep?: Keep;
}

/** A part of a block: the shapes of its weights by their names below `prefix`, and what it makes of x [batch, seq, hidden]. */
export interface Part<Result> {
  shapes(config: ModelConfig): Record<string, readonly number[]>;
  build(context: DecoderContext, prefix: string, x: Value): Result;
}

export type Norm = (context: DecoderContext, name: string, x: Value) => Value;

export const rmsNorm: Norm = ({ g, config, weights }, name, x) =>
  g.rmsNorm(x, weights.tensor(`${name}.weight`), config.rmsNormEpsilon);

/** Gemma keeps a norm's weight as its distance from 1. */
export const offsetRmsNorm: Norm = ({ g, config, weights }, name, x) =>
  g.rmsNorm(x, g.add(weights.tensor(`${name}.weight`), 1), config.rmsNormEpsilon);

/** x [..., in] through the module's weight [out, in], plus its bias and its adapter where it has them. */
export function linear({ g, config, weights, lora }: DecoderContext, module: string, x: Value): Value {
  const name = lastName(module);
  return g.scope(name, () => {
    const product = weights.product(g, `${module}.weight`, x);
    const y = config.biases.includes(name) ? g.add(product, weights.tensor(`${module}.bias`)) : product;
    return adapted(g, lora(module), x, y);
  });
}

/** y = W x with what an adapter adds to it. */
export function adapted(g: GraphBuilder, adapter: LoraMatrices | null, x: Value, y: Value): Value {
  return adapter ? g.add(y, g.linear(lowRank(g, adapter, x), adapter.b)) : y;
}

/** Token ids [batch, seq] -> the module's rows, with its adapter's where it has one: [batch, seq, hidden]. */
export function embedding({ g, config, weights, lora }: DecoderContext, module: string, ids: Value): Value {
  const rows = weights.rows(g, `${module}.weight`, ids);
  const adapter = lora(module);
  return adapter ? g.add(rows, g.linear(lowRankOfIds(g, adapter, ids, config.padTokenId), adapter.b)) : rows;
}

/** The shapes of linear layers [out, in], with those of their biases. */
function linears({ biases }: ModelConfig, shapes: Record<string, readonly [number, number]>) {
  return Object.fromEntries(
    Object.entries(shapes).flatMap(([module, shape]) => [
      [`${module}.weight`, shape] as const,
      ...(biases.includes(module) ? [[`${module}.bias`, [shape[0]]] as const] : []),
    ]),
  );
}

/** q, k and v by three projections. */
export const separateHeads: Part<Heads> = {
  shapes: (config) =>
    linears(config, {
      q_proj: [config.heads * config.headDim, config.hiddenSize],
      k_proj: [config.kvHeads * config.headDim, config.hiddenSize],
      v_proj: [config.kvHeads * config.headDim, config.hiddenSize],
    }),
  build: (context, prefix, x) => ({
    q: linear(context, `${prefix}.q_proj`, x),
    k: linear(context, `${prefix}.k_proj`, x),
    v: linear(context, `${prefix}.v_proj`, x),
  }),
};

/** q, k and v by one projection, one after the other in its rows. */
export const fusedHeads: Part<Heads> = {
  shapes: (config) =>
    linears(config, { qkv_proj: [(config.heads + 2 * config.kvHeads) * config.headDim, config.hiddenSize] }),
  build: (context, prefix, x) => {
    const { heads, kvHeads, headDim } = context.config;
    const sizes = [heads, kvHeads, kvHeads].map((count) => count * headDim);
    const [q, k, v] = context.g.split(linear(context, `${prefix}.qkv_proj`, x), sizes, -1) as [Value, Value, Value];
    return { q, k, v };
  },
};

/** The same heads, with every head of q and of k normalised over its own dimensions. */
export const normedHeads = (norm: Norm): Part<Heads> => ({
  shapes: (config) => ({
    ...separateHeads.shapes(config),
    'q_norm.weight': [config.headDim],
    'k_norm.weight': [config.headDim],
  }),
  build: (context, prefix, x) => {
    const { g, config } = context;
    const { q, k, v } = separateHeads.build(context, prefix, x);
    const normed = (name: string, heads: Value, count: number) => {
      const apart = g.reshape(heads, [0, 0, count, config.headDim]);
      return g.reshape(norm(context, `${prefix}.${name}`, apart), [0, 0, count * config.headDim]);
    };
    return { q: normed('q_norm', q, config.heads), k: normed('k_norm', k, config.kvHeads), v };
  },
});

/** A layer's attention, from x to what is added to it. */
export const attention = (heads: Part<Heads>, layer: number): Part<Value> => ({
  shapes: (config) => ({
    ...heads.shapes(config),
    ...linears(config, { o_proj: [config.hiddenSize, config.heads * config.headDim] }),
  }),
  build: (context, prefix, x) =>
    context.g.scope('attn', () =>
      linear(
        context,
        `${prefix}.o_proj`,
        context.attend(layer, heads.build(context, prefix, x), context.keep ?? ((value) => value)),
      ),
    ),
});

/** GLU variants (Shazeer 2020): down(activation(gate(x)) * up(x)). */
export const gatedMlp: Part<Value> = {
  shapes: (config) =>
    linears(config, {
      gate_proj: [config.intermediateSize, config.hiddenSize],
      up_proj: [config.intermediateSize, config.hiddenSize],
      down_proj: [config.hiddenSize, config.intermediateSize],
    }),
  build: (context, prefix, x) =>
    context.g.scope('mlp', () => {
      const gate = linear(context, `${prefix}.gate_proj`, x);
      return gated(context, prefix, gate, linear(context, `${prefix}.up_proj`, x));
    }),
};

/** The same, with gate and up in one projection. */
export const fusedMlp: Part<Value> = {
  shapes: (config) =>
    linears(config, {
      gate_up_proj: [2 * config.intermediateSize, config.hiddenSize],
      down_proj: [config.hiddenSize, config.intermediateSize],
    }),
  build: (context, prefix, x) =>
    context.g.scope('mlp', () => {
      const { intermediateSize } = context.config;
      const both = linear(context, `${prefix}.gate_up_proj`, x);
      const [gate, up] = context.g.split(both, [intermediateSize, intermediateSize], -1) as [Value, Value];
      return gated(context, prefix, gate, up);
    }),
};

function gated(context: DecoderContext, prefix: string, gate: Value, up: Value): Value {
  const { g, config } = context;
  return linear(context, `${prefix}.down_proj`, g.mul(activations[config.activation](g, gate), up));
}

const activations: { [A in ModelConfig['activation']]: (g: GraphBuilder, x: Value) => Value } = {
  silu: (g, x) => g.silu(x),
  gelu_tanh: (g, x) => g.geluTanh(x),
};

const lastName = (module: string) => module.slice(module.lastIndexOf('.') + 1);
