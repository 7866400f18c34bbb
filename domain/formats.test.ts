import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { AppError } from './errors.ts';
import {
  pairRowSchema,
  parseJsonLine,
  parseJsonLines,
  promptRowSchema,
  rankingRowSchema,
  sampleRowSchema,
  toSampledRow,
  toTrainingExample,
  toTrainingPair,
  toTrlRow,
  trainingRowSchema,
} from './formats.ts';

const complaint = (schema: z.ZodType, line: unknown) => {
  try {
    parseJsonLine(schema, typeof line === 'string' ? line : JSON.stringify(line), 'F.jsonl', 17);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'DATA_INVALID' });
    return (error as AppError).message.replace('F.jsonl line 17: ', '');
  }
  return null;
};

const user = { role: 'user', content: 'Hi?' };
const assistant = { role: 'assistant', content: 'Hello.' };
const sample = { prompt: 'Hi?', responses: [{ text: 'a' }, { text: 'b' }] };

describe('a good line', () => {
  test.each<[z.ZodType, unknown]>([
    [promptRowSchema, { prompt: 'Hi?' }],
    [promptRowSchema, { prompt: [user], tags: ['shop'], id: 7 }],
    [sampleRowSchema, sample],
    [sampleRowSchema, { prompt: [user], responses: [{ text: '', token_ids: [2], finish_reason: 'stop', logp: -1.5 }] }],
    [rankingRowSchema, { ...sample, tiers: [[1], [0]], verdict: 'x', shown_order: [1, 0], extra: true }],
    [rankingRowSchema, { ...sample, tiers: [[1, 0]] }],
    [rankingRowSchema, { ...sample, tiers: null }],
    [pairRowSchema, { prompt: 'Hi?', chosen: 'a', rejected: 'b' }],
    [pairRowSchema, { prompt: [user], chosen: [assistant], rejected: [assistant], margin: 0.5 }],
    [pairRowSchema, { prompt: [user], chosen: 'a', rejected: 'b', chosen_token_ids: [1], rejected_token_ids: [2] }],
    [pairRowSchema, { prompt: 'Hi?', chosen: 'a', rejected: 'b', weight: 0, criterion: 'helpful', tags: ['x'] }],
    [trainingRowSchema, { prompt: 'Hi?', chosen: 'a', rejected: 'b', extra: 1 }],
    [trainingRowSchema, { prompt: [user], completion: [assistant], label: false, weight: 2 }],
  ])('%#: stays as it is', (schema, row) => {
    expect(parseJsonLine(schema, JSON.stringify(row), 'F.jsonl', 1)).toEqual(row);
  });
});

describe('a bad line is told by its number and reason', () => {
  test.each<[z.ZodType, unknown, string]>([
    [promptRowSchema, {}, '"prompt" is missing.'],
    [promptRowSchema, { prompt: 3 }, '"prompt" must be a string or a list of messages {"role", "content"}.'],
    [promptRowSchema, { prompt: '' }, '"prompt" must not be empty.'],
    [promptRowSchema, { prompt: [] }, '"prompt" must not be an empty list.'],
    [promptRowSchema, { prompt: [user, { role: 'user' }] }, '"prompt.1.content" is missing.'],
    [promptRowSchema, { prompt: [{ role: 'user', content: null }] }, '"prompt.0.content" must be text.'],
    [promptRowSchema, { prompt: ['Hi?'] }, '"prompt.0" must be a message {"role", "content"}.'],
    [promptRowSchema, [1], 'the line must be an object {"prompt"}.'],
    [promptRowSchema, 'null', 'the line must be an object {"prompt"}.'],
    [sampleRowSchema, { prompt: 'Hi?' }, '"responses" is missing.'],
    [sampleRowSchema, { prompt: 'Hi?', responses: 'a' }, '"responses" must be a list of responses {"text"}.'],
    [sampleRowSchema, { prompt: 'Hi?', responses: ['a'] }, '"responses.0" must be a response {"text"}.'],
    [
      sampleRowSchema,
      { prompt: 'Hi?', responses: [{ text: 'a', token_ids: [1.5] }] },
      '"responses.0.token_ids.0" must be token ids.',
    ],
    [
      sampleRowSchema,
      { prompt: 'Hi?', responses: [{ text: 'a', finish_reason: 'eos' }] },
      '"responses.0.finish_reason" must be "stop" or "length".',
    ],
    [rankingRowSchema, sample, '"tiers" is missing.'],
    [rankingRowSchema, { ...sample, tiers: [0, 1] }, '"tiers.0" must be a tier: a list of indices of responses.'],
    [rankingRowSchema, { ...sample, tiers: [[0]] }, '"tiers" are no ranking: response 1 is missing from the tiers.'],
    [
      rankingRowSchema,
      { ...sample, tiers: [[0, 1], [2]] },
      '"tiers" are no ranking: the tiers name response 2, which does not exist.',
    ],
    [pairRowSchema, { prompt: 'Hi?', chosen: 'a' }, '"rejected" is missing.'],
    [pairRowSchema, { prompt: 'Hi?', chosen: 'a', rejected: 'b', weight: -1 }, '"weight" must be 0 or more.'],
    [pairRowSchema, { prompt: 'Hi?', chosen: 'a', rejected: 'b', criterion: '' }, '"criterion" must not be empty.'],
    [trainingRowSchema, { prompt: 'Hi?', chosen: 'a' }, '"rejected" is missing.'],
    [trainingRowSchema, { prompt: 'Hi?', completion: 'a' }, '"label" is missing.'],
    [trainingRowSchema, { prompt: 'Hi?', completion: 'a', label: 1 }, '"label" must be true (desirable) or false.'],
    [
      trainingRowSchema,
      { prompt: 'Hi?', completion: [assistant], label: true },
      '"completion" is a list of messages, so "prompt" must be one too.',
    ],
    [trainingRowSchema, [1], 'the line must be an object {"prompt", "chosen", "rejected"}.'],
    [promptRowSchema, { prompt: 'Hi?', tags: 'x' }, '"tags" must be a list of texts.'],
    [
      pairRowSchema,
      { prompt: [user], chosen: [assistant], rejected: 'b' },
      '"rejected" must be of the same kind as "chosen": both strings or both lists of messages.',
    ],
    [
      pairRowSchema,
      { prompt: 'Hi?', chosen: [assistant], rejected: [assistant] },
      '"chosen" is a list of messages, so "prompt" must be one too.',
    ],
    [
      pairRowSchema,
      { prompt: 'Hi?', chosen: 'a', rejected: 'b', chosen_token_ids: [] },
      '"chosen_token_ids" must not be empty.',
    ],
  ])('%#', (schema, row, message) => {
    expect(complaint(schema, row)).toBe(message);
  });

  test('what is not JSON says so, briefly', () => {
    expect(complaint(promptRowSchema, '{"prompt": "Hi?"')).toMatch(
      /^this is not JSON \(.+\); every line must be one object\.$/,
    );
    expect(complaint(promptRowSchema, `{"prompt": ${'x'.repeat(10_000)}}`)?.length).toBeLessThan(250);
  });
});

test('a file is read by lines: blank ones, CRLF and a byte order mark do no harm, and numbers count them', () => {
  const text = '\ufeff{"prompt":"a"}\r\n\r\n{"prompt":"b\\u2028c"}\n';
  expect(parseJsonLines(promptRowSchema, text, 'F.jsonl').map(({ prompt }) => prompt)).toEqual(['a', 'b\u2028c']);
  expect(() => parseJsonLines(promptRowSchema, '{"prompt":"a"}\n\n{}\n', 'dir/F.jsonl')).toThrow(
    'dir/F.jsonl line 3: "prompt" is missing.',
  );
});

test('training takes the sampled tokens where there are any', () => {
  const row = { prompt: 'Hi?', chosen: 'a', rejected: 'b' };
  expect(toTrainingPair(row)).toEqual(row);
  expect(toTrainingPair({ ...row, chosen_token_ids: [5, 2], rejected_token_ids: [6] })).toEqual({
    prompt: 'Hi?',
    chosen: { tokenIds: [5, 2] },
    rejected: { tokenIds: [6] },
  });
  const cut = { ...row, chosen_finish_reason: 'length' as const, rejected_finish_reason: 'stop' as const };
  expect(toTrainingPair(cut)).toEqual({ prompt: 'Hi?', chosen: { cutText: 'a' }, rejected: 'b' });
});

test('a response from elsewhere is a line without what it does not have', () => {
  const remote = { text: 'a', tokenIds: null, finishReason: 'stop' as const, logp: null, tokenLogps: null };
  expect(toSampledRow(remote)).toEqual({ text: 'a', finish_reason: 'stop' });
  expect(toSampledRow({ ...remote, logp: -2, tokenLogps: [-2] })).toEqual({
    text: 'a',
    finish_reason: 'stop',
    logp: -2,
  });
});

test('an exported pair has one kind of content', () => {
  expect(toTrlRow('Hi?', 'a', 'b')).toEqual({ prompt: 'Hi?', chosen: 'a', rejected: 'b' });
  expect(toTrlRow([user], 'a', 'b')).toEqual({
    prompt: [user],
    chosen: [{ role: 'assistant', content: 'a' }],
    rejected: [{ role: 'assistant', content: 'b' }],
  });
});

test('a labelled line trains on its tokens, with its weight, under the conditions that are asked for', () => {
  const row = {
    prompt: 'Hi?',
    completion: 'a',
    completion_token_ids: [5, 2],
    label: true,
    weight: 0.5,
    tags: ['short'],
  };
  const expected = { completion: { tokenIds: [5, 2] }, label: true, weight: 0.5 };
  expect(toTrainingExample(row)).toEqual({ prompt: 'Hi?', ...expected });
  expect(toTrainingExample(row, ['tags'])).toEqual({ prompt: '[short]\nHi?', ...expected });
});
