// What is cut and what is left out, token by token; splits by prompt; buckets and the orders of an epoch.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { trainConfigSchema } from '../config.ts';
import { createRandom } from '../random.ts';
import { rowLength, sizeOf, type TokenRow } from './batch.ts';
import { epochOrder, inBuckets, paddingShare } from './buckets.ts';
import { fitRow, type Limits, prepareRows, splitByPrompt } from './data.ts';

const llama = await openCheckpoint(fileURLToPath(new URL('../fixtures/llama', import.meta.url)));
const [bos, eos, newline] = [1, 2, 9];
const limits: Limits = { prompt: 4, whole: 8, mode: 'keep_end', bosTokenId: bos, eosTokenIds: [eos] };
const row = (prompt: number[], ...completions: number[][]): TokenRow => ({ prompt, completions });

describe('a row is fitted to its limits', () => {
  test('and left as it is where it fits', () => {
    const fitting = row([bos, 5, 6, 7], [10, 11, 12, eos], [13, eos]);
    expect(fitRow(fitting, limits)).toEqual({ row: fitting, truncated: [] });
  });

  test('a prompt keeps its end and its BOS, or its start', () => {
    const long = row([bos, 5, 6, 7, 8], [10, eos], [11, eos]);
    expect(fitRow(long, limits)).toEqual({
      row: { ...long, prompt: [bos, 6, 7, 8] },
      truncated: ['prompt cut to max_prompt_length 4'],
    });
    expect(fitRow(long, { ...limits, mode: 'keep_start' })).toMatchObject({ row: { prompt: [bos, 5, 6, 7] } });
    const withoutBos = row([4, 5, 6, 7, 8], [10, eos], [11, eos]);
    expect(fitRow(withoutBos, limits)).toMatchObject({ row: { prompt: [5, 6, 7, 8] } });
    expect(fitRow(long, { ...limits, mode: 'drop' })).toEqual({ dropped: 'prompt longer than max_prompt_length 4' });
  });

  test('a completion keeps its start and its end of turn, with what the template writes after it', () => {
    const long = row([bos, 5, 6, 7], [10, 11, 12, 13, 14, eos, newline], [20, eos, newline]);
    expect(fitRow(long, limits)).toEqual({
      row: {
        ...long,
        completions: [
          [10, 11, eos, newline],
          [20, eos, newline],
        ],
      },
      truncated: ['completion cut to 8 tokens'],
    });
    expect(fitRow(long, { ...limits, mode: 'drop' })).toEqual({ dropped: 'longer than 8 tokens' });
  });

  test('one that its length had cut already gets no end', () => {
    const cut = row([bos, 5, 6, 7], [10, 11, 12, 13, 14, 15], [20, eos]);
    expect(fitRow(cut, limits)).toMatchObject({
      row: {
        completions: [
          [10, 11, 12, 13],
          [20, eos],
        ],
      },
    });
    const early = row([bos, 5, 6, 7], [10, eos, 12, 13, 14, 15, 16], [20, eos]);
    expect(fitRow(early, limits)).toMatchObject({
      row: {
        completions: [
          [10, eos, 12, 13],
          [20, eos],
        ],
      },
    });
  });

  test('weights are cut with their tokens', () => {
    const long = {
      ...row([bos, 5, 6, 7], [10, 11, 12, 13, 14, eos], [20, eos]),
      weights: [
        [1, 1, 1, 1, 1, 0],
        [1, 0],
      ],
    };
    expect(fitRow(long, limits)).toMatchObject({
      row: {
        weights: [
          [1, 1, 1, 0],
          [1, 0],
        ],
      },
    });
  });

  test('a prompt that leaves no room is dropped, and so are sides that are the same once cut', () => {
    const full = row([bos, 5, 6, 7], [10, 11, eos], [20, eos]);
    expect(fitRow(full, { ...limits, whole: 5 })).toEqual({ dropped: 'longer than 5 tokens' });
    const alike = row([bos, 5, 6, 7], [10, 11, 12, 13, eos], [10, 11, 12, 14, eos]);
    expect(fitRow(alike, limits)).toEqual({ dropped: 'chosen and rejected are the same up to 8 tokens' });
    expect(fitRow(row([5], [10], [10]), limits)).toEqual({ dropped: 'chosen and rejected are the same' });
  });
});

test('examples are cut to the settings with every reason counted, and each keeps its end of turn', () => {
  const chat = (words: number) => [{ role: 'user', content: Array(words).fill('word').join(' ') }];
  const pairs = [4, 40, 4].map((words, i) => ({
    prompt: chat(words),
    chosen: Array(i === 2 ? 60 : 3)
      .fill('good')
      .join(' '),
    rejected: 'bad',
  }));
  const report = { dropped: {}, truncated: {} };
  const config = trainConfigSchema.parse({ max_length: 100, max_prompt_length: 40 });
  const rows = prepareRows(llama, pairs, config, report);
  expect(rows).toHaveLength(3);
  expect(report).toEqual({
    dropped: {},
    truncated: { 'prompt cut to max_prompt_length 40': 1, 'completion cut to 100 tokens': 1 },
  });
  const [end] = llama.config.eosTokenIds;
  for (const { prompt, completions } of rows) {
    for (const ids of completions) {
      expect(prompt.length + ids.length).toBeLessThanOrEqual(100);
      expect(ids.filter((id) => id === end)).toHaveLength(1);
    }
  }
});

test('a prompt whose tokens change when its completion follows is an error that names the pair', () => {
  const pairs = [
    { prompt: 'good ', chosen: 'yes', rejected: 'no' },
    { prompt: 'wor', chosen: 'd', rejected: 'k' },
  ];
  const config = trainConfigSchema.parse({});
  expect(() => prepareRows(llama, pairs, config)).toThrow(/^Pair [12]: The tokens of the prompt .* change/);
});

describe('a split by prompt', () => {
  const examples = Array.from({ length: 40 }, (_, i) => ({ prompt: `p${i % 10}`, id: i }));
  const promptOf = ({ prompt }: { prompt: string }) => prompt;
  test('keeps all of a prompt on one side, by the seed', () => {
    const { training, evaluation } = splitByPrompt(examples, 0.2, 7, promptOf);
    expect(evaluation).toHaveLength(8);
    expect(training).toHaveLength(32);
    const held = new Set(evaluation.map(({ prompt }) => prompt));
    expect(training.some(({ prompt }) => held.has(prompt))).toBe(false);
    expect(splitByPrompt(examples, 0.2, 7, promptOf)).toEqual({ training, evaluation });
    expect(splitByPrompt(examples, 0.2, 8, promptOf)).not.toEqual({ training, evaluation });
  });
  test('holds one out at least, leaves one at least, and refuses a single prompt', () => {
    expect(splitByPrompt(examples, 0.001, 7, promptOf).evaluation).toHaveLength(4);
    expect(splitByPrompt(examples, 0.999, 7, promptOf).training).toHaveLength(4);
    expect(() => splitByPrompt(examples.slice(0, 1), 0.5, 7, promptOf)).toThrow(/only one/);
  });
});

describe('buckets and orders', () => {
  const random = createRandom(5);
  const lengths = Array.from({ length: 203 }, () => Math.floor(60 + 400 * random.uniform() ** 2));
  const rows = inBuckets(
    lengths.map((length, id) => row([id], Array(Math.ceil(length / 2)).fill(3), Array(Math.floor(length / 2)).fill(4))),
    8,
  );
  const settings = { train_sampling_strategy: 'group_by_length', per_device_train_batch_size: 8, seed: 3 } as const;

  test('six buckets hold every row, and pad less than one', () => {
    const sizes = new Set(rows.map(({ bucket }) => bucket?.length));
    expect(sizes.size).toBe(6);
    for (const one of rows) expect(one.bucket?.length).toBeGreaterThanOrEqual(rowLength(one));
    const padded = (all: readonly TokenRow[]) => all.reduce((sum, one) => sum + (one.bucket?.length ?? 0), 0);
    const one = inBuckets(rows.slice(0, 203), 203);
    expect(new Set(one.map(({ bucket }) => bucket?.length)).size).toBe(1);
    expect(padded(rows)).toBeLessThan(0.6 * padded(one));
  });

  test('the least padding of all choices of two bounds', () => {
    const few = [16, 16, 32, 64, 160, 176].map((length) => row([1], Array(length).fill(3)));
    // A row of one prompt token and n completion tokens has length n.
    const bounds = inBuckets(few, 1).map(({ bucket }) => bucket?.length);
    const three = inBuckets(few.slice(0, 4), 1).map(({ bucket }) => bucket?.length);
    expect(three).toEqual([32, 32, 32, 64]);
    expect(bounds).toEqual([32, 32, 32, 64, 176, 176]);
  });

  test('every epoch has every row once, in an order of its own, the same each time it is asked for', () => {
    for (const strategy of ['group_by_length', 'random'] as const) {
      const [first, again, second] = [0, 0, 1].map((epoch) =>
        epochOrder(rows, { ...settings, train_sampling_strategy: strategy }, epoch).map(({ prompt: [id] }) => id),
      );
      expect(first).toEqual(again);
      expect(first).not.toEqual(second);
      expect([...(first ?? [])].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(rows.map((_, i) => i));
    }
    expect(epochOrder(rows, { ...settings, train_sampling_strategy: 'sequential' }, 1)).toEqual(rows);
  });

  test('grouping pads less than half of what a random order does', () => {
    const share = (strategy: 'random' | 'group_by_length') =>
      paddingShare(epochOrder(rows, { ...settings, train_sampling_strategy: strategy }, 0), 8);
    expect(share('group_by_length')).toBeLessThan(0.25);
    expect(share('random')).toBeGreaterThan(0.5);
    expect(sizeOf(rows.slice(0, 8), 8).length % 16).toBe(0);
  });
});
