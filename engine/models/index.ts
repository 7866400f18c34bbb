// The table of families: an architecture's name, as config.json has it, and what builds its graph. What a config may
// say of biases, windows, ropes, soft-caps and scales is not here: the layers read it (checkpoint/family-configs.ts).
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Value } from '../graph/builder.ts';
import { type ModelFamily, preNorm, sandwichNorm } from './decoder.ts';
import {
  adapted,
  type DecoderContext,
  fusedHeads,
  fusedMlp,
  gatedMlp,
  normedHeads,
  offsetRmsNorm,
  rmsNorm,
  separateHeads,
} from './layers.ts';
import { headModule } from './lora.ts';
import type { WeightShapes } from './weights.ts';

export const families: { [A in ModelConfig['architecture']]: ModelFamily } = {
  LlamaForCausalLM: preNorm(separateHeads, gatedMlp),
  MistralForCausalLM: preNorm(separateHeads, gatedMlp),
  Qwen2ForCausalLM: preNorm(separateHeads, gatedMlp),
  Qwen3ForCausalLM: preNorm(normedHeads(rmsNorm), gatedMlp),
  SmolLM3ForCausalLM: preNorm(separateHeads, gatedMlp),
  Gemma2ForCausalLM: sandwichNorm(separateHeads, gatedMlp),
  Gemma3ForCausalLM: sandwichNorm(normedHeads(offsetRmsNorm), gatedMlp),
  Phi3ForCausalLM: preNorm(fusedHeads, fusedMlp),
};

/** The tensors that a checkpoint must have, with their shapes. */
export const expectedWeights = (config: ModelConfig): WeightShapes => families[config.architecture].shapes(config);

/** The name of the matrix [vocab, hidden] that turns hidden states into logits: the embedding's where it is tied. */
export function headName({ hasTiedHead }: ModelConfig): string {
  return hasTiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight';
}

/** Hidden states [..., hidden] -> logits fp32 [..., vocab], soft-capped where the model has it. */
export function toLogits({ g, config, weights, lora }: Omit<DecoderContext, 'attend'>, hidden: Value): Value {
  const product = weights.product(g, headName(config), hidden);
  const logits = g.cast(adapted(g, lora(headModule), hidden, product), 'float32');
  return config.logitSoftcap === null ? logits : g.softcap(logits, config.logitSoftcap);
}
