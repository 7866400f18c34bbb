// On-policy runs on a tiny random model: what is sampled is the policy that was trained so far, and a reward that training
// can reach rises. The losses themselves are checked against TRL's (engine/grpo.test.ts, preferences.test.ts).
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter } from '../checkpoint/peft.ts';
import { samplingConfigSchema } from '../config.ts';
import { grpoConfigSchema, onlineDpoConfigSchema } from '../online-config.ts';
import type { TrainMetrics } from '../ports.ts';
import { openSession } from '../runtime/session.ts';
import { createSampler } from '../sampling/sampler.ts';
import { type OnlineJob, type ScoreResponses, trainOnline } from './online.ts';
import { pairOf } from './online-dpo-step.ts';

const model = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
const prompts = ['One', 'Two words', 'And three words', 'Four'];
/** Responses full of the letter e are the good ones. */
const countLetters: ScoreResponses = async (requests) =>
  requests.map(({ responses }) => responses.map((text) => text.match(/e/gi)?.length ?? 0));

const common = {
  max_completion_length: 12,
  learning_rate: 1e-2,
  lr_scheduler_type: 'constant',
  lora: { r: 4, lora_alpha: 8 },
};
const base = {
  model,
  adapter: null,
  reference: 'base',
  prompts,
  score: countLetters,
  judge: 'letters',
  device: 'cpu',
} as const;

async function run(job: Omit<OnlineJob, 'out'>) {
  const out = await mkdtemp(join(tmpdir(), 'rankloop-online-'));
  const metrics: TrainMetrics[] = [];
  const result = await trainOnline({ ...job, out } as OnlineJob, (told) => void metrics.push(told));
  return { out, result, metrics, of: (name: string) => metrics.map(({ values }) => values[name] ?? Number.NaN) };
}

const grpo = (config: Record<string, unknown>) =>
  ({
    ...base,
    method: 'grpo',
    config: grpoConfigSchema.parse({ ...common, num_generations: 8, per_device_train_batch_size: 16, ...config }),
  }) as const;
const dpo = (config: Record<string, unknown>) =>
  ({
    ...base,
    method: 'online_dpo',
    config: onlineDpoConfigSchema.parse({
      ...common,
      temperature: 1,
      num_generations: 6,
      per_device_train_batch_size: 4,
      ...config,
    }),
  }) as const;

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the reward that is asked for rises', () => {
  test.each([
    ['grpo', grpo({ max_steps: 30, beta: 0.02 })],
    ['online_dpo', dpo({ max_steps: 30 })],
  ] as const)('%s', async (_, job) => {
    const { of, result } = await run(job);
    expect(result.steps).toBe(30);
    expect(mean(of('reward').slice(-5))).toBeGreaterThan(mean(of('reward').slice(0, 5)) + 0.5);
  });
});

test('each pass over the same responses lowers their loss', async () => {
  const { of, result } = await run(grpo({ max_steps: 4, num_iterations: 4, save_steps: 4, learning_rate: 1e-3 }));
  expect(result.samplings).toBe(1);
  const losses = of('loss');
  for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThan(losses[i] as number);
});

test.each([
  ['layers', common.lora],
  ['embedding and head', { ...common.lora, target_modules: ['embed_tokens', 'lm_head'] }],
])('the sampler takes the matrices of %s as they are at each call', async (_, lora) => {
  const checkpoint = await openCheckpoint(model);
  const { out } = await run(grpo({ max_steps: 3, temperature: 0.8, lora }));
  const trained = await readAdapter(out, checkpoint);
  const changing = await readAdapter(out, checkpoint);
  for (const { b } of changing.modules.values()) b.data.fill(0);
  const sampler = createSampler(checkpoint, { device: 'cpu', live: new Map([['policy', changing]]) }, openSession);
  const sample = async (adapter: string | null) => {
    const config = samplingConfigSchema.parse({ max_new_tokens: 12 });
    const found: string[] = [];
    for await (const chunk of sampler.sample([{ id: 'x', prompt: 'One', n: 3, seed: 1, adapter }], config)) {
      if (chunk.type === 'response')
        found[chunk.index] = JSON.stringify([chunk.response.tokenIds, chunk.response.logp]);
    }
    return found;
  };
  expect(await sample('policy')).toEqual(await sample(null));
  for (const [module, { b }] of changing.modules) b.data.set(trained.modules.get(module)?.b.data ?? []);
  const swapped = await sample('policy');
  expect(swapped).toEqual(await sample(out));
  expect(swapped).not.toEqual(await sample(null));
  await sampler.close();
});

test('log-probs of the policy that sampled make a first ratio of one, as if it were its own', async () => {
  const own = await run(grpo({ max_steps: 2, beta: 0.1 }));
  const fed = await run(grpo({ max_steps: 2, beta: 0.1, num_iterations: 2, save_steps: 2 }));
  expect(fed.of('clip_ratio/region_mean')[0]).toBe(0);
  for (const name of ['loss', 'grad_norm', 'entropy'])
    expect(fed.of(name)[0]).toBeCloseTo(own.of(name)[0] as number, 5);
  expect(fed.result).toMatchObject({ samplings: 1, responses: 16 });
  expect(own.result).toMatchObject({ samplings: 2, responses: 32 });
});

test('a run that is resumed ends where the whole one does, and goes on with its judge only', async () => {
  const job = grpo({ max_steps: 6, save_steps: 4, beta: 0.05 });
  const whole = await run(job);
  const resumeFrom = join(whole.out, 'checkpoint-4');
  const resumed = await run({ ...job, resumeFrom });
  expect({ ...resumed.result, adapter: '', seconds: 0 }).toEqual({ ...whole.result, adapter: '', seconds: 0 });
  await expect(run({ ...job, judge: 'another', resumeFrom })).rejects.toThrow(/other data, settings or model/);
  const weights = (folder: string) => readFile(join(folder, 'adapter_model.safetensors'));
  expect(await readdir(whole.out)).toContain('checkpoint-4');
  expect((await weights(resumed.out)).equals(await weights(whole.out))).toBe(true);
});

test('without a verdict there is nothing to learn, and nothing is changed', async () => {
  const { result, of, out } = await run({
    ...dpo({ max_steps: 2 }),
    score: async (requests) => requests.map(() => null),
  });
  expect(result.unjudged).toBe(8);
  expect(of('loss')).toEqual([0, 0]);
  const adapter = await readAdapter(out, await openCheckpoint(model));
  for (const { b } of adapter.modules.values()) expect(b.data.every((value) => value === 0)).toBe(true);
});

test('online DPO sets the best response against the worst', () => {
  const response = (tokenIds: number[], finishReason: 'stop' | 'length' = 'stop') => ({
    text: '',
    tokenIds,
    finishReason,
    logp: 0,
    tokenLogps: [],
  });
  const responses = [response([1]), response([2]), response([3], 'length'), response([4])];
  const pair = (scores: number[] | null, isMasked: boolean) =>
    pairOf({ prompt: [9], responses, scores }, { mask_truncated_completions: isMasked })?.completions ?? null;
  expect(pair([0, 2, 5, 1], false)).toEqual([[3], [1]]);
  expect(pair([0, 2, 5, 1], true)).toEqual([[2], [1]]);
  expect(pair([1, 1, 1, 1], false)).toBeNull();
  expect(pair(null, false)).toBeNull();
});

describe('refuses', () => {
  test.each([
    ['all weights', grpoConfigSchema, { lora: null }, /as an adapter/],
    ['groups cut in two', grpoConfigSchema, { per_device_train_batch_size: 12 }, /multiple of num_generations \(8\)/],
    [
      'a sampling that ends within a step',
      grpoConfigSchema,
      { steps_per_generation: 3, gradient_accumulation_steps: 2 },
      /must be a multiple/,
    ],
    [
      'checkpoints between samplings',
      grpoConfigSchema,
      { num_iterations: 4, save_steps: 50 },
      /multiple of the 4 steps/,
    ],
    ['a loss without pairs', onlineDpoConfigSchema, { loss_type: 'kto' }, /no loss of single pairs/],
    ['a setting of the other method', grpoConfigSchema, { label_smoothing: 0.1 }, /label_smoothing/],
  ] as const)('%s', (_, schema, config, message) => {
    expect(JSON.stringify(schema.safeParse(config).error?.issues)).toMatch(message);
  });
  test('scores that are no numbers', async () => {
    const score: ScoreResponses = async (requests) => requests.map(({ responses }) => responses.map(() => Number.NaN));
    await expect(run({ ...grpo({ max_steps: 1 }), score })).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
  test('prompts that leave no room', async () => {
    await expect(run(grpo({ max_steps: 1, max_prompt_length: 1 }))).rejects.toThrow(/No prompt is left/);
  });
});
