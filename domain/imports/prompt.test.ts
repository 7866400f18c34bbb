// The rules that hold for every shape.
import { describe, expect, test } from 'vitest';
import { finishPrompt, type PromptDraft, tiersByScore } from './prompt.ts';
import { importLimits } from './rows.ts';

const draft = (more: Partial<PromptDraft> = {}): PromptDraft => ({
  messages: [{ role: 'user', content: 'Name a tree.' }],
  ...more,
});
const responses = (...texts: string[]) => texts.map((text) => ({ text, source: null }));
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `answer ${index}`);

function finished(more: Partial<PromptDraft>) {
  const result = finishPrompt(draft(more));
  if (!('prompt' in result)) throw new Error(`skipped: ${result.skip.reason}`);
  return { ...result.prompt, leftOut: result.leftOut.map(({ reason }) => reason) };
}

test.each<[string, Partial<PromptDraft>, string]>([
  ['no message', { messages: [] }, 'empty-prompt'],
  ['an empty message', { messages: [{ role: 'user', content: ' \n' }] }, 'empty-prompt'],
  ['a system message alone', { messages: [{ role: 'system', content: 'x' }] }, 'empty-prompt'],
  [
    'a text that is too long',
    { messages: [{ role: 'user', content: 'x'.repeat(importLimits.textLength + 1) }] },
    'too-long',
  ],
  ['a response that is too long', { responses: responses('x'.repeat(importLimits.textLength + 1), 'y') }, 'too-long'],
  ['too many messages', { messages: Array.from({ length: 201 }, () => ({ role: 'user', content: 'x' })) }, 'too-long'],
  ['a NUL character', { messages: [{ role: 'user', content: 'a\0b' }] }, 'bad-characters'],
  ['half of a surrogate pair', { responses: responses('a', 'b\ud800') }, 'bad-characters'],
  ['a language that is none', { language: 'English please' }, 'wrong-shape'],
  ['a tag that is too long', { tags: ['x'.repeat(201)] }, 'too-long'],
  [
    "the assistant's turn at the end and responses besides",
    { messages: [{ role: 'assistant', content: 'x' }], responses: responses('a', 'b') },
    'ends-with-answer',
  ],
  ["nothing but the assistant's turn", { messages: [{ role: 'assistant', content: 'x' }] }, 'empty-prompt'],
])('%s gives no prompt', (_, more, reason) => {
  expect(finishPrompt(draft(more))).toMatchObject({ skip: { reason } });
});

describe('responses', () => {
  test('of more than eight the first eight stay, and rankings go on over those', () => {
    const tiers = numbered(10).map((_, index) => [9 - index]);
    const {
      responses: kept,
      rankings,
      leftOut,
    } = finished({ responses: responses(...numbered(10)), rankings: [tiers] });
    expect(kept.map(({ text }) => text)).toEqual(numbered(8));
    expect(rankings).toEqual([[[7], [6], [5], [4], [3], [2], [1], [0]]]);
    expect(leftOut).toEqual(['too-many-responses']);
  });

  test('one alone is left out, and the prompt stays', () => {
    expect(finished({ responses: responses('a') })).toMatchObject({ responses: [], leftOut: ['one-response'] });
  });

  test('that are alike are one; where they were ranked apart nothing is sure', () => {
    const tied = finished({ responses: responses('a', 'b', 'a'), rankings: [[[0, 2], [1]]] });
    expect(tied).toMatchObject({ rankings: [[[0], [1]]], leftOut: ['same-response'] });
    const apart = finished({ responses: responses('a', 'b', 'a'), rankings: [[[0], [1], [2]]] });
    expect(apart).toMatchObject({ rankings: [], leftOut: ['same-response', 'unclear-ranking'] });
    const pair = finished({ responses: responses('a', 'a'), rankings: [[[0], [1]]] });
    expect(pair).toMatchObject({ responses: [], rankings: [], leftOut: ['same-response', 'one-response'] });
  });

  test('that are empty are left out, and the others keep their order', () => {
    const { responses: kept, rankings } = finished({
      responses: responses('a', ' ', 'b'),
      rankings: [[[2], [1], [0]]],
    });
    expect(kept.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(rankings).toEqual([[[1], [0]]]);
  });

  test('a ranking that leaves one out is none', () => {
    expect(finished({ responses: responses('a', 'b', 'c'), rankings: [[[0], [1]]] })).toMatchObject({
      rankings: [],
      leftOut: ['unclear-ranking'],
    });
  });
});

test("a conversation's last turn, the assistant's, is its response", () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
  ];
  expect(finished({ messages })).toMatchObject({ messages: [{ role: 'user' }], leftOut: ['one-response'] });
});

test('labels are trimmed and said once', () => {
  expect(finished({ tags: [' a', 'a ', '', 'b'], persona: ' ', language: ' en ' })).toMatchObject({
    tags: ['a', 'b'],
    persona: null,
    language: 'en',
  });
});

test('scores: higher is better, equal ones tie, one missing makes none', () => {
  expect(tiersByScore([1, 3, 2, 3])).toEqual([[1, 3], [2], [0]]);
  expect(tiersByScore([1, null])).toBeNull();
  expect(tiersByScore([])).toBeNull();
});
