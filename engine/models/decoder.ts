// The two ways in which families stack their layers into a decoder.
import type { Keep } from '../autodiff/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Value } from '../graph/builder.ts';
import {
  attention,
  type DecoderContext,
  embedding,
  type Heads,
  type Norm,
  offsetRmsNorm,
  type Part,
  rmsNorm,
} from './layers.ts';
import { embeddingModule } from './lora.ts';
import type { WeightShapes } from './weights.ts';

export interface ModelFamily {
  /** Token ids [batch, seq] -> normalised hidden states [batch, seq, hidden]. */
  hidden(context: DecoderContext, ids: Value): Value;
  /** The tensors that a checkpoint must have. */
  shapes(config: ModelConfig): WeightShapes;
}

/** Llama's block (Touvron et al. 2023): x + attention(norm(x)), then x + mlp(norm(x)). */
export function preNorm(heads: Part<Heads>, mlp: Part<Value>): ModelFamily {
  const norms = ['input_layernorm', 'post_attention_layernorm'];
  return decoder(heads, mlp, rmsNorm, norms, ({ g }, norm, parts) => [
    (x) => g.add(x, parts.attention(norm('input_layernorm', x))),
    (x) => g.add(x, parts.mlp(norm('post_attention_layernorm', x))),
  ]);
}

/** Gemma 2's block (Gemma Team 2024): each half is normalised before and after. */
export function sandwichNorm(heads: Part<Heads>, mlp: Part<Value>): ModelFamily {
  const norms = [
    'input_layernorm',
    'post_attention_layernorm',
    'pre_feedforward_layernorm',
    'post_feedforward_layernorm',
  ];
  return decoder(heads, mlp, offsetRmsNorm, norms, ({ g }, norm, parts) => [
    (x) => g.add(x, norm('post_attention_layernorm', parts.attention(norm('input_layernorm', x)))),
    (x) => g.add(x, norm('post_feedforward_layernorm', parts.mlp(norm('pre_feedforward_layernorm', x)))),
  ]);
}

type Step = (x: Value) => Value;
/** A layer's two halves. */
type Block = (
  context: DecoderContext,
  norm: (name: string, x: Value) => Value,
  parts: { attention: Step; mlp: Step },
) => [attention: Step, mlp: Step];

function decoder(
  heads: Part<Heads>,
  mlp: Part<Value>,
  norm: Norm,
  norms: readonly string[],
  block: Block,
): ModelFamily {
  return {
    hidden: (context, ids) => {
      const { g, config } = context;
      const runHalf = context.runHalf ?? ((_, x, build) => build(x, (value) => value));
      return g.scope('model', () => {
        const embedded = embedding(context, embeddingModule, ids);
        let hidden = config.embeddingScale === 1 ? embedded : g.mul(embedded, config.embeddingScale);
        for (let layer = 0; layer < config.layers; layer++) {
          const prefix = `model.layers.${layer}`;
          const named = (name: string, x: Value) => norm(context, `${prefix}.${name}`, x);
          const halves = (keep: Keep) =>
            block(context, named, {
              attention: (x) => attention(heads, layer).build({ ...context, keep }, `${prefix}.self_attn`, x),
              mlp: (x) => mlp.build(context, `${prefix}.mlp`, x),
            });
          for (const half of [0, 1] as const) {
            hidden = g.scope(`layers.${layer}`, () => runHalf(layer, hidden, (x, keep) => halves(keep)[half](x)));
          }
        }
        return norm(context, 'model.norm', hidden);
      });
    },
    shapes: (config) => {
      const { hiddenSize, vocabSize } = config;
      const shapes = new Map<string, readonly number[]>([
        ['model.embed_tokens.weight', [vocabSize, hiddenSize]],
        ['model.norm.weight', [hiddenSize]],
      ]);
      if (!config.hasTiedHead) shapes.set('lm_head.weight', [vocabSize, hiddenSize]);
      for (let layer = 0; layer < config.layers; layer++) {
        const prefix = `model.layers.${layer}`;
        for (const name of norms) shapes.set(`${prefix}.${name}.weight`, [hiddenSize]);
        for (const [place, part] of [
          ['self_attn', attention(heads, layer)],
          ['mlp', mlp],
        ] as const) {
          for (const [name, shape] of Object.entries(part.shapes(config)))
            shapes.set(`${prefix}.${place}.${name}`, shape);
        }
      }
      return shapes;
    },
  };
}
