// The table of families: an architecture's name, as config.json has it, and what builds its graph.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { Value } from '../graph/builder.ts';
import type { DecoderContext } from './layers.ts';
import { llamaHead, llamaHidden } from './llama.ts';

export interface ModelFamily {
  /** Token ids [batch, seq] -> normalised hidden states [batch, seq, hidden]. */
  hidden(context: DecoderContext, ids: Value): Value;
  /** The head's matrix [vocab, hidden]. */
  head(context: DecoderContext): Value;
}

export const families: { [A in ModelConfig['architecture']]: ModelFamily } = {
  LlamaForCausalLM: { hidden: llamaHidden, head: llamaHead },
};
