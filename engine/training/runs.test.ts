// A run's course: evaluations, the best checkpoint, early stopping, what is kept, what a resumed run meets, eight-bit
// optimiser state, steps that are skipped.
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, readTensor } from '../checkpoint/safetensors.ts';
import { trainConfigSchema } from '../config.ts';
import type { TrainingPair, TrainJob, TrainMetrics } from '../ports.ts';
import { noEvaluations, recordEvaluation, shouldStop } from './best.ts';
import { type BatchResult, optimize } from './loop.ts';
import { adoptBest, newestCheckpoint } from './resume.ts';
import { train } from './trainer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-runs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const job = (out: string, settings: Record<string, unknown>, rest: Partial<TrainJob> = {}): TrainJob => ({
  model: `${fixtures}llama`,
  adapter: null,
  reference: 'base',
  pairs,
  config: trainConfigSchema.parse({
    learning_rate: 2e-3,
    per_device_train_batch_size: 6,
    lora: { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'v_proj'] },
    ...settings,
  }),
  out: join(folder, out),
  device: 'cpu',
  ...rest,
});

async function run(spec: TrainJob) {
  const metrics: TrainMetrics[] = [];
  const result = await train(spec, (m) => void metrics.push(m));
  return { result, metrics };
}

async function weightsOf(out: string): Promise<[string, Float32Array][]> {
  const stored = await readSafetensors(join(folder, out), 'adapter_model.safetensors');
  return Promise.all(
    [...stored].map(
      async ([name, tensor]): Promise<[string, Float32Array]> => [name, await readTensor(join(folder, out), tensor)],
    ),
  );
}

const checkpointsOf = async (out: string) =>
  (await readdir(join(folder, out))).filter((name) => name.startsWith('checkpoint-')).sort();

describe('evaluations', () => {
  test('prompts are held out by eval_split and judged without gradients: what the first step would have seen', async () => {
    const settings = { eval_split: 0.25, eval_steps: 2, max_steps: 4, per_device_eval_batch_size: 5 };
    const { result, metrics } = await run(job('split', settings));
    expect(result.trainedPairs).toBe(18);
    const judged = metrics.filter(({ values }) => values.eval_loss !== undefined);
    expect(judged.map(({ step }) => step)).toEqual([2, 4]);
    for (const name of ['eval_rewards/accuracies', 'eval_rewards/margins', 'eval_logps/chosen', 'eval_loss']) {
      expect(judged[0]?.values[name], name).toBeTypeOf('number');
    }
    expect(result.best?.value).toBe(Math.min(...judged.map(({ values }) => values.eval_loss ?? 0)));
  });

  test("the forward-only graph gives the training graph's loss: held-out pairs that are the trained ones", async () => {
    const settings = { max_steps: 2, per_device_train_batch_size: 24, eval_steps: 1, learning_rate: 1e-3 };
    const { metrics } = await run(job('same', settings, { evalPairs: pairs }));
    expect(metrics[0]?.values.eval_loss).toBeCloseTo(metrics[1]?.values.loss ?? 0, 5);
  });

  test('the best checkpoint is kept beside the newest, and loaded at the end', async () => {
    const settings = {
      num_train_epochs: 8,
      learning_rate: 0.1, // far too much: the best comes early
      eval_split: 0.25,
      eval_steps: 3,
      save_steps: 3,
      save_total_limit: 1,
      load_best_model_at_end: true,
    };
    const { result, metrics } = await run(job('best', settings));
    const losses = metrics.flatMap(({ step, values }) =>
      values.eval_loss === undefined ? [] : [{ step, loss: values.eval_loss }],
    );
    const least = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(result.best).toEqual({ step: least.step, value: least.loss });
    expect(least.step).toBeLessThan(24);
    expect(await checkpointsOf('best')).toEqual(['checkpoint-21', `checkpoint-${least.step}`].sort());
    const stored = await readSafetensors(join(folder, 'best', `checkpoint-${least.step}`), 'training.safetensors');
    for (const [name, data] of await weightsOf('best')) {
      const own = name.replace('base_model.model.', '').replace('.weight', '');
      const tensor = stored.get(`parameter ${own}`);
      expect(tensor, own).toBeDefined();
      if (tensor) expect(await readTensor(join(folder, 'best', `checkpoint-${least.step}`), tensor)).toEqual(data);
    }
  });

  test('early stopping ends a run that gains no more', async () => {
    const settings = {
      num_train_epochs: 20,
      learning_rate: 0.1,
      eval_split: 0.25,
      eval_steps: 1,
      early_stopping_patience: 2,
    };
    const { result, metrics } = await run(job('early', settings));
    expect(result.stoppedEarly).toBe(true);
    expect(result.steps).toBe((result.best?.step ?? 0) + 2);
    expect(metrics.at(-1)?.step).toBe(result.steps);
  });

  test('refuses to judge by evaluations where nothing is held out, or by a metric that there is not', async () => {
    await expect(run(job('none', { load_best_model_at_end: true }))).rejects.toThrow(/no example is held out/);
    const wrong = { eval_split: 0.25, metric_for_best_model: 'rewards/acuracy', max_steps: 1 };
    await expect(run(job('wrong', wrong))).rejects.toThrow(/gives eval_loss, .*eval_rewards\/accuracies/);
  });
});

test("the record of evaluations goes by transformers' rules", () => {
  const settings = {
    metric_for_best_model: 'eval_rewards/accuracies',
    early_stopping_patience: 2,
    early_stopping_threshold: 0.05,
  };
  let record = noEvaluations;
  const seen = [0.5, 0.6, 0.62, 0.61].map((value, i) => {
    record = recordEvaluation(record, i + 1, { 'eval_rewards/accuracies': value }, settings);
    return [record.best?.step, record.withoutGain, shouldStop(record, settings)];
  });
  // 0.62 is the best, but not by the threshold.
  expect(seen).toEqual([
    [1, 0, false],
    [2, 0, false],
    [3, 1, false],
    [3, 2, true],
  ]);
});

describe('a run that is cut off', () => {
  test('goes on onto the same curve with eight-bit state, early stopping, the best step and an open log window', async () => {
    const settings = {
      optim: 'adamw_8bit',
      lora: { r: 128, lora_alpha: 128, target_modules: ['q_proj', 'v_proj'] },
      num_train_epochs: 6,
      eval_split: 0.25,
      eval_steps: 4,
      save_steps: 5,
      logging_steps: 3,
      load_best_model_at_end: true,
      early_stopping_patience: 10,
      learning_rate: 0.02,
    };
    const whole = await run(job('whole', settings));
    for (const stop of [6, 11, 14]) {
      const controller = new AbortController();
      const cut = job(`cut-${stop}`, settings);
      const abortLate = ({ step }: TrainMetrics) => {
        if (step >= stop) controller.abort();
      };
      await expect(train(cut, abortLate, controller.signal)).rejects.toThrow('Cancelled');
      // In its own folder, and once in another, as a second worker's attempt.
      const resumeFrom = (await newestCheckpoint(cut.out)) ?? '';
      const out = stop === 11 ? job(`moved-${stop}`, settings).out : cut.out;
      const { result } = await run({ ...cut, out, resumeFrom });
      expect({ ...result, seconds: 0, adapter: '' }).toEqual({ ...whole.result, seconds: 0, adapter: '' });
      const name = out.slice(folder.length + 1);
      expect(await weightsOf(name)).toEqual(await weightsOf('whole'));
      const lines = (of: string) => readFile(join(folder, of, 'metrics.jsonl'), 'utf8');
      expect(await lines(name)).toBe(await lines('whole'));
    }
  });

  test('a metrics file that the kill has torn is no hindrance', async () => {
    const settings = { num_train_epochs: 3, save_steps: 4 };
    const spec = job('torn', settings);
    await run(spec);
    const file = join(spec.out, 'metrics.jsonl');
    const whole = await readFile(file, 'utf8');
    await appendFile(file, '{"step": 99, "lo');
    const { metrics } = await run({ ...spec, resumeFrom: join(spec.out, 'checkpoint-8') });
    expect(metrics[0]?.step).toBe(9);
    expect(await readFile(file, 'utf8')).toBe(whole);
  });

  test('a best checkpoint that is gone is told before the run goes on', async () => {
    const record = { best: { step: 4, value: 0.5 }, withoutGain: 1 };
    const adopted = adoptBest(join(folder, 'nowhere', 'checkpoint-8'), join(folder, 'elsewhere'), record);
    await expect(adopted).rejects.toThrow(/checkpoint-4, the best so far, is gone/);
  });
});

test('saves per epoch, and keeps as many as it is told', async () => {
  await run(job('epochs', { save_strategy: 'epoch', num_train_epochs: 5, save_total_limit: 3 }));
  expect(await checkpointsOf('epochs')).toEqual(['checkpoint-12', 'checkpoint-16', 'checkpoint-8']);
});

test('eight bits of state give the loss curve of 32', async () => {
  const settings = {
    lora: { r: 128, lora_alpha: 128 },
    num_train_epochs: 10,
    learning_rate: 2e-4,
    lr_scheduler_type: 'cosine',
  };
  const { metrics: whole } = await run(job('bits-32', settings));
  const { metrics: eight } = await run(job('bits-8', { ...settings, optim: 'adamw_8bit' }));
  const first = whole[0]?.values.loss ?? 0;
  const last = whole.at(-1)?.values.loss ?? 0;
  expect(last).toBeLessThan(0.5 * first);
  for (const [i, { values }] of eight.entries()) {
    const expected = whole[i]?.values.loss ?? Number.NaN;
    expect(Math.abs((values.loss ?? Number.NaN) - expected), `step ${i}`).toBeLessThan(0.02);
  }
  expect(eight.at(-1)?.values.loss).not.toBe(last);
});

describe('steps that are not finite', () => {
  const row = { prompt: [1], completions: [[2]] };
  const config = trainConfigSchema.parse({ per_device_train_batch_size: 1, max_steps: 8, weight_decay: 0 });
  const tensors = () => new Map([['w', { shape: [1], data: Float32Array.of(1) }]]);
  /** A loss of w, whose gradient is 1 but at the steps named. */
  const spec = (
    out: string,
    bad: Record<number, Partial<{ loss: number; gradient: number }>>,
    needsLossScale = false,
  ) => {
    let step = 0;
    const scales: number[] = [];
    const metrics: TrainMetrics[] = [];
    const w = tensors();
    return {
      scales,
      metrics,
      w,
      result: optimize({
        rows: [row],
        tensors: w,
        config,
        out: join(folder, out),
        fingerprint: 'x',
        needsLossScale,
        runBatch: async (_batch, _all, { lossScale: scale }): Promise<BatchResult<number>> => {
          step++;
          scales.push(scale);
          const gradient = bad[step]?.gradient ?? 1;
          return {
            loss: bad[step]?.loss ?? 1,
            gradients: new Map([['w', Float32Array.of(gradient * scale)]]),
            outcomes: [1],
            tokens: 2,
          };
        },
        summarise: () => ({}),
        onMetrics: (m) => void metrics.push(m),
      }),
    };
  };

  test('are left out, counted, and no number of theirs is logged', async () => {
    const { result, metrics, w } = spec('skips', {
      3: { loss: Number.NaN },
      5: { gradient: Number.POSITIVE_INFINITY },
    });
    expect(await result).toMatchObject({ steps: 8, skippedSteps: 2 });
    expect(Number.isFinite(w.get('w')?.data[0])).toBe(true);
    expect(metrics[2]?.values).toEqual({ learning_rate: expect.any(Number), num_tokens: 6, skipped_steps: 1 });
    expect(metrics[7]?.values).toMatchObject({ loss: 1, skipped_steps: 2 });
  });

  test('three in a row stop the run and say what to look at', async () => {
    const bad = { loss: Number.NaN };
    await expect(spec('stops', { 2: bad, 3: bad, 4: bad }).result).rejects.toThrow(
      /step 4: .* three times in a row\. Lower learning_rate/,
    );
  });

  test('an overflow halves the loss scale and does not stop the run; the step is that of unscaled gradients', async () => {
    const over = { gradient: Number.POSITIVE_INFINITY };
    const { result, scales, w, metrics } = spec('scale', { 1: over, 2: over, 3: over, 4: over }, true);
    expect(await result).toMatchObject({ skippedSteps: 4 });
    expect(scales).toEqual([65536, 32768, 16384, 8192, 4096, 4096, 4096, 4096]);
    expect(metrics.at(-1)?.values).toMatchObject({ loss_scale: 4096, grad_norm: 1 });
    // Four steps against a gradient of 1 move by the learning rate each, which falls over eight.
    const { learning_rate } = config;
    expect(w.get('w')?.data[0]).toBeCloseTo(1 - learning_rate * ((4 + 3 + 2 + 1) / 8), 6);
  });
});
