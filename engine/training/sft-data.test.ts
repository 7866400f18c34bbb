// Which tokens of an example are learnt, what is cut where one is too long, and which conversations a split keeps together.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { sftConfigSchema } from '../config.ts';
import type { ChatMessage, SftExample } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import type { Limits } from './data.ts';
import { fitTurns, prepareSftData } from './sft-data.ts';

const llama = await openCheckpoint(fileURLToPath(new URL('../fixtures/llama', import.meta.url)));
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const prepare = (examples: SftExample[], settings: object = {}, evalExamples: SftExample[] = []) =>
  prepareSftData(llama, { examples, evalExamples, config: sftConfigSchema.parse(settings) });

describe('a conversation that is too long', () => {
  const eos = 2;
  const limits = (whole: number): Limits => ({
    prompt: Number.POSITIVE_INFINITY,
    whole,
    mode: 'keep_start',
    bosTokenId: 1,
    eosTokenIds: [eos],
  });
  const row: TokenRow = {
    prompt: [1, 5, 6],
    completions: [[10, 11, eos, 7, 8, 12, 13, 14, eos]],
    weights: [[1, 1, 1, 0, 0, 1, 1, 1, 1]],
  };

  test('keeps the turns that fit whole', () => {
    expect(fitTurns(row, limits(12))).toEqual({ row, truncated: [] });
    for (const whole of [11, 8, 6]) {
      expect(fitTurns(row, limits(whole))).toEqual({
        row: { prompt: row.prompt, completions: [[10, 11, eos]], weights: [[1, 1, 1]] },
        truncated: [`conversation cut to the turns that fit ${whole} tokens`],
      });
    }
  });
  test('is cut within its first turn where that does not fit, which keeps its end', () => {
    expect(fitTurns(row, limits(5))).toEqual({
      row: { prompt: row.prompt, completions: [[10, eos]], weights: [[1, 1]] },
      truncated: ['completion cut to 5 tokens'],
    });
    expect(fitTurns(row, limits(4))).toEqual({ dropped: 'longer than 4 tokens' });
  });
  test('is left out where nothing is to be cut', () => {
    expect(fitTurns(row, { ...limits(11), mode: 'drop' })).toEqual({ dropped: 'longer than 11 tokens' });
  });
});

test('what was cut and left out is counted, and every row ends with its end of turn', () => {
  const long = Array(40).fill('word').join(' ');
  const examples = [
    { prompt: [user('Hi')], completion: [assistant('Hello')] },
    { prompt: [user('Hi')], completion: [assistant(long)] },
    { prompt: [user(long)], completion: [assistant('Hello')] },
    { messages: [user('Hi'), assistant('Hello'), user(long), assistant(long)] },
  ];
  const { rows, report } = prepare(examples, { max_length: 32 });
  expect(rows).toHaveLength(3);
  expect(report).toEqual({
    dropped: { 'longer than 32 tokens': 1 },
    truncated: { 'completion cut to 32 tokens': 1, 'conversation cut to the turns that fit 32 tokens': 1 },
  });
  const [end] = llama.config.eosTokenIds;
  for (const { prompt, completions, total } of rows) {
    const [ids = []] = completions;
    expect(prompt.length + ids.length).toBeLessThanOrEqual(32);
    expect(ids.filter((id) => id === end)).toHaveLength(1);
    expect(total).toBe(ids.length);
  }
  expect(prepare(examples, { max_length: 32, truncation_mode: 'drop' }).report).toEqual({
    dropped: { 'longer than 32 tokens': 3 },
    truncated: {},
  });
});

test('a weight on prompts makes all tokens but the first learnt, those of other turns too', () => {
  const examples = [{ messages: [user('Hi'), assistant('Hello'), user('And?'), assistant('Bye')] }];
  const [plain] = prepare(examples).rows;
  const [weighed] = prepare(examples, { prompt_loss_weight: 0.25 }).rows;
  const ids = [...(plain?.prompt ?? []), ...(plain?.completions[0] ?? [])];
  expect(weighed).toMatchObject({ prompt: ids.slice(0, 1), completions: [ids.slice(1)] });
  const learnt = plain?.weights?.[0]?.filter((weight) => weight === 1).length ?? 0;
  expect(plain?.total).toBe(learnt);
  expect(weighed?.total).toBe(learnt + 0.25 * (ids.length - 1 - learnt));
});

test('examples that open alike are held out together, whatever their form and their length', () => {
  const examples = Array.from({ length: 10 }, (_, i): SftExample[] => [
    { prompt: [user(`Say ${i}`)], completion: `It is ${i}.` },
    { messages: [user(`Say ${i}`), assistant(`It is ${i}.`), user('And?'), assistant('Nothing.')] },
    { prompt: [user(`Say ${i}`), assistant('What?'), user('Again')], completion: [assistant(`It is ${i}.`)] },
  ]).flat();
  const { rows, evalRows } = prepare(examples, { eval_split: 0.2 });
  const openings = (some: typeof rows) =>
    new Set(some.map(({ prompt }) => /Say \d/.exec(llama.tokenizer.decode(prompt))?.[0]));
  expect([rows.length, evalRows.length]).toEqual([24, 6]);
  expect(openings(evalRows).size).toBe(2);
  for (const opening of openings(evalRows)) expect(openings(rows)).not.toContain(opening);
});

test('a greeting of the assistant opens nothing: the user does', () => {
  const examples = Array.from({ length: 10 }, (_, i) => ({
    messages: [assistant('How can I help?'), user(`Say ${i}`), assistant(`It is ${i}.`)],
  }));
  expect(prepare(examples, { eval_split: 0.2 }).evalRows).toHaveLength(2);
});

describe('refused in a sentence', () => {
  const good = { prompt: [user('Hi')], completion: [assistant('Hello')] };
  test('an example that makes no sense, by its number', () => {
    expect(() => prepare([good, { prompt: 'good ', completion: 'yes' }])).toThrow(
      /^Example 2: The tokens of the prompt .* change/,
    );
    expect(() => prepare([good, { messages: [user('Hi'), user('Ho')] }])).toThrow(
      /^Example 2: .* no turn of the assistant/,
    );
  });
  test('held-out examples of which none fits, and settings that judge by none', () => {
    const long = { prompt: [user(Array(60).fill('word').join(' '))], completion: 'Hello' };
    expect(() => prepare([good], { max_length: 32 }, [long])).toThrow(
      'No example is left to evaluate on: 1 of 1 dropped (longer than 32 tokens).',
    );
    expect(() => prepare([good], { early_stopping_patience: 1 })).toThrow(/no example is held out/);
    expect(() => prepare([good, good], { eval_split: 0.5 })).toThrow(/there is only one/);
  });
});
