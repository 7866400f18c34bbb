import { expect, test } from 'vitest';
import { conditioned } from './conditional.ts';

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
