// Tokenizers with patterns that backtrack for ever, vocabularies with holes, and parts that grow what they read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cut, editJson, type HostileCase, type Json, nested, scribble } from './model-folder.ts';

type Outcome = HostileCase['outcome'];

const withTokenizer = (
  name: string,
  edit: (tokenizer: Json) => unknown,
  outcome: Outcome = 'refused',
): HostileCase => ({
  name: `tokenizer: ${name}`,
  outcome,
  spoil: (folder) => editJson(join(folder, 'tokenizer.json'), edit),
});
const withPart = (name: string, part: object, outcome: Outcome = 'refused') =>
  withTokenizer(name, (tokenizer) => ({ ...tokenizer, ...part }), outcome);
const withModel = (name: string, edit: (model: Json) => object, outcome: Outcome = 'refused') =>
  withTokenizer(
    name,
    (tokenizer) => ({ ...tokenizer, model: { ...(tokenizer.model as Json), ...edit(tokenizer.model as Json) } }),
    outcome,
  );
const withVocabulary = (
  name: string,
  edit: (vocab: Record<string, unknown>) => unknown,
  outcome: Outcome = 'refused',
) => withModel(name, ({ vocab }) => ({ vocab: edit(vocab as Record<string, unknown>) }), outcome);
const withConfig = (name: string, values: object, outcome: Outcome = 'refused'): HostileCase => ({
  name: `tokenizer_config: ${name}`,
  outcome,
  spoil: (folder) => editJson(join(folder, 'tokenizer_config.json'), (config) => ({ ...config, ...values })),
});
const split = (pattern: object) => ({ pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated', invert: false } });
const replace = (pattern: object, content: unknown) => ({ type: 'Replace', pattern, content });
const added = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: 472 + i, content: `<${i}>`, special: false }));

export const tokenizerCases: HostileCase[] = [
  withPart('a pattern that backtracks for ever', split({ Regex: '(a+)+$' })),
  withPart('a pattern that backtracks over words', split({ Regex: '(\\w+\\s?)+!$' })),
  withPart('a normaliser that backtracks for ever', { normalizer: replace({ Regex: '(a|a)*c' }, '') }),
  withPart('a decoder that backtracks for ever', {
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Fuse' }, replace({ Regex: '^' }, `${'a'.repeat(60)}b`), replace({ Regex: '(a+)+$' }, '')],
    },
  }),
  withPart('a pattern that is none', split({ Regex: '((' })),
  withPart('a pattern of a million characters', split({ Regex: `a{1,2}${'b?'.repeat(500_000)}` })),
  withPart('a pattern with a huge count', split({ Regex: '(((a{1,1000}){1,1000}){1,1000})b' }), 'either'),
  withPart('a pattern of another type', split({ Regexp: 'a' }), 'either'),
  withPart('text that doubles thirty times', {
    normalizer: { type: 'Sequence', normalizers: new Array(30).fill(replace({ String: 'a' }, 'aa')) },
  }),
  withPart('a replacement of a million characters', { normalizer: replace({ String: 'a' }, 'b'.repeat(1e6)) }),
  withPart('a prefix of a million characters', { normalizer: { type: 'Prepend', prepend: 'a'.repeat(1e6) } }),
  withPart('a replacement of 9,000 characters', { normalizer: replace({ Regex: '' }, 'b'.repeat(9_000)) }, 'either'),
  withPart('pieces of no length', { pre_tokenizer: { type: 'FixedLength', length: 0 } }),
  withPart('pieces of negative length', { pre_tokenizer: { type: 'FixedLength', length: -1 } }),
  withPart('pieces of a fractional length', { pre_tokenizer: { type: 'FixedLength', length: 1e-9 } }),
  withPart('a hundred thousand normalisers', {
    normalizer: { type: 'Sequence', normalizers: new Array(100_000).fill({ type: 'NFC' }) },
  }),
  withPart('a hundred thousand special tokens in the template', {
    post_processor: {
      type: 'TemplateProcessing',
      single: new Array(100_000).fill({ SpecialToken: { id: '<|im_end|>', type_id: 0 } }),
      pair: [],
    },
  }),
  withPart('a template that names a token that is none', {
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<none>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
    },
  }),
  withPart('a template that is a number', { post_processor: { type: 'TemplateProcessing', single: 5, pair: [] } }),
  withPart('an unknown normaliser', { normalizer: { type: 'Shell' } }),
  withPart('an unknown decoder with a long name', { decoder: { type: 'D'.repeat(5_000) } }),
  withPart('a pre-tokeniser that is a string', { pre_tokenizer: 'ByteLevel' }),
  withTokenizer('no decoder', ({ decoder: _, ...rest }) => rest),
  withTokenizer('no model', ({ model: _, ...rest }) => rest),
  withTokenizer('a list', () => []),
  withModel('a model of an unknown type', () => ({ type: 'Magic' })),
  withModel('a model that is unigram by name only', () => ({ type: 'Unigram' })),
  withModel('no vocabulary', () => ({ vocab: undefined })),
  withVocabulary('an empty vocabulary', () => ({})),
  withVocabulary('a vocabulary that is a string', () => 'abc'),
  withVocabulary('a vocabulary of lists', () => [['a'], ['b', 'c']]),
  withVocabulary('holes', (vocab) => Object.fromEntries(Object.entries(vocab).filter((_, i) => i % 7 !== 0))),
  withVocabulary('ids beyond the model', (vocab) =>
    Object.fromEntries(Object.entries(vocab).map(([token, id]) => [token, Number(id) + 1000])),
  ),
  withVocabulary('ids beyond all bounds', (vocab) => ({ ...vocab, zzz: 2 ** 40 })),
  withVocabulary('a negative id', (vocab) => ({ ...vocab, zzz: -1 })),
  withVocabulary('an id that is text', (vocab) => ({ ...vocab, zzz: 'one' })),
  withVocabulary('a fractional id', (vocab) => ({ ...vocab, zzz: 1.5 })),
  withVocabulary(
    'every id the same',
    (vocab) => Object.fromEntries(Object.keys(vocab).map((token) => [token, 3])),
    'works',
  ),
  withVocabulary('a token of a million characters', (vocab) => ({ ...vocab, ['z'.repeat(1e6)]: 3 }), 'works'),
  withVocabulary('a token with a line break that has no id', (vocab) => ({ ...vocab, 'a\nb\u202e': null })),
  withModel('merges of what is no token', ({ merges }) => ({ merges: [...(merges as unknown[]), ['q', 'zzz']] })),
  withModel('merges that are null', () => ({ merges: null })),
  withModel('merges that are numbers', () => ({ merges: [1, 2, 3] })),
  withModel('merges of three', () => ({ merges: [['a', 'b', 'c']] })),
  withModel('no merges', () => ({ merges: undefined })),
  withModel('the merges turned round', ({ merges }) => ({ merges: [...(merges as unknown[])].reverse() }), 'works'),
  withPart('a million added tokens', { added_tokens: added(1_000_000) }),
  withPart('added tokens of no length', { added_tokens: [{ id: 1, content: '' }] }, 'works'),
  withPart('added tokens without an id', { added_tokens: [{ content: 'a' }] }),
  withPart('added tokens beyond the model', { added_tokens: [{ id: 5_000, content: 'a', special: false }] }),
  withPart('added tokens that are null', { added_tokens: null }),
  withPart('an added token of a million characters', { added_tokens: [{ id: 1, content: 'a'.repeat(1e6) }] }),
  ...[0.01, 0.5, 0.99].map(
    (share): HostileCase => ({
      name: `tokenizer: cut at ${share}`,
      outcome: 'refused',
      spoil: (folder) => cut(join(folder, 'tokenizer.json'), share),
    }),
  ),
  ...Array.from(
    { length: 10 },
    (_, i): HostileCase => ({
      name: `tokenizer: scribbled on, ${i}`,
      outcome: 'either',
      spoil: (folder, random) => scribble(join(folder, 'tokenizer.json'), random, 1e6),
    }),
  ),
  {
    name: 'tokenizer: nested ten million deep',
    outcome: 'refused',
    spoil: (folder) => writeFile(join(folder, 'tokenizer.json'), nested(10_000_000)),
  },
  {
    name: 'tokenizer: ten million empty lists',
    outcome: 'refused',
    spoil: (folder) => writeFile(join(folder, 'tokenizer.json'), `[${'[],'.repeat(10_000_000)}0]`),
  },
  {
    name: 'tokenizer: a hundred megabytes',
    outcome: 'refused',
    spoil: (folder) => writeFile(join(folder, 'tokenizer.json'), Buffer.alloc(100_000_000, 0x20)),
  },
  withConfig('special tokens that are numbers', { bos_token: 5 }),
  withConfig('a special token that is a list', { eos_token: ['a'] }),
  withConfig('a template that is a number', { chat_template: 7 }),
  withConfig('additional special tokens that are text', { additional_special_tokens: 'abc' }),
  withConfig(
    'a hundred thousand additional special tokens',
    { additional_special_tokens: Array.from({ length: 100_000 }, (_, i) => `t${i}`) },
    'either',
  ),
];
