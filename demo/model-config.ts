// The demo model's shape, as the files that any Llama runtime reads: config.json and generation_config.json.
import { endTokenId, padTokenId } from './tokenizer.ts';

export const maxPositions = 256;

/** config.json's content: 0.9 million parameters at a vocabulary of about 1,100. */
export function buildModelConfig(vocabularySize: number) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabularySize,
    hidden_size: 128,
    intermediate_size: 352,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 32,
    hidden_act: 'silu',
    attention_bias: false,
    attention_dropout: 0,
    mlp_bias: false,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    max_position_embeddings: maxPositions,
    initializer_range: 0.02,
    tie_word_embeddings: true,
    use_cache: true,
    bos_token_id: null,
    eos_token_id: endTokenId,
    pad_token_id: padTokenId,
    dtype: 'float16',
  };
}

/** generation_config.json's content. */
export function buildGenerationConfig() {
  return {
    do_sample: true,
    temperature: 0.9,
    max_new_tokens: 64,
    bos_token_id: null,
    eos_token_id: endTokenId,
    pad_token_id: padTokenId,
  };
}
