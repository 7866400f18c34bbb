// The commands that train on the demo model, in real processes: on-policy runs and reward models that are killed or
// cancelled and taken up again, what they tell and record, the way from a reward model to a policy, and wrong input.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adapterDistance, curveDistance } from './run-distance.ts';
import { createScratch, demo, fixtures, llama, rankloop, root, startRankloop } from './scratch.ts';

const { folder, at, write, linesOf } = createScratch();
afterAll(() => rmSync(folder, { recursive: true }));

const trainPrompts = readFileSync(join(root, 'demo/prompts/train.jsonl'), 'utf8').trim().split('\n');
const questions = write('prompts.jsonl', trainPrompts.slice(0, 16));
const recordOf = (out: string) => JSON.parse(readFileSync(join(at(out), 'training.json'), 'utf8'));

/** Stops a run by a signal as soon as its checkpoint stands, and takes it up by `--resume`. */
async function stopAndResume(args: string[], out: string, checkpoint: string, signal: 'SIGKILL' | 'SIGINT') {
  const command = [...args, '--out', at(out), '--resume', '--json'];
  const { child, ended } = startRankloop(...command);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && !existsSync(join(at(out), checkpoint))) await sleep(5);
  child.kill(signal);
  const stopped = await ended;
  expect(existsSync(join(at(out), 'adapter_config.json')), stopped.stderr).toBe(false);
  const resumed = await rankloop(...command);
  return { stopped, resumed };
}

const shared = { max_completion_length: 24, learning_rate: 1e-3, lora: { r: 4, lora_alpha: 8 }, save_total_limit: 8 };
const methods = {
  grpo: { num_generations: 4, per_device_train_batch_size: 8, max_steps: 8, save_steps: 2, beta: 0.04 },
  online_dpo: { num_generations: 4, per_device_train_batch_size: 4, max_steps: 8, save_steps: 2, beta: 0.1 },
} as const;

describe('online', () => {
  test.each([
    ['grpo', 'SIGKILL', null],
    ['online_dpo', 'SIGINT', 130],
  ] as const)(
    '%s goes on after a %s onto the same adapter, and records what it was',
    async (method, signal, code) => {
      const config = write(`${method}.json`, [{ ...shared, ...methods[method] }]);
      const args = ['online', '--method', method, '--model', demo, '--prompts', questions, '--judge', 'oracle'];
      const run = [...args, '--config', config, '--device', 'cpu'];
      const whole = await rankloop(...run, '--out', at(`${method}-whole`), '--json');
      expect(whole).toMatchObject({ code: 0 });
      expect(whole.stderr).toMatch(/Plan: [\d,]+ parameters trained, .* sampler's weights \d+ MB and cache \d+ MB/);
      const { stopped, resumed } = await stopAndResume(run, `${method}-cut`, 'checkpoint-4', signal);
      expect(stopped.code).toBe(code);
      expect(resumed).toMatchObject({ code: 0 });
      expect(await adapterDistance(at(`${method}-whole`), at(`${method}-cut`))).toBeLessThanOrEqual(1e-6);
      expect(await curveDistance(at(`${method}-whole`), at(`${method}-cut`))).toBeLessThanOrEqual(1e-6);

      const { plan, seconds: _, out: __, ...result } = JSON.parse(whole.stdout);
      const { plan: ___, seconds: ____, out: _____, ...again } = JSON.parse(resumed.stdout);
      const perSampling = method === 'grpo' ? 2 * 4 : 4 * 4;
      expect(result).toMatchObject({
        method,
        reference: 'base',
        steps: 8,
        skipped_steps: 0,
        samplings: 8,
        unjudged: 0,
      });
      expect(result.responses).toBe(8 * perSampling);
      expect(again).toEqual(result);
      expect(plan.peak).toBeGreaterThan(plan.sampler.weights + plan.sampler.cache + plan.weights);
      const record = recordOf(`${method}-whole`);
      expect(recordOf(`${method}-cut`)).toEqual(record);
      expect(record).toMatchObject({
        model: demo,
        adapter: null,
        reference: 'base',
        method,
        judge: 'oracle',
        config: { max_steps: 8, learning_rate: 1e-3 },
        data: { rows: 16, dropped: {}, truncated: {} },
        steps: 8,
        samplings: 8,
        responses: 8 * perSampling,
      });
    },
    240_000,
  );

  test('warns in words of what does not go well, once, and leaves out prompts that are too long', async () => {
    const long = { prompt: [{ role: 'user', content: 'How much is the modern bench? '.repeat(20) }] };
    const prompts = write('some.jsonl', [...trainPrompts.slice(0, 8), trainPrompts[0], long]);
    // Four tokens end no reply, so that all are cut; and the oracle finds hardly a difference.
    const settings = { ...shared, ...methods.grpo, max_completion_length: 4, max_prompt_length: 60, max_steps: 24 };
    const run = await rankloop(
      ...['online', '--model', demo, '--prompts', prompts, '--judge', 'oracle', '--out', at('warned')],
      ...['--config', write('cut.json', [{ ...settings, num_generations: 8 }])],
    );
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain('warning (step 0): 1 of 10 rows were left out: 1 longer than 60 tokens.');
    expect(run.stderr).toContain('warning (step 0): 1 of 9 rows are copies of others. Each copy is sampled');
    expect(run.stderr).toMatch(
      /warning \(step \d+\): \d+ % of the last \d+ responses were cut at max_completion_length/,
    );
    expect(run.stderr).toContain(', 1 dropped (longer than 60 tokens) in');
    const kinds = linesOf('warned/diagnostics.jsonl').map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['dropped', 'duplicates', 'cut_responses']));
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(recordOf('warned').data).toEqual({ rows: 9, dropped: { 'longer than 60 tokens': 1 }, truncated: {} });
  }, 120_000);
});

describe('reward', () => {
  const config = { learning_rate: 2e-3, max_steps: 12, per_device_train_batch_size: 4, save_steps: 3, lora: { r: 4 } };
  const rewardArgs = (settings: object, ...more: string[]) => {
    const file = write(`reward-${JSON.stringify(settings).length}.json`, [{ ...config, ...settings }]);
    return ['reward', '--model', demo, '--pairs', at('judged.jsonl'), '--config', file, '--device', 'cpu', ...more];
  };
  beforeAll(async () => {
    const steps = [
      ['sample', '--model', demo, '--prompts', questions, '--n', '4', '--max-new-tokens', '40', '--out', at('r.jsonl')],
      ['judge', '--responses', at('r.jsonl'), '--judge', 'oracle', '--out', at('ranked.jsonl')],
      ['pairs', '--rankings', at('ranked.jsonl'), '--policy', 'all', '--out', at('judged.jsonl')],
    ];
    for (const step of steps) expect(await rankloop(...step)).toMatchObject({ code: 0 });
    const pairs = linesOf('judged.jsonl');
    write('judged.jsonl', [...pairs, pairs[0]]);
  }, 120_000);

  test('a reward model judges, its scores leave out pairs that are close, and what is left trains a policy', async () => {
    const trained = await rankloop(...rewardArgs({ eval_split: 0.25, eval_steps: 6 }), '--out', at('rm'), '--json');
    expect(trained).toMatchObject({ code: 0 });
    expect(trained.stderr).toMatch(/Plan: [\d,]+ parameters trained, batches of up to 4 x \d+ tokens/);
    expect(JSON.parse(trained.stdout)).toMatchObject({ steps: 12, skipped_steps: 0, truncated: {}, best: {} });
    const metrics = linesOf('rm/metrics.jsonl');
    expect(metrics.filter((line) => 'eval_accuracy' in line).map(({ step }) => step)).toEqual([6, 12]);
    const record = recordOf('rm');
    expect(record).toMatchObject({ model: demo, reference: null, config: { eval_split: 0.25, margin_scale: 0 } });
    expect(record.data.rows + record.held_out.rows).toBe(linesOf('judged.jsonl').length);

    const judged = await rankloop(
      ...['judge', '--responses', at('r.jsonl'), '--judge', 'reward', '--judge-model', at('rm')],
      ...['--judge-base', demo, '--out', at('by-reward.jsonl')],
    );
    expect(judged).toMatchObject({ code: 0 });
    for (const { scores, tiers } of linesOf('by-reward.jsonl')) {
      expect(tiers[0]).toContain(scores.indexOf(Math.max(...scores)));
    }
    const pairsWith = async (least: string, out: string) => {
      const made = await rankloop(
        ...['pairs', '--rankings', at('by-reward.jsonl'), '--policy', 'all', '--min-margin', least, '--out', at(out)],
      );
      expect(made).toMatchObject({ code: 0 });
      return linesOf(out);
    };
    const lines = linesOf('by-reward.jsonl');
    const gapOf = (pair: Record<'prompt' | 'chosen_token_ids' | 'rejected_token_ids', unknown>): number => {
      const line = lines.find(({ prompt }) => JSON.stringify(prompt) === JSON.stringify(pair.prompt));
      const scoreOf = (ids: unknown) =>
        line.scores[line.responses.findIndex((one: { token_ids: unknown }) => String(one.token_ids) === String(ids))];
      return scoreOf(pair.chosen_token_ids) - scoreOf(pair.rejected_token_ids);
    };
    const all = await pairsWith('0', 'all.jsonl');
    const gaps = all.map(gapOf).sort((a, b) => a - b);
    const least = ((gaps[0] ?? 0) + (gaps.at(-1) ?? 0)) / 2;
    const clear = await pairsWith(String(least), 'clear.jsonl');
    expect(clear.map(gapOf).sort((a, b) => a - b)).toEqual(gaps.filter((gap) => gap >= least));
    expect(clear.length).toBeLessThan(all.length);
    const policy = await rankloop(
      ...['train', '--model', demo, '--pairs', at('clear.jsonl'), '--out', at('by-reward'), '--json'],
      ...['--config', write('few.json', [{ max_steps: 2, per_device_train_batch_size: 4, lora: { r: 4 } }])],
    );
    expect(policy).toMatchObject({ code: 0 });
    expect(recordOf('by-reward').data.rows).toBe(clear.length);
  }, 240_000);

  test('goes on after a kill onto the same reward model, and warns of its data', async () => {
    const args = rewardArgs({});
    const whole = await rankloop(...args, '--out', at('rm-whole'));
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.stderr).toMatch(/warning \(step 0\): 1 of \d+ rows are copies of others/);
    const { resumed } = await stopAndResume(args, 'rm-cut', 'checkpoint-6', 'SIGKILL');
    expect(resumed).toMatchObject({ code: 0 });
    expect(await adapterDistance(at('rm-whole'), at('rm-cut'))).toBeLessThanOrEqual(1e-6);
    expect(await curveDistance(at('rm-whole'), at('rm-cut'))).toBeLessThanOrEqual(1e-6);
    expect(recordOf('rm-cut')).toEqual(recordOf('rm-whole'));
  }, 240_000);
});

describe('wrong input', () => {
  const prompt = write('one.jsonl', ['{"prompt":"where is my red parcel"}']);
  const pair = write('pair.jsonl', [{ prompt: 'a', chosen: ' b', rejected: ' c' }]);
  const settings = (name: string, config: object) => ['--config', write(`${name}.json`, [config])];
  const online = ['online', '--model', llama, '--prompts', prompt, '--judge', 'random', '--out', at('x')];
  const reward = ['reward', '--model', llama, '--out', at('x'), '--pairs'];
  const cases: [string, string[], RegExp][] = [
    ['an unknown setting of online', [...online, ...settings('o1', { num_generation: 4 })], /unknown "num_generation"/],
    [
      'a setting of the other method',
      [...online, '--method', 'online_dpo', ...settings('o2', { epsilon: 0.1 })],
      /unknown "epsilon"/,
    ],
    [
      'lengths that responses and prompts have by themselves',
      [...online, ...settings('o3', { max_length: 9 })],
      /unknown "max_length"/,
    ],
    ['all weights on-policy', [...online, ...settings('o4', { lora: null })], /"lora": the sampler takes/],
    [
      'groups cut in two',
      [...online, ...settings('o5', { per_device_train_batch_size: 9 })],
      /a batch holds whole groups/,
    ],
    [
      'checkpoints of epochs on-policy',
      [...online, ...settings('o6', { save_strategy: 'epoch' })],
      /no epochs to save at/,
    ],
    [
      'prompts that are too long',
      [...online, ...settings('o7', { max_prompt_length: 1, max_completion_length: 8 })],
      /No prompt is left to train on/,
    ],
    [
      'responses that no prompt leaves room for',
      [...online, ...settings('o8', {})],
      /max_completion_length is 512, but the model has 256 positions/,
    ],
    [
      'held-out prompts that are trained on',
      [...online, '--eval-prompts', prompt],
      /1 of the prompts in .* are also in/,
    ],
    [
      'a reward judge without its base',
      [...online, '--judge', 'reward', '--judge-model', at('rm')],
      /needs --judge-base/,
    ],
    [
      'a checkpoint that there is not',
      [...online, ...settings('o9', { max_completion_length: 8 }), '--resume-from', at('nowhere/checkpoint-2')],
      /Cannot resume from .*nowhere/,
    ],
    [
      'a base that is not there',
      ['reward', '--model', at('nowhere'), '--pairs', pair, '--out', at('x')],
      /nowhere is not a folder/,
    ],
    [
      'completions without a pair',
      [...reward, write('single.jsonl', [{ prompt: 'a', completion: ' b', label: true }])],
      /single.jsonl line 1: .*chosen/,
    ],
    [
      'margins that there are not',
      [...reward, pair, ...settings('r1', { margin_scale: 1 })],
      /Pair 1: it has no margin/,
    ],
    [
      'pairs of one and the same',
      [...reward, write('same.jsonl', [{ prompt: 'a', chosen: ' b', rejected: ' b' }])],
      /No pair is left to train on: 1 of 1 dropped \(chosen and rejected are the same\)/,
    ],
    ['a loss of policies', [...reward, pair, ...settings('r2', { loss_type: 'ipo' })], /unknown "loss_type"/],
    [
      'settings that contradict one another',
      [...reward, pair, ...settings('r3', { bf16: true, fp16: true })],
      /"fp16": one of bf16 and fp16/,
    ],
    [
      'a best model without a judgement',
      [...reward, pair, ...settings('r4', { load_best_model_at_end: true })],
      /no example is held out/,
    ],
    [
      "a policy's adapter to go on from",
      [...reward, pair, '--adapter', join(fixtures, 'llama-adapter')],
      /has no value head/,
    ],
  ];
  test.each(cases)(
    '%s',
    async (_, args, message) => {
      const { code, stdout, stderr } = await rankloop(...args);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(
        stderr
          .trim()
          .split('\n')
          .filter((line) => line.startsWith('error: ')),
      ).toHaveLength(1);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
    30_000,
  );
});
