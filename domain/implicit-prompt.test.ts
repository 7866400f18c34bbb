// The common beginning of a pair's sides: TRL's examples, and the boundaries at which a text must not be cut.
import { describe, expect, test } from 'vitest';
import { parseJsonLine, toTrainingExample, trainingRowSchema } from './formats.ts';
import { splitPrompt } from './implicit-prompt.ts';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('splitPrompt', () => {
  test("TRL's example: the shared messages", () => {
    const question = user('What color is the sky?');
    expect(splitPrompt([question, assistant('It is blue.')], [question, assistant('It is green.')])).toEqual({
      prompt: [question],
      chosen: [assistant('It is blue.')],
      rejected: [assistant('It is green.')],
    });
  });

  test.each([
    ['The sky is blue.', 'The sky is green.', 'The sky is'],
    ['Q: color?\nA: blue', 'Q: color?\nA: black', 'Q: color?\nA:'], // not within "bl"
    ['Q\nblue', 'Q\nred', 'Q\n'],
    ['Say: (a)', 'Say: [a]', 'Say:'],
    ['Sum 12, ok', 'Sum 12 ok', 'Sum 12'],
    ['Go to Köln now', 'Go to Körper now', 'Go to'],
    ['Well 😀', 'Well 😁', 'Well'], // not within a surrogate pair
  ])('%j and %j share %j', (chosen, rejected, prompt) => {
    const split = splitPrompt(chosen, rejected);
    expect(split?.prompt).toBe(prompt);
    expect([`${split?.prompt}${split?.chosen}`, `${split?.prompt}${split?.rejected}`]).toEqual([chosen, rejected]);
  });

  test.each([
    ['nothing is common', 'blue', 'green'],
    ['the word is all that is common', 'blue sky', 'blues'],
    ['one is the beginning of the other', 'The sky.', 'The sky. Indeed.'],
  ])('is none where %s', (_, chosen, rejected) => {
    expect(splitPrompt(chosen, rejected)).toBeNull();
  });
});

test('a row without a prompt is read by what its sides share, and refused where they share nothing or come as tokens', () => {
  const read = (row: object) => toTrainingExample(parseJsonLine(trainingRowSchema, JSON.stringify(row), 'F', 3), []);
  expect(read({ chosen: 'Sky? Blue', rejected: 'Sky? Red' })).toEqual({
    prompt: 'Sky?',
    chosen: ' Blue',
    rejected: ' Red',
  });
  expect(() => read({ chosen: 'Blue', rejected: 'Red' })).toThrow('F line 3: "prompt" is missing.');
  const tokens = { chosen: 'Sky? Blue', rejected: 'Sky? Red', chosen_token_ids: [1], rejected_token_ids: [2] };
  expect(() => read(tokens)).toThrow(/"prompt" is missing/);
});
