// The layers that decoder families are composed of. What differs between sampling (a KV cache inside a loop) and
// training (whole sequences, with gradients) comes in as the `attend` function; the rest is the same graph.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { LoraSource } from './lora.ts';
import type { Weights } from './weights.ts';

/** Attention over projected heads: q [batch, seq, heads * headDim], k and v [batch, seq, kvHeads * headDim] -> like q. */
export type Attend = (layer: number, heads: { q: Value; k: Value; v: Value }) => Value;

export interface DecoderContext {
  g: GraphBuilder;
  config: ModelConfig;
  weights: Weights;
  /** The adapter's matrices by module name, or null where a module has none. */
  lora: LoraSource;
  attend: Attend;
}

/** x [..., in] through the module's weight [out, in], plus its adapter where it has one. */
export function linear({ g, weights, lora }: DecoderContext, module: string, x: Value): Value {
  return g.scope(module.slice(module.lastIndexOf('.') + 1), () => {
    const y = weights.product(g, `${module}.weight`, x);
    const adapter = lora(module);
    if (!adapter) return y;
    const low = g.linear(x, adapter.a);
    return g.add(y, g.linear(adapter.scale === undefined ? low : g.mul(low, adapter.scale), adapter.b));
  });
}

export function rmsNorm({ g, config, weights }: DecoderContext, name: string, x: Value): Value {
  return g.rmsNorm(x, weights.tensor(`${name}.weight`), config.rmsNormEpsilon);
}

export function selfAttention(context: DecoderContext, layer: number, x: Value): Value {
  const prefix = `model.layers.${layer}.self_attn`;
  return context.g.scope('attn', () => {
    const heads = {
      q: linear(context, `${prefix}.q_proj`, x),
      k: linear(context, `${prefix}.k_proj`, x),
      v: linear(context, `${prefix}.v_proj`, x),
    };
    return linear(context, `${prefix}.o_proj`, context.attend(layer, heads));
  });
}

/** SwiGLU (Shazeer 2020): down(silu(gate(x)) * up(x)). */
export function gatedMlp(context: DecoderContext, layer: number, x: Value): Value {
  const prefix = `model.layers.${layer}.mlp`;
  const { g } = context;
  return g.scope('mlp', () => {
    const gate = g.silu(linear(context, `${prefix}.gate_proj`, x));
    return linear(context, `${prefix}.down_proj`, g.mul(gate, linear(context, `${prefix}.up_proj`, x)));
  });
}
