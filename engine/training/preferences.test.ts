// What a preference run makes of its data and its reference: weights, criteria, margins, masks, labels, and a reference
// within the graph or one that moves.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter, readAdapter, writeAdapter } from '../checkpoint/peft.ts';
import { loraConfigSchema, trainConfigSchema } from '../config.ts';
import type { Completion, Prompt, TrainingExample, TrainingPair, TrainJob, TrainResult } from '../ports.ts';
import { scorePairs } from './score.ts';
import { train } from './trainer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const model = `${fixtures}llama`;
/** A start away from the base, so that every pair has a loss of its own. */
const away = { adapter: `${fixtures}llama-adapter`, reference: 'base' } as const;
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
const [first, second, third] = pairs as [TrainingPair, TrainingPair, TrainingPair];

let folder = '';
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-preferences-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Metrics = Record<string, number>;

async function run(settings: object, examples: TrainingExample[], rest: Partial<TrainJob> = {}) {
  const job: TrainJob = {
    model,
    ...away,
    pairs: examples,
    config: trainConfigSchema.parse({
      learning_rate: 1e-3,
      lr_scheduler_type: 'constant',
      train_sampling_strategy: 'sequential',
      max_steps: 1,
      ...settings,
    }),
    out: join(folder, String(runs++)),
    device: 'cpu',
    ...rest,
  };
  const logged: Metrics[] = [];
  const result: TrainResult = await train(job, ({ values }) => void logged.push(values));
  return { logged, result, out: job.out, loss: logged[0]?.loss ?? Number.NaN };
}
const lossOf = async (pair: TrainingPair, settings: object = {}) => (await run(settings, [pair])).loss;

describe('of the data', () => {
  test('a weight multiplies its pair alone', async () => {
    const [a, b] = [await lossOf(first), await lossOf(second)];
    const weighted = [
      { ...first, weight: 3 },
      { ...second, weight: 0.5 },
    ];
    expect((await run({}, weighted)).loss).toBeCloseTo((3 * a + 0.5 * b) / 2, 5);
    const settings = { per_device_train_batch_size: 1, gradient_accumulation_steps: 2 };
    expect((await run(settings, weighted)).loss).toBeCloseTo((3 * a + 0.5 * b) / 2, 5);
  });

  test("several criteria: the sum of weight x the mean of each criterion's pairs, however they fall into batches", async () => {
    const [a, b, c] = [await lossOf(first), await lossOf(second), await lossOf(third)];
    const named = [
      { ...first, criterion: 'helpful' },
      { ...second, criterion: 'harmless' },
      { ...third, criterion: 'helpful' },
    ];
    const criterion_weights = { helpful: 1, harmless: 0.5 };
    const expected = (a + c) / 2 + 0.5 * b;
    expect((await run({ criterion_weights }, named)).loss).toBeCloseTo(expected, 5);
    const settings = { criterion_weights, per_device_train_batch_size: 1, gradient_accumulation_steps: 3 };
    expect((await run(settings, named)).loss).toBeCloseTo(expected, 5);
    expect((await run({ criterion_weights: { helpful: 0, harmless: 2 } }, named)).loss).toBeCloseTo(2 * b, 5);
  });

  test('a margin is demanded when it is asked for, and left aside else', async () => {
    const wide = { ...first, margin: 2 };
    expect(await lossOf(wide)).toBeCloseTo(await lossOf(first), 6);
    const [reward] = (await run({}, [first])).logged;
    const h = reward?.['rewards/margins'] ?? Number.NaN;
    expect(await lossOf(wide, { margin_scale: 1.5 })).toBeCloseTo(Math.log(1 + Math.exp(3 - h)), 5);
  });

  test('masked formatting leaves the words: the same as completions without their end', async () => {
    const { tokenizer } = await openCheckpoint(model);
    const words = (prompt: Prompt, completion: Completion) => {
      const ids = tokenizer.encodePair(prompt, completion).completion;
      return { tokenIds: ids.slice(0, -2) }; // <|im_end|> and a newline
    };
    const cut = pairs.map(({ prompt, chosen, rejected }) => ({
      prompt,
      chosen: words(prompt, chosen),
      rejected: words(prompt, rejected),
    }));
    for (const settings of [{ loss_type: ['sigmoid', 'sft'] }, { loss_type: 'ipo', ld_alpha: 0.3 }]) {
      const size = { per_device_train_batch_size: 24 };
      const masked = await run({ ...settings, ...size, mask_formatting_tokens: true }, pairs);
      const short = await run({ ...settings, ...size }, cut);
      for (const name of ['loss', 'grad_norm', 'logps/chosen', 'rewards/margins', 'entropy', 'logits/rejected']) {
        expect(masked.logged[0]?.[name], name).toBeCloseTo(short.logged[0]?.[name] ?? Number.NaN, 3);
      }
    }
  });

  test('KTO takes both sides of a pair as labelled completions', async () => {
    const single = pairs.flatMap(({ prompt, chosen, rejected }) => [
      { prompt, completion: chosen, label: true },
      { prompt, completion: rejected, label: false },
    ]);
    const settings = {
      loss_type: 'kto',
      per_device_train_batch_size: 12,
      gradient_accumulation_steps: 4,
      max_steps: 2,
    };
    const [paired, unpaired] = [await run(settings, pairs), await run(settings, single)];
    expect(paired.logged).toEqual(unpaired.logged);
    expect(paired.logged[0]?.kl).toBeGreaterThan(0);
  });

  test('KTO starts at half its weight where a mismatched completion changes the rotary tables', async () => {
    const start = { model: `${fixtures}llama_dynamic`, adapter: null };
    const settings = { loss_type: 'kto', per_device_train_batch_size: 24, desirable_weight: 2 };
    const { logged } = await run(settings, pairs, start);
    expect(logged[0]?.kl).toBeCloseTo(0, 5);
    expect(logged[0]?.loss).toBeCloseTo(0.75, 5);
  });

  const labelled = { prompt: 'a', completion: ' b', label: true };
  test.each<[string, object, TrainingExample, RegExp]>([
    ['a label for a loss of pairs', {}, labelled, /Example 1: sigmoid takes pairs of chosen and rejected/],
    ['a weight where pairs are sorted', { loss_type: 'aot' }, { ...first, weight: 2 }, /Pair 1: aot sorts the batch/],
    ['a weight below 0', {}, { ...first, weight: -1 }, /Pair 1: the weight -1/],
    ['a missing margin', { margin_scale: 1 }, first, /Pair 1: it has no margin/],
    ['a missing criterion', { criterion_weights: { a: 1 } }, first, /Pair 1: it names no criterion/],
    [
      'a criterion without weight',
      { criterion_weights: { a: 1 } },
      { ...first, criterion: 'harmless' },
      /Pair 1: its criterion "harmless" has no weight/,
    ],
    [
      'a completion of formatting alone',
      { mask_formatting_tokens: true },
      { ...first, chosen: { tokenIds: [2] } },
      /Pair 1: a completion has nothing but formatting/,
    ],
  ])('refuses %s', async (_, settings, example, message) => {
    await expect(run(settings, [example])).rejects.toThrow(message);
  });
});

describe('of the reference', () => {
  test('is recorded, by the folder that it stands for', async () => {
    const recorded = async (settings: object, rest: Partial<TrainJob>) => {
      const { result, out } = await run(settings, [first, second], rest);
      const record = JSON.parse(await readFile(join(out, 'training.json'), 'utf8'));
      expect(record).toMatchObject({ model, reference: result.reference, config: { beta: 0.1 } });
      return result.reference;
    };
    expect(await recorded({}, { reference: 'base' })).toBe('base');
    expect(await recorded({}, { reference: 'initial' })).toBe(away.adapter);
    expect(await recorded({}, { adapter: null, reference: 'initial' })).toBe('base');
    expect(await recorded({}, { reference: { adapter: `${fixtures}llama-init` } })).toBe(`${fixtures}llama-init`);
    expect(await recorded({ loss_type: 'simpo' }, {})).toBeNull();
  });

  test('within the graph (TDPO) gives the numbers of the one that is scored before', async () => {
    const settings = { per_device_train_batch_size: 24, max_steps: 2 };
    for (const reference of ['base', 'initial', { adapter: `${fixtures}llama-init` }] as const) {
      const [scored, within] = [
        await run(settings, pairs, { reference }),
        await run({ ...settings, loss_type: 'tdpo2', tdpo_alpha: 0 }, pairs, { reference }),
      ];
      for (const [step, metrics] of scored.logged.entries()) {
        for (const name of ['loss', 'grad_norm', 'rewards/chosen', 'rewards/rejected']) {
          expect(within.logged[step]?.[name], `step ${step} ${name}`).toBeCloseTo(metrics[name] ?? Number.NaN, 4);
        }
      }
    }
  });

  test('TDPO starts at ln 2 from its reference, and differs from DPO away from it', async () => {
    const settings = { loss_type: 'tdpo2', per_device_train_batch_size: 24 };
    expect((await run(settings, pairs, { reference: 'initial' })).loss).toBeCloseTo(Math.LN2, 6);
    const [tdpo, dpo] = [await run(settings, pairs), await run({ per_device_train_batch_size: 24 }, pairs)];
    expect(Math.abs(tdpo.loss - dpo.loss)).toBeGreaterThan(1e-4);
  });
});

describe('a reference that moves (TR-DPO)', () => {
  const moving = (alpha: number, more: object = {}) => ({
    sync_ref_model: true,
    ref_model_mixup_alpha: alpha,
    ref_model_sync_steps: 2,
    per_device_train_batch_size: 8,
    learning_rate: 5e-3,
    num_train_epochs: 2,
    max_steps: -1,
    ...more,
  });

  test('is the policy after every hard sync: the loss starts anew at ln 2', async () => {
    const { logged } = await run(moving(1), pairs, { reference: 'initial' });
    expect(logged).toHaveLength(6);
    for (const [i, { loss }] of logged.entries()) {
      if (i % 2 === 0) expect(loss, `step ${i + 1}`).toBeCloseTo(Math.LN2, 6);
      else expect(Math.abs((loss ?? 0) - Math.LN2), `step ${i + 1}`).toBeGreaterThan(1e-4);
    }
  });

  test('is a mix of matrices after a soft one, starting from the bare model as A of the policy and B = 0', async () => {
    const start = { adapter: null, reference: 'base' } as const;
    const lora = { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'v_proj'] };
    const before = await run({ ...moving(0.25, { max_steps: 2 }), lora }, pairs, start);
    const base = await openCheckpoint(model);
    const [initial, policy] = [
      createAdapter(loraConfigSchema.parse(lora), base.shapes, 42),
      await readAdapter(before.out, base),
    ];
    const mix = (target: Float32Array, trained: Float32Array = new Float32Array()) => {
      for (const [i, x] of target.entries()) target[i] = 0.25 * (trained[i] ?? Number.NaN) + 0.75 * x;
    };
    for (const [module, { a, b }] of initial.modules) {
      mix(a.data, policy.modules.get(module)?.a.data);
      mix(b.data, policy.modules.get(module)?.b.data);
    }
    const mixed = join(folder, 'mixed');
    await writeAdapter(mixed, initial, model);
    const batch = pairs.slice(16);
    const scores = async (adapter: string) => scorePairs({ model, adapter, pairs: batch, device: 'cpu' });
    const [ours, theirs] = [await scores(before.out), await scores(mixed)];
    const margins = ours.map(
      (score, i) =>
        score.logpsChosen - score.logpsRejected - ((theirs[i]?.logpsChosen ?? 0) - (theirs[i]?.logpsRejected ?? 0)),
    );
    const third = (await run({ ...moving(0.25, { max_steps: 3 }), lora }, pairs, start)).logged[2];
    const expected = (0.1 * margins.reduce((sum, margin) => sum + margin, 0)) / margins.length;
    expect(third?.['rewards/margins']).toBeCloseTo(expected, 4);
  });

  test('goes on where it stood when a run is resumed', async () => {
    const settings = moving(0.5, { save_steps: 3 });
    const whole = await run(settings, pairs);
    const rest = await run(settings, pairs, { resumeFrom: join(whole.out, 'checkpoint-3') });
    expect(rest.logged).toHaveLength(3);
    for (const [i, metrics] of rest.logged.entries()) {
      for (const [name, value] of Object.entries(metrics)) {
        expect(value, `step ${i + 4} ${name}`).toBeCloseTo(whole.logged[i + 3]?.[name] ?? Number.NaN, 6);
      }
    }
  });

  test('refuses an adapter whose matrices do not fit the policy', async () => {
    const other = run(moving(1), pairs, { reference: { adapter: `${fixtures}llama-init` } });
    await expect(other).rejects.toThrow(/differ in rank, scale or modules/);
  });
});
