import { expect, test } from 'vitest';
import { conditioned, conditionsSchema } from './conditional.ts';

const conditions = { persona: 'You are a pirate.', tags: ['short', 'formal'] };

test('puts what is asked for in front of the prompt, persona first', () => {
  expect(conditioned('Hi?', conditions, ['tags', 'persona'])).toBe('You are a pirate.\n\n[short] [formal]\nHi?');
  expect(conditioned('Hi?', conditions, ['tags'])).toBe('[short] [formal]\nHi?');
  const messages = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'Hi?' },
  ];
  expect(conditioned(messages, conditions, ['persona'])).toEqual([
    { role: 'system', content: 'You are a pirate.\n\nBe kind.' },
    { role: 'user', content: 'Hi?' },
  ]);
});

test('leaves a prompt as it is where nothing is asked for, or it has nothing of it', () => {
  expect(conditioned('Hi?', conditions, [])).toBe('Hi?');
  expect(conditioned('Hi?', { tags: [] }, ['persona', 'tags'])).toBe('Hi?');
});

test('two ways of asking for the same are equal; what is no condition is refused', () => {
  expect(conditionsSchema.parse(['tags', 'persona', 'tags'])).toEqual(['persona', 'tags']);
  expect(conditionsSchema.parse([])).toEqual([]);
  expect(conditionsSchema.safeParse(['mood']).success).toBe(false);
});
