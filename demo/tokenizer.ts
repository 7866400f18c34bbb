// The demo model's tokenizer in Hugging Face's files: tokenizer.json (byte-level BPE, special tokens first) and
// tokenizer_config.json with the chat template. Nothing follows <|end|>, so that sampled ids equal template ids.
import { byteAlphabet, trainMerges } from './bpe.ts';

/** In the order of their ids, from 0. */
export const specialTokens = ['<|pad|>', '<|user|>', '<|assistant|>', '<|end|>'] as const;
export const padTokenId = specialTokens.indexOf('<|pad|>');
export const endTokenId = specialTokens.indexOf('<|end|>');

export const chatTemplate = [
  '{% for message in messages %}',
  "{% if message['role'] not in ['user', 'assistant'] %}",
  "{{ raise_exception('This model knows the roles user and assistant only.') }}",
  '{% endif %}',
  "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}",
  '{% endfor %}',
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
].join('');

/** Trains on the texts and gives tokenizer.json's content. */
export function buildTokenizer(texts: Iterable<string>) {
  const { merges } = trainMerges(texts);
  const tokens = [...specialTokens, ...byteAlphabet(), ...merges.map(([left, right]) => left + right)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id])),
      merges,
    },
  };
}
export type TokenizerFile = ReturnType<typeof buildTokenizer>;

/** tokenizer_config.json's content. */
export function buildTokenizerConfig(maxLength: number) {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: maxLength,
    clean_up_tokenization_spaces: false,
    bos_token: null,
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    chat_template: chatTemplate,
  };
}
