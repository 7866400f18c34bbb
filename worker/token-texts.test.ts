import { expect, test } from 'vitest';
import { countTokens, tokenTexts } from './token-texts.ts';

/** Each token is a byte, as the rarest ones of a byte-level vocabulary are. */
const bytes = { decode: (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids)) };

test('the token that completes a character gives it whole; those before it give nothing', () => {
  const ids = [...new TextEncoder().encode('aé🫖b')];
  expect(tokenTexts(bytes, ids)).toEqual(['a', '', 'é', '', '', '', '🫖', 'b']);
});

test('a character that is never completed is shown as such, once', () => {
  expect(tokenTexts(bytes, [0x61, 0xf0, 0x9f, 0x61]).join('')).toBe('a\ufffda');
  expect(tokenTexts(bytes, [0x61, 0xf0, 0x9f])).toEqual(['a', '', '\ufffd']);
});

test('a leading space that only a first token loses is kept elsewhere, however long the text', () => {
  const words = {
    decode: (ids: readonly number[]) =>
      ids
        .map((id) => ` w${id}`)
        .join('')
        .trimStart(),
  };
  const ids = Array.from({ length: 40 }, (_, i) => i);
  expect(tokenTexts(words, ids).join('')).toBe(words.decode(ids));
  expect(tokenTexts(words, [])).toEqual([]);
});

test('token ids count themselves', () => {
  const tokenizer = { encodePrompt: () => [1, 2] };
  expect(countTokens(tokenizer, { tokenIds: [1, 2, 3] })).toBe(3);
  expect(countTokens(tokenizer, 'x')).toBe(2);
});
