// The formatting of real templates, found by the tokenizer itself.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formattingMask } from './formatting-tokens.ts';
import { openTokenizer } from './tokenizer.ts';

const folder = (name: string) => fileURLToPath(new URL(`../fixtures/tokenizers/${name}`, import.meta.url));
const open = (name: string) => openTokenizer(folder(name), { eosTokenIds: [], vocabSize: 1_000_000 });
const user = { role: 'user', content: 'What is the price?' };
const assistant = (content: string) => ({ role: 'assistant', content });

/** What is left of a completion's words when its formatting is taken out. */
async function wordsOf(name: string, completion: ReturnType<typeof assistant>[]) {
  const tokenizer = await open(name);
  const ids = tokenizer.encodePair([user], completion).completion;
  const mask = formattingMask(ids, tokenizer.formatting());
  const plain = ids.filter((_, i) => !mask[i]);
  return { text: tokenizer.decode(plain), masked: ids.length - plain.length };
}

test.each(['chatml', 'llama3', 'gemma', 'phi3', 'mistral', 'llama2'])(
  '%s: one turn keeps its words alone',
  async (name) => {
    const { text, masked } = await wordsOf(name, [assistant('It costs 37 euros.')]);
    expect(text.trim()).toBe('It costs 37 euros.');
    expect(masked).toBeGreaterThan(0);
  },
);

test.each(['chatml', 'llama3'])('%s: headers of further turns go, whoever speaks', async (name) => {
  const turns = [assistant('It costs 37 euros.'), { role: 'user', content: 'And now?' }, assistant('Still 37.')];
  const { text } = await wordsOf(name, turns);
  expect(text).toBe('It costs 37 euros.And now?Still 37.');
});

test('text without a template loses special tokens only', () => {
  const none = { special: new Set([2]), opening: [], ending: [] };
  expect(formattingMask([5, 6, 2], none)).toEqual([false, false, true]);
});
