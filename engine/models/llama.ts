// Llama 2 and 3 (Touvron et al. 2023; Llama Team 2024): pre-norm blocks of grouped-query attention and SwiGLU.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Value } from '../graph/builder.ts';
import { type DecoderContext, gatedMlp, rmsNorm, selfAttention } from './layers.ts';

/** Token ids [batch, seq] -> normalised hidden states [batch, seq, hidden]. */
export function llamaHidden(context: DecoderContext, ids: Value): Value {
  const { g, config, weights } = context;
  return g.scope('model', () => {
    let hidden = weights.rows(g, 'model.embed_tokens.weight', ids);
    for (let layer = 0; layer < config.layers; layer++) {
      const prefix = `model.layers.${layer}`;
      hidden = g.scope(`layers.${layer}`, () => {
        const attended = g.add(
          hidden,
          selfAttention(context, layer, rmsNorm(context, `${prefix}.input_layernorm`, hidden)),
        );
        return g.add(
          attended,
          gatedMlp(context, layer, rmsNorm(context, `${prefix}.post_attention_layernorm`, attended)),
        );
      });
    }
    return rmsNorm(context, 'model.norm', hidden);
  });
}

/** The name of the matrix [vocab, hidden] that turns hidden states into logits: the embedding's where it is tied. */
export function headName({ hasTiedHead }: ModelConfig): string {
  return hasTiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight';
}
