// The reward model against TRL's RewardTrainer and peft (fixtures/README.md): rewards both ways, steps, and its loss by hand.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter } from '../checkpoint/peft.ts';
import { writeCheckpoint } from '../checkpoint/write-checkpoint.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { TrainingPair, TrainMetrics } from '../ports.ts';
import { roundedWeights } from '../quantization/rounded-weights.ts';
import { rewardConfigSchema } from '../reward-config.ts';
import { openSession } from '../runtime/session.ts';
import { type RewardJob, trainReward } from './reward.ts';
import { bradleyTerry } from './reward-graph.ts';
import { openRewardModel } from './reward-model.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const model = `${fixtures}llama`;
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
const golden = JSON.parse(await readFile(`${fixtures}reward.json`, 'utf8')) as {
  rewards: number[][];
  ours: number[][];
  runs: Record<string, { settings: Record<string, number>; metrics: Record<string, number>[] }>;
};
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-reward-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function rewardsUnder(adapter: string): Promise<number[][]> {
  const opened = await openRewardModel({ model, adapter, device: 'cpu' });
  const found = [];
  for (const { prompt, chosen, rejected } of pairs) found.push(await opened.reward(prompt, [chosen, rejected]));
  await opened.close();
  return found;
}

test.each([
  ["peft's folder", 'llama-reward', golden.rewards],
  ['a folder of ours, as peft loads it', 'ours-reward', golden.ours],
])('rewards through %s', async (_, name, expected) => {
  const found = await rewardsUnder(fixtures + name);
  for (const [i, sides] of expected.entries()) {
    for (const [k, reward] of sides.entries()) expect(Math.abs((found[i]?.[k] ?? 0) - reward)).toBeLessThan(1e-4);
  }
});

async function run(job: Partial<RewardJob> & { out: string }): Promise<Record<string, number>[]> {
  const metrics: TrainMetrics[] = [];
  await trainReward(
    { model, adapter: null, pairs, config: rewardConfigSchema.parse({}), device: 'cpu', ...job },
    (told) => void metrics.push(told),
  );
  return metrics.map(({ values }) => values);
}

describe("TRL's RewardTrainer", () => {
  test.each(Object.entries(golden.runs))('%s', async (name, { settings, metrics }) => {
    const config = rewardConfigSchema.parse({
      per_device_train_batch_size: 8,
      max_steps: 6,
      learning_rate: 1e-3,
      lr_scheduler_type: 'constant',
      train_sampling_strategy: 'sequential',
      ...settings,
      ...(name === 'margin' ? { margin_scale: 1 } : {}),
    });
    const margined = pairs.map((pair, i) => ({ ...pair, margin: 0.1 * (i % 5) }));
    const found = await run({ adapter: `${fixtures}llama-reward`, pairs: margined, config, out: join(folder, name) });
    expect(found).toHaveLength(metrics.length);
    // TRL reports an accumulated step's extremes as the mean of its micro-batches'.
    const compared =
      name === 'accumulated'
        ? ['loss', 'grad_norm', 'num_tokens', 'mean_reward', 'accuracy', 'margin']
        : Object.keys(metrics[0] ?? {});
    for (const [i, expected] of metrics.entries()) {
      for (const metric of compared) {
        const [ours, theirs] = [found[i]?.[metric] ?? Number.NaN, expected[metric] ?? Number.NaN];
        const tolerance = metric === 'grad_norm' ? 5e-3 : 2e-4;
        expect(Math.abs(ours - theirs), `${metric} at step ${i + 1}`).toBeLessThan(
          tolerance * Math.max(0.1, Math.abs(theirs)),
        );
      }
    }
  });
});

test('a fresh one learns its pairs, is evaluated, and its folder is no adapter of a policy', async () => {
  const out = join(folder, 'fresh');
  const config = rewardConfigSchema.parse({ learning_rate: 5e-3, max_steps: 30, logging_steps: 30, eval_steps: 30 });
  const [last] = await run({ out, config, evalPairs: pairs });
  expect(last).toMatchObject({ eval_accuracy: 1 });
  await expect(readAdapter(out, await openCheckpoint(model))).rejects.toMatchObject({
    code: 'ADAPTER_INVALID',
  });
  await expect(openRewardModel({ model, adapter: `${fixtures}llama-adapter` })).rejects.toThrow(/has no value head/);
  // qwen2's layers are of the same shapes: only the weights tell it apart.
  await expect(openRewardModel({ model: `${fixtures}qwen2`, adapter: out })).rejects.toThrow(
    /was trained on other weights than those in .*qwen2: give the base model/,
  );
  await (await openRewardModel({ model, adapter: out })).close();
});

test('over a four-bit base it learns as over the weights that the four bits stand for', async () => {
  const checkpoint = await openCheckpoint(model);
  const rounded = join(folder, 'rounded');
  await writeCheckpoint(checkpoint, await roundedWeights(checkpoint, 32), rounded);
  const train = (out: string, base: string, load_in_4bit: boolean) => {
    const settings = { per_device_train_batch_size: 24, max_steps: 12, learning_rate: 5e-3 };
    const config = rewardConfigSchema.parse({ ...settings, load_in_4bit });
    return run({ out: join(folder, out), model: base, adapter: `${fixtures}llama-reward`, config });
  };
  const four = await train('four-bit', model, true);
  const expected = await train('of-rounded', rounded, false);
  expect(four.at(-1)?.loss).toBeLessThan(0.8 * (four[0]?.loss ?? 0));
  for (const name of ['loss', 'grad_norm', 'mean_reward']) {
    expect(Math.abs((four[0]?.[name] ?? 0) / (expected[0]?.[name] ?? 1) - 1), name).toBeLessThan(1e-2);
  }
});

test('an evaluation without gradients gives the loss that the step after it begins with, in batches of its own', async () => {
  const settings = { per_device_train_batch_size: 24, per_device_eval_batch_size: 5, eval_steps: 1, max_steps: 2 };
  const config = rewardConfigSchema.parse({ ...settings, learning_rate: 1e-3 });
  const [first, second] = await run({ out: join(folder, 'evaluated'), config, evalPairs: pairs });
  expect(first?.eval_loss).toBeCloseTo(second?.loss ?? 0, 5);
  expect(first?.eval_margin).toBeCloseTo(second?.margin ?? 0, 5);
});

test("a pair's weight multiplies its loss", async () => {
  const config = rewardConfigSchema.parse({ per_device_train_batch_size: 24, max_steps: 1 });
  const lossOf = async (out: string, weigh: (i: number) => number) => {
    const weighed = pairs.map((pair, i) => ({ ...pair, weight: weigh(i) }));
    return (
      (await run({ out: join(folder, out), adapter: `${fixtures}llama-reward`, pairs: weighed, config }))[0]?.loss ?? 0
    );
  };
  const halves = [await lossOf('even', (i) => (i + 1) % 2), await lossOf('odd', (i) => i % 2)];
  const twice = await lossOf('twice', () => 2);
  expect(twice).toBeCloseTo(2 * ((halves[0] ?? 0) + (halves[1] ?? 0)), 5);
});

test('leaves out what is too long as TRL does, or cuts it where it is told to, and says so', async () => {
  const settings = { max_steps: 1, max_length: 40 };
  const told = async (out: string, more: object) => {
    const config = rewardConfigSchema.parse({ ...settings, ...more });
    const job = { model, adapter: null, pairs, config, out: join(folder, out), device: 'cpu' };
    const result = await trainReward(job, () => {});
    const record = JSON.parse(await readFile(join(folder, out, 'training.json'), 'utf8'));
    expect(record.data).toEqual({ rows: result.trainedPairs, dropped: result.dropped, truncated: result.truncated });
    return result;
  };
  const dropped = await told('too-long', {});
  const reason = 'longer than 40 tokens';
  expect(dropped.dropped[reason]).toBe(pairs.length - dropped.trainedPairs);
  expect(dropped.warnings.map(({ kind }) => kind)).toContain('dropped');
  const cut = await told('cut', { truncation_mode: 'keep_start' });
  expect(cut.trainedPairs).toBeGreaterThan(dropped.trainedPairs);
  expect(cut.truncated['completion cut to 40 tokens']).toBeGreaterThan(0);
  expect(cut.warnings.find(({ kind }) => kind === 'truncated')?.remedy).not.toContain('max_prompt_length');
});

test('a run that is resumed ends where the whole one does', async () => {
  const config = rewardConfigSchema.parse({ learning_rate: 1e-3, max_steps: 4, save_steps: 2 });
  await run({ out: join(folder, 'whole'), config });
  await run({ out: join(folder, 'resumed'), config, resumeFrom: join(folder, 'whole', 'checkpoint-2') });
  const [whole, resumed] = await Promise.all(
    ['whole', 'resumed'].map((name) => readFile(join(folder, name, 'adapter_model.safetensors'))),
  );
  expect(resumed?.equals(whole ?? Buffer.alloc(0))).toBe(true);
});

describe('the loss by hand', () => {
  const lossOf = async (chosen: number, rejected: number, margin: number | null, centering: number | null) => {
    const g = new GraphBuilder('bradley-terry', 'float64');
    const inputs = { chosen: [chosen], rejected: [rejected], ...(margin === null ? {} : { margin: [margin] }) };
    const value = (name: string) => g.input(name, 'float64', [1]);
    const loss = bradleyTerry({
      g,
      chosen: value('chosen'),
      rejected: value('rejected'),
      margin: margin === null ? null : value('margin'),
      centering,
    });
    g.output('loss', loss);
    const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
    const feeds = Object.entries(inputs).map(([name, data]) => [
      name,
      { dtype: 'float64' as const, shape: [1], data: Float64Array.from(data) },
    ]);
    const outputs = await session.run(Object.fromEntries(feeds));
    await session.close();
    return Number(outputs.loss?.data[0]);
  };
  test('equal rewards cost ln 2', async () => expect(await lossOf(0.7, 0.7, null, null)).toBeCloseTo(Math.LN2, 12));
  test('a margin is taken from the difference: s(1) demands of 2 - 1', async () =>
    expect(await lossOf(1.5, -0.5, 1, null)).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12));
  test('centring adds the square of the sum: 0.1 x 3^2', async () =>
    expect(await lossOf(2, 1, null, 0.1)).toBeCloseTo(Math.log(1 + Math.exp(-1)) + 0.9, 12));
});
