// A completion whose text its length has cut has the tokens of the whole one, but for its end.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openCheckpoint } from './checkpoint.ts';

const folder = fileURLToPath(new URL('../fixtures/llama', import.meta.url));

test.each([['Tell me'], [[{ role: 'user', content: 'Tell me' }]]])('after %j', async (prompt) => {
  const { tokenizer, config } = await openCheckpoint(folder);
  const text = ' of the sea';
  const whole = tokenizer.encodePair(prompt, text);
  const cut = tokenizer.encodePair(prompt, { cutText: text });
  expect(cut.prompt).toEqual(whole.prompt);
  expect(cut.completion.length).toBeGreaterThan(0);
  expect(cut.completion.length).toBeLessThan(whole.completion.length);
  expect(cut.completion.some((id) => config.eosTokenIds.includes(id))).toBe(false);
  expect(tokenizer.decode(cut.completion).trim()).toBe(text.trim());
});
