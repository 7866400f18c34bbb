// The table of families: an architecture's name, as config.json has it, and what builds its graph.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Value } from '../graph/builder.ts';
import type { DecoderContext } from './layers.ts';
import { headName, llamaHidden } from './llama.ts';

export interface ModelFamily {
  /** Token ids [batch, seq] -> normalised hidden states [batch, seq, hidden]. */
  hidden(context: DecoderContext, ids: Value): Value;
  /** The name of the head's matrix [vocab, hidden]. */
  headName(config: ModelConfig): string;
}

export const families: { [A in ModelConfig['architecture']]: ModelFamily } = {
  LlamaForCausalLM: { hidden: llamaHidden, headName },
};
