import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scoresOf } from '../../domain/judging.ts';
import type { SamplingConfig } from '../../engine/config.ts';
import { EngineError } from '../../engine/errors.ts';
import type { SampleRequest, Sampler } from '../../engine/ports.ts';
import { openRewardModel } from '../../engine/training/reward-model.ts';
import { createLimiter } from '../limit.ts';
import { judgeKinds, openJudge } from './index.ts';
import { judgeAll } from './judge-all.ts';

test('the five judges', () => {
  expect(judgeKinds.toSorted()).toEqual(['local', 'openai', 'oracle', 'random', 'reward']);
});

test('the oracle ranks by its score and ties equal ones, for text and for messages', async () => {
  const question = 'Is the grey teapot in stock?';
  const responses = ['Blue the of on.', 'Blue the of on.', 'Blue the of on. Blue the of on.'];
  const judge = openJudge({ kind: 'oracle' });
  const verdict = await judge({ prompt: question, responses }, { seed: 1 });
  expect(verdict.tiers).toEqual([[0, 1], [2]]);
  expect(verdict.verdict).toMatch(/^response 1: -?[\d.]+, response 2: -?[\d.]+, response 3: -?[\d.]+$/);
  expect(verdict.shownOrder).toEqual([0, 1, 2]);
  const prompt = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: question },
  ];
  expect(await judge({ prompt, responses }, { seed: 2 })).toEqual(verdict);
});

test('the random judge knows no ties, follows its seeds, and no place is favoured', async () => {
  const judge = openJudge({ kind: 'random', seed: 3 });
  const responses = ['a', 'b', 'c', 'd'];
  const wins = [0, 0, 0, 0];
  for (let number = 0; number < 2000; number++) {
    const { tiers } = await judge({ prompt: `prompt ${number}`, responses }, { seed: 1 });
    expect(tiers?.map((tier) => tier.length)).toEqual([1, 1, 1, 1]);
    const best = tiers?.[0]?.[0] ?? 0;
    wins[best] = (wins[best] ?? 0) + 1;
  }
  for (const count of wins) expect(Math.abs(count - 500)).toBeLessThan(100);
  const once = await judge({ prompt: 'x', responses }, { seed: 7 });
  expect(await judge({ prompt: 'x', responses }, { seed: 7 })).toEqual(once);
  const others = await Promise.all([8, 9, 10, 11].map((seed) => judge({ prompt: 'x', responses }, { seed })));
  expect(others.some(({ tiers }) => JSON.stringify(tiers) !== JSON.stringify(once.tiers))).toBe(true);
});

/** A sampler of the real port that answers from a script: what a model would say is not the matter here. */
function scriptedSampler(answer: (question: string) => string) {
  const asked: { requests: SampleRequest[]; config: SamplingConfig }[] = [];
  let busy = 0;
  const sampler: Sampler = {
    async *sample(requests, config) {
      asked.push({ requests, config });
      if (++busy > 1) throw new Error('asked twice at once');
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const { id, prompt } of requests) {
        const text = answer(Array.isArray(prompt) ? (prompt.at(-1)?.content ?? '') : '');
        yield { type: 'progress', id, index: 0, text };
        yield {
          type: 'response',
          id,
          index: 0,
          response: { text, tokenIds: [1], finishReason: 'stop', logp: -1, tokenLogps: [-1] },
        };
      }
      busy--;
    },
    close: async () => {},
  };
  return { sampler, asked };
}

test('a local policy is asked greedily, one question at a time', async () => {
  const labelOf = (question: string, text: string) =>
    new RegExp(`RESPONSE (\\w) BEGIN \\w+\\n${text}`).exec(question)?.[1];
  const { sampler, asked } = scriptedSampler(
    (question) => `<think>hm</think>Ranking: [[${labelOf(question, 'good')} > ${labelOf(question, 'bad')}]]`,
  );
  const judge = openJudge({ kind: 'local', sampler, maxTokens: 64 });
  const request = { prompt: 'Hello?', responses: ['bad', 'good'] };
  const verdicts = await Promise.all([1, 2, 3, 4].map((seed) => judge(request, { seed })));
  for (const { tiers } of verdicts) expect(tiers).toEqual([[1], [0]]);
  expect(asked).toHaveLength(4);
  expect(asked[0]?.config).toMatchObject({ temperature: 0, max_new_tokens: 64 });
  expect(asked[0]?.requests).toMatchObject([{ n: 1, prompt: [{ role: 'user' }] }]);
});

test('a local policy that talks nonsense is unparseable', async () => {
  const { sampler } = scriptedSampler(() => 'is the blue teapot teapot');
  const judge = openJudge({ kind: 'local', sampler }, 'pairwise');
  expect((await judge({ prompt: 'Hello?', responses: ['a', 'b'] }, { seed: 1 })).tiers).toBeNull();
});

test('a question longer than the context of a local policy is told, with what to do', async () => {
  const sampler: Sampler = {
    sample: () => {
      throw new EngineError('DATA_INVALID', "Prompt judge has 797 tokens, which fill the model's 256 positions.");
    },
    close: async () => {},
  };
  const judging = openJudge({ kind: 'local', sampler })({ prompt: 'x', responses: ['a', 'b'] }, { seed: 1 });
  await expect(judging).rejects.toMatchObject({
    code: 'JUDGE_REFUSED',
    message: expect.stringMatching(/797 tokens.*: choose a model with a longer context\.$/),
  });
});

test('all are judged, each with a seed of its own and so many at a time; what came before a failure is told', async () => {
  const requests = new Map([3, 5, 8, 9].map((key) => [key, { prompt: `prompt ${key}`, responses: ['a', 'b'] }]));
  const judge = openJudge({ kind: 'random', seed: 1 });
  const verdicts = await judgeAll(judge, requests, { seed: 1 });
  expect([...verdicts.keys()].toSorted()).toEqual([3, 5, 8, 9]);
  const fewer = await judgeAll(judge, new Map([...requests].slice(2)), { seed: 1, concurrency: 1 });
  expect(fewer.get(8)).toEqual(verdicts.get(8));

  const kept: number[] = [];
  let started = 0;
  const failing = judgeAll(
    async (request, options) => {
      started++;
      if (request.prompt === 'prompt 8') throw new Error('down');
      return judge(request, options);
    },
    requests,
    { seed: 1, concurrency: 1, onVerdict: (key) => kept.push(key) },
  );
  await expect(failing).rejects.toThrow('down');
  expect(kept).toEqual([3, 5]);
  expect(started).toBe(3);
});

test.each([1, 9])('%i responses are refused by every judge', async (count) => {
  const responses = Array.from({ length: count }, () => 'a');
  await expect(openJudge({ kind: 'oracle' })({ prompt: 'x', responses }, { seed: 1 })).rejects.toMatchObject({
    code: 'DATA_INVALID',
  });
});

test('a limiter runs no more than its limit, and a failed task gives its place back', async () => {
  const limit = createLimiter(2);
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 10 }, (_, index) =>
    limit(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      if (index % 3 === 0) throw new Error('no');
      return index;
    }),
  );
  const results = await Promise.allSettled(tasks);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
  expect(most).toBe(2);
});

test('a reward model ranks by its numbers, and tells them', async () => {
  const fixtures = fileURLToPath(new URL('../../engine/fixtures/', import.meta.url));
  const model = await openRewardModel({
    model: `${fixtures}llama`,
    adapter: `${fixtures}llama-reward`,
    device: 'cpu',
  });
  const verdict = await openJudge({ kind: 'reward', model })(
    { prompt: [{ role: 'user', content: 'red order cost?' }], responses: ['early.', 'on the blue monday.', 'early.'] },
    { seed: 1 },
  );
  await model.close();
  const [first = 0, second = 0, third = 0] = verdict.scores ?? [];
  expect(first).toBe(third);
  expect(first).not.toBe(second);
  expect(verdict.tiers).toEqual(first > second ? [[0, 2], [1]] : [[1], [0, 2]]);
  expect(scoresOf(verdict)).toEqual(verdict.scores);
});
