// The course of a supervised run: evaluations, the best checkpoint, early stopping, resuming, an adapter over four bits, what
// its data show, its plan.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readSafetensors, readTensor } from '../checkpoint/safetensors.ts';
import { sftConfigSchema } from '../config.ts';
import type { SftExample, TrainingPair, TrainingPlan, TrainMetrics } from '../ports.ts';
import { evaluate } from './evaluate.ts';
import { newestCheckpoint } from './resume.ts';
import { type SftJob, trainSft } from './sft.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const examples = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair)
  .map(({ prompt, chosen }): SftExample => ({ prompt, completion: chosen }));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-sft-runs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const lora = { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'v_proj'] };
const job = (out: string, settings: Record<string, unknown>, rest: Partial<SftJob> = {}): SftJob => ({
  model: `${fixtures}llama`,
  examples,
  config: sftConfigSchema.parse({ learning_rate: 2e-3, per_device_train_batch_size: 6, lora, ...settings }),
  out: join(folder, out),
  device: 'cpu',
  ...rest,
});

async function run(spec: SftJob) {
  const metrics: TrainMetrics[] = [];
  const plans: TrainingPlan[] = [];
  const result = await trainSft(
    spec,
    (m) => void metrics.push(m),
    undefined,
    (plan) => {
      expect(metrics).toEqual([]);
      plans.push(plan);
    },
  );
  return { result, metrics, plans };
}

async function weightsOf(out: string, file: string): Promise<[string, Float32Array][]> {
  const stored = await readSafetensors(join(folder, out), file);
  return Promise.all(
    [...stored].map(
      async ([name, tensor]): Promise<[string, Float32Array]> => [name, await readTensor(join(folder, out), tensor)],
    ),
  );
}

const textOf = (out: string, name: string) => readFile(join(folder, out, name), 'utf8');

describe('evaluations', () => {
  test('hold prompts out by eval_split, and see the weights after the step', async () => {
    const settings = { eval_split: 0.25, eval_steps: 2, max_steps: 5, per_device_eval_batch_size: 4 };
    const { result, metrics } = await run(job('split', settings));
    expect(result).toMatchObject({ examples: 18, heldOut: 6 });
    const judged = metrics.filter(({ values }) => values.eval_loss !== undefined);
    expect(judged.map(({ step }) => step)).toEqual([2, 4, 5]);
    expect(result.best?.value).toBe(Math.min(...judged.map(({ values }) => values.eval_loss ?? 0)));
    // Held-out examples that are the trained ones: after a step, the next step's loss.
    const all = { max_steps: 2, per_device_train_batch_size: 24, eval_steps: 1, lora: null, learning_rate: 1e-3 };
    const { metrics: same } = await run(job('same', all, { evalExamples: examples }));
    for (const name of ['loss', 'entropy', 'mean_token_accuracy']) {
      expect(same[0]?.values[`eval_${name}`]).toBeCloseTo(same[1]?.values[name] ?? Number.NaN, 5);
    }
  });

  test.each([
    ['loss', Math.min],
    ['eval_mean_token_accuracy', Math.max],
  ] as const)('the best by %s is given at the end', async (metric, best) => {
    const settings = {
      num_train_epochs: 8,
      learning_rate: 0.1, // far too much: the best comes early
      eval_split: 0.25,
      eval_steps: 2,
      load_best_model_at_end: true,
      metric_for_best_model: metric,
    };
    const name = metric.startsWith('eval_') ? metric : `eval_${metric}`;
    const { result, metrics } = await run(job(name, settings));
    const values = metrics.flatMap(({ step, values }) => {
      const value = values[name];
      return value === undefined ? [] : [{ step, value }];
    });
    const top = best(...values.map(({ value }) => value));
    expect(result.best).toEqual(values.find(({ value }) => value === top));
    expect(result.best?.step).toBeLessThan(24);
    // Gone on from with a step of no size, the adapter is judged alike.
    const again = { ...settings, max_steps: 1, learning_rate: 1e-12, load_best_model_at_end: false };
    const next = await run(job(`${name}-again`, again, { adapter: join(folder, name) }));
    expect(next.metrics[0]?.values[name]).toBeCloseTo(top, 5);
  });

  test('early stopping ends a run that gains no more', async () => {
    const settings = { num_train_epochs: 20, learning_rate: 0.1, eval_steps: 1, early_stopping_patience: 2 };
    const spec = job('early', settings, { examples: examples.slice(6), evalExamples: examples.slice(0, 6) });
    const { result, metrics } = await run(spec);
    expect(result.stoppedEarly).toBe(true);
    expect(result.steps).toBe((result.best?.step ?? 0) + 2);
    expect(metrics.at(-1)?.step).toBe(result.steps);
  });

  test('end between two batches when they are cancelled', async () => {
    const controller = new AbortController();
    let batches = 0;
    const read = async () => {
      if (++batches === 3) setImmediate(() => controller.abort()); // as a message comes
      return { loss: 0, gradients: new Map(), outcomes: [], tokens: 0 };
    };
    const evaluation = evaluate(Array(1000).fill(0), 1, read, () => ({}), controller.signal);
    await expect(evaluation).rejects.toThrow('Cancelled');
    expect(batches).toBe(3);
  });

  test('a metric that there is not is refused, and an adapter where all weights are trained', async () => {
    const wrong = { eval_split: 0.25, metric_for_best_model: 'accuracy', max_steps: 1 };
    await expect(run(job('wrong', wrong))).rejects.toThrow(/gives eval_loss, eval_entropy, eval_mean_token_accuracy/);
    const start = { adapter: `${fixtures}llama-adapter` };
    await expect(run(job('whole', { lora: null }, start))).rejects.toThrow(/give lora a shape/);
  });
});

describe('a run that is cut off', () => {
  const settings = {
    num_train_epochs: 6,
    eval_split: 0.25,
    eval_steps: 4,
    save_steps: 5,
    logging_steps: 3,
    load_best_model_at_end: true,
    early_stopping_patience: 10,
    learning_rate: 0.02,
  };

  test('goes on onto the same curve, evaluations included', async () => {
    const whole = await run(job('uncut', settings));
    for (const stop of [6, 11, 14]) {
      const controller = new AbortController();
      const cut = job(`cut-${stop}`, settings);
      const abortLate = ({ step }: TrainMetrics) => {
        if (step >= stop) controller.abort();
      };
      await expect(trainSft(cut, abortLate, controller.signal)).rejects.toThrow('Cancelled');
      // In its own folder, and once in another, as a second worker's attempt.
      const resumeFrom = (await newestCheckpoint(cut.out)) ?? '';
      const name = stop === 11 ? `moved-${stop}` : `cut-${stop}`;
      const { result } = await run({ ...cut, out: join(folder, name), resumeFrom });
      expect({ ...result, seconds: 0 }).toEqual({ ...whole.result, seconds: 0 });
      expect(await textOf(name, 'metrics.jsonl')).toBe(await textOf('uncut', 'metrics.jsonl'));
      const file = 'adapter_model.safetensors';
      expect(await weightsOf(name, file)).toEqual(await weightsOf('uncut', file));
    }
  });

  test('goes on with its own held-out examples and start only', async () => {
    const spec = job('own', { save_steps: 2, max_steps: 4 }, { evalExamples: examples.slice(0, 4) });
    await run(spec);
    const resumeFrom = join(spec.out, 'checkpoint-2');
    const other = { ...spec, out: join(folder, 'other'), resumeFrom };
    await expect(run({ ...other, evalExamples: examples.slice(0, 5) })).rejects.toThrow(
      /other data, settings or model/,
    );
    await expect(run({ ...other, adapter: `${fixtures}llama-init` })).rejects.toThrow(/other data, settings or model/);
    expect((await run(other)).result.steps).toBe(4);
  });
});

test('an adapter over a four-bit base learns, and is judged over it', async () => {
  const settings = { load_in_4bit: true, max_steps: 12, learning_rate: 1e-2, eval_steps: 6 };
  const { metrics } = await run(job('four-bit', settings, { evalExamples: examples }));
  const [first, last] = [metrics.find(({ values }) => values.eval_loss), metrics.at(-1)];
  expect(last?.values.eval_loss).toBeLessThan((first?.values.eval_loss ?? 0) - 0.2);
  const { metrics: exact } = await run(job('exact', { ...settings, load_in_4bit: false }, { evalExamples: examples }));
  const [ours = 0, theirs = 0] = [metrics[0]?.values.loss, exact[0]?.values.loss];
  expect(ours).not.toBe(theirs);
  expect(Math.abs(ours - theirs)).toBeLessThan(0.1 * theirs);
});

test('a weight on prompts so small that it counts nothing gives the loss of none', async () => {
  const losses = [0, 1e-9].map(async (prompt_loss_weight) => {
    const { metrics } = await run(job(`weight-${prompt_loss_weight}`, { max_steps: 2, prompt_loss_weight }));
    return metrics.map(({ values }) => values.loss ?? Number.NaN);
  });
  const [none = [], hardly = []] = await Promise.all(losses);
  for (const [i, loss] of none.entries()) expect(hardly[i]).toBeCloseTo(loss, 5);
});

test('what its data show is told once, before the first step, and written down', async () => {
  const long = { prompt: 'Say it.', completion: Array(80).fill(' word').join('') };
  const tooLong = { prompt: long.completion, completion: ' No.' };
  const all = [...examples, ...examples.slice(0, 2), long, tooLong];
  const spec = job('told', { max_length: 80, max_steps: 4, save_steps: 2 }, { examples: all });
  const { result, metrics } = await run(spec);
  expect(result.warnings.map(({ kind, step, figures }) => [kind, step, figures.count])).toEqual([
    ['truncated', 0, 1],
    ['dropped', 0, 1],
    ['duplicates', 0, 2],
  ]);
  expect(result).toMatchObject({
    dropped: { 'longer than 80 tokens': 1 },
    truncated: { 'completion cut to 80 tokens': 1 },
    examples: 27,
  });
  expect(metrics.map(({ warnings }) => warnings?.length ?? 0)).toEqual([3, 0, 0, 0]);
  const resumed = await run({ ...spec, resumeFrom: join(spec.out, 'checkpoint-2') });
  expect(resumed.result.warnings).toEqual(result.warnings);
  const lines = (await textOf('told', 'diagnostics.jsonl')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(result.warnings);
});

test('its plan is told before the first step, and its record stands beside what it gives', async () => {
  const adapted = await run(job('planned', { max_steps: 1 }));
  expect(adapted.plans).toEqual([adapted.result.plan]);
  const { shapes } = await openCheckpoint(`${fixtures}llama`);
  const sizes = [...shapes.values()].map((shape) => shape.reduce((product, dim) => product * dim, 1));
  const whole = await run(job('planned-whole', { max_steps: 1, lora: null, optim: 'adamw_8bit' }));
  expect(whole.result.plan).toMatchObject({ rows: 6, trainedParameters: sizes.reduce((sum, size) => sum + size, 0) });
  expect(whole.result.plan.optimizer).toBe(6 * whole.result.plan.trainedParameters);
  expect(adapted.result.plan.trainedParameters).toBeLessThan(0.05 * whole.result.plan.trainedParameters);
  const record = JSON.parse(await textOf('planned', 'training.json'));
  expect(record).toMatchObject({ model: `${fixtures}llama`, adapter: null, config: { max_steps: 1, lora } });
});
