// The tokenizer's files load in the library that the engine uses, and give every text back unchanged.
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { beforeAll, expect, test } from 'vitest';
import { preTokenize } from './bpe.ts';
import { generateCorpus } from './corpus.ts';
import { buildModelConfig, maxPositions } from './model-config.ts';
import { heldOutPrompts } from './prompts.ts';
import { buildTokenizer, buildTokenizerConfig, chatTemplate, endTokenId, type TokenizerFile } from './tokenizer.ts';

const texts = generateCorpus(1).flatMap(({ prompt, completion }) => [...prompt, ...completion].map((m) => m.content));
let file: TokenizerFile;
let tokenizer: Tokenizer;
const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false });

beforeAll(() => {
  file = buildTokenizer(texts);
  tokenizer = new Tokenizer(file, buildTokenizerConfig(maxPositions));
});

test('ids run from 0 without a hole, special tokens first', () => {
  const ids = Object.values(file.model.vocab).sort((a, b) => a - b);
  expect(ids).toEqual(ids.map((_, index) => index));
  expect(file.added_tokens.map(({ content, id }) => [content, id])).toEqual([
    ['<|pad|>', 0],
    ['<|user|>', 1],
    ['<|assistant|>', 2],
    ['<|end|>', 3],
  ]);
  expect(ids.length).toBeGreaterThan(1000);
  expect(ids.length).toBeLessThan(1200);
});

test('every word of the corpus and of the held-out prompts is one token, digits apart', () => {
  const held = heldOutPrompts(1, 500).map(({ text }) => text);
  for (const text of [...texts.slice(0, 4000), ...held]) {
    expect(encode(text).ids, text).toHaveLength(preTokenize(text).length);
  }
  expect(encode('It costs 45 euros.').tokens).toEqual(expect.arrayContaining(['4', '5', 'Ġeuros']));
});

test('texts come back unchanged, those of the corpus and any other', () => {
  const others = ["İstanbul'da 12 şey  ve\n\n\ty 3.5€ it's", '日本語 123', '  lead', 'trail  ', '😀 ok', '½ ²'];
  for (const text of [...texts.slice(0, 4000), ...others]) {
    expect(tokenizer.decode(encode(text).ids, { skip_special_tokens: true })).toBe(text);
  }
});

test('a conversation is role, content, <|end|>, and the reply’s ids do not depend on what precedes them', () => {
  const template = new Template(chatTemplate);
  const render = (context: Record<string, unknown>) => template.render(context);
  const user = { role: 'user', content: 'How much is the grey teapot?' };
  const assistant = { role: 'assistant', content: 'The grey teapot costs 45 euros.' };
  const asked = render({ messages: [user], add_generation_prompt: true });
  const whole = render({ messages: [user, assistant], add_generation_prompt: false });
  expect(asked).toBe('<|user|>How much is the grey teapot?<|end|><|assistant|>');
  expect(whole).toBe(`${asked}The grey teapot costs 45 euros.<|end|>`);
  expect(encode(whole).ids).toEqual([...encode(asked).ids, ...encode(assistant.content).ids, endTokenId]);
  expect(() => render({ messages: [{ role: 'system', content: 'x' }] })).toThrow('user and assistant');
});

test('the longest example fits the model', () => {
  const longest = generateCorpus(1, 5000).map(
    ({ prompt, completion }) => encode([...prompt, ...completion].map((m) => m.content).join(' ')).ids.length + 4,
  );
  expect(Math.max(...longest)).toBeLessThan(buildModelConfig(1).max_position_embeddings);
});

test('the same texts give the same bytes', () => {
  expect(JSON.stringify(buildTokenizer(texts))).toBe(JSON.stringify(file));
});
