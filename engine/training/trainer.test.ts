// The trainer's promises: a start at ln 2, a resume onto the same curve, refusals in words. trl.test.ts compares its runs
// with TRL's.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter } from '../checkpoint/peft.ts';
import { trainConfigSchema } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { TrainingPair, TrainJob, TrainMetrics } from '../ports.ts';
import { train } from './trainer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-trainer-'));
});
afterAll(() => rm(folder, { recursive: true }));

const job = (out: string, overrides: Record<string, unknown> = {}, rest: Partial<TrainJob> = {}): TrainJob => ({
  model: `${fixtures}llama`,
  adapter: `${fixtures}llama-init`,
  reference: 'base',
  pairs,
  config: trainConfigSchema.parse({
    learning_rate: 1e-3,
    lr_scheduler_type: 'constant',
    per_device_train_batch_size: 24,
    max_steps: 10,
    beta: 0.1,
    ...overrides,
  }),
  out: join(folder, out),
  device: 'cpu',
  ...rest,
});

async function runToEnd(spec: TrainJob): Promise<TrainMetrics[]> {
  const metrics: TrainMetrics[] = [];
  await train(spec, (m) => void metrics.push(m));
  return metrics;
}

describe('a step', () => {
  test('accumulation over micro-batches gives the full batch', async () => {
    const whole = await runToEnd(job('whole', { max_steps: 3 }));
    const parts = await runToEnd(
      job('parts', { max_steps: 3, per_device_train_batch_size: 5, gradient_accumulation_steps: 5 }),
    );
    for (const [i, { values }] of parts.entries()) {
      expect(values.loss).toBeCloseTo(whole[i]?.values.loss ?? 0, 5);
      expect(values.grad_norm).toBeCloseTo(whole[i]?.values.grad_norm ?? 0, 4);
    }
  });
});

describe('a run', () => {
  test('starts at ln 2 within 1e-6 from a fresh adapter', async () => {
    const [first] = await runToEnd(job('fresh', { max_steps: 1, lora: { r: 8, lora_alpha: 16 } }, { adapter: null }));
    expect(Math.abs((first?.values.loss ?? 0) - Math.LN2)).toBeLessThan(1e-6);
  });

  test('starts at ln 2 when the reference is the adapter it goes on from', async () => {
    const [first] = await runToEnd(
      job('initial', { max_steps: 1 }, { adapter: `${fixtures}llama-adapter`, reference: 'initial' }),
    );
    expect(Math.abs((first?.values.loss ?? 0) - Math.LN2)).toBeLessThan(1e-6);
  });

  test('resumed from a checkpoint it ends where the uninterrupted one does', async () => {
    const settings = { per_device_train_batch_size: 7, num_train_epochs: 3, max_steps: -1, save_steps: 5 };
    const whole = await runToEnd(job('uninterrupted', settings));
    const controller = new AbortController();
    const interrupted = job('interrupted', settings);
    const cancelAtSeven = ({ step }: TrainMetrics) => {
      if (step === 7) controller.abort();
    };
    await expect(train(interrupted, cancelAtSeven, controller.signal)).rejects.toThrow('Cancelled');
    const resumed = job('resumed', settings, { resumeFrom: join(interrupted.out, 'checkpoint-5') });
    const rest = await runToEnd(resumed);
    expect(rest.map(({ step }) => step)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(rest.at(-1)?.values.loss).toBe(whole.at(-1)?.values.loss);
    const base = await openCheckpoint(`${fixtures}llama`);
    const [a, b] = [await readAdapter(join(folder, 'uninterrupted'), base), await readAdapter(resumed.out, base)];
    for (const [module, matrices] of a.modules) expect(b.modules.get(module)).toEqual(matrices);
    const lines = async (out: string) =>
      (await readFile(join(folder, out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(await lines('resumed')).toEqual(await lines('uninterrupted'));
  });

  test('with dropout it draws what it would have drawn, and its reference and evaluation drop nothing', async () => {
    const lora = { r: 4, lora_alpha: 8, lora_dropout: 0.2 };
    const settings = { per_device_train_batch_size: 12, num_train_epochs: 3, max_steps: -1, save_steps: 3, lora };
    const start = { adapter: null, evalPairs: pairs.slice(0, 4) };
    const whole = await runToEnd(job('dropout', settings, start));
    const resumed = job('dropout-resumed', settings, { ...start, resumeFrom: join(folder, 'dropout', 'checkpoint-3') });
    const rest = await runToEnd(resumed);
    expect(rest.map(({ values }) => values.loss)).toEqual(whole.slice(3).map(({ values }) => values.loss));
    expect(rest.at(-1)?.values.eval_loss).toBe(whole.at(-1)?.values.eval_loss);
    expect(whole[0]?.values.loss).toBeCloseTo(Math.LN2, 6); // B is zero: what A reads makes no difference yet
    const without = await runToEnd(job('no-dropout', { ...settings, lora: { ...lora, lora_dropout: 0 } }, start));
    expect(without[1]?.values.loss).not.toBeCloseTo(whole[1]?.values.loss ?? 0, 4);
    const stated = JSON.parse(await readFile(join(folder, 'dropout', 'adapter_config.json'), 'utf8'));
    expect(stated.lora_dropout).toBe(0.2);
  });

  test('over four-bit weights it starts at ln 2 and learns, checkpointed or not', async () => {
    const settings = { max_steps: 4, load_in_4bit: true, lora: { r: 4, lora_alpha: 8 } };
    const plain = await runToEnd(job('four-bit', settings, { adapter: null }));
    const again = await runToEnd(
      job('four-bit-again', { ...settings, gradient_checkpointing: true }, { adapter: null }),
    );
    expect(plain[0]?.values.loss).toBeCloseTo(Math.LN2, 6);
    expect(plain.at(-1)?.values.loss).toBeLessThan(Math.LN2);
    for (const [i, { values }] of again.entries()) expect(values.loss).toBeCloseTo(plain[i]?.values.loss ?? 0, 5);
  });

  test('trains all weights against the checkpoint that they came from, and gives a checkpoint', async () => {
    const settings = { lora: null, max_steps: 3, learning_rate: 1e-4 };
    const spec = job('whole-weights', settings, { adapter: null, reference: 'base' });
    const metrics = await runToEnd(spec);
    expect(metrics[0]?.values.loss).toBeCloseTo(Math.LN2, 6);
    expect(metrics.at(-1)?.values.loss).toBeLessThan(Math.LN2);
    const [trained, base] = [await openCheckpoint(spec.out), await openCheckpoint(spec.model)];
    expect([...trained.tensors.keys()].sort()).toEqual([...base.tensors.keys()].sort());
    const [first] = await runToEnd(job('of-trained', { max_steps: 1 }, { model: spec.out, adapter: null }));
    const margin = metrics.at(-1)?.values['logps/chosen'] ?? 0;
    expect(first?.values['logps/chosen']).toBeGreaterThan(margin);
    const refused = runToEnd(job('refused', settings));
    await expect(refused).rejects.toThrow(/merge it into the model first/);
  });

  test('refuses a checkpoint of another run', async () => {
    const spec = job('other', { save_steps: 5, per_device_train_batch_size: 7 });
    await runToEnd(spec);
    const different = job('different', { save_steps: 5, beta: 0.2 }, { resumeFrom: join(spec.out, 'checkpoint-5') });
    await expect(runToEnd(different)).rejects.toThrow(/other data, settings or model/);
  });

  test('drops and counts pairs that do not fit, and says so when none is left', async () => {
    const same = { ...(pairs[0] as TrainingPair), rejected: (pairs[0] as TrainingPair).chosen };
    const result = await train(job('dropped', { max_steps: 1 }, { pairs: [...pairs, same] }), () => {});
    expect(result.dropped).toEqual({ 'chosen and rejected are the same': 1 });
    expect(result.trainedPairs).toBe(24);
    const none = train(job('none', { max_length: 5 }), () => {});
    await expect(none).rejects.toThrow(
      new EngineError('DATA_INVALID', 'No pair is left to train on: 24 of 24 dropped (longer than 5 tokens).'),
    );
  });

  test('trains on the tokens that were sampled, not on their text', async () => {
    const tokenPairs = pairs.map((pair) => ({ ...pair, chosen: { tokenIds: [5, 6, 7, 2] } }));
    const [first] = await runToEnd(job('tokens', { max_steps: 1 }, { pairs: tokenPairs }));
    expect(first?.values.loss).toBeCloseTo(Math.LN2, 5);
  });
});
