// Whole runs against TRL's, step by step, in fp32 (fixtures/README.md says how they were made): every loss that TRL has.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter, writeAdapter } from '../checkpoint/peft.ts';
import { loraConfigSchema, trainConfigSchema } from '../config.ts';
import type { Completion, Prompt, TrainingExample, TrainingPair, TrainJob } from '../ports.ts';
import { train } from './trainer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const read = async <T>(file: string) => JSON.parse(await readFile(`${fixtures}${file}`, 'utf8')) as T;
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);

type Metrics = Record<string, number>;
const { versions: _, ...trl } = await read<Record<string, Record<string, Metrics[]>>>('trl.json');
const extra = await read<{ train: Record<'kto' | 'orpo' | 'cpo' | 'simpo', Metrics[]> }>('extra.json');

interface TrlRun {
  family: string;
  kind: 'dpo' | 'kto' | 'cpo';
  settings: Record<string, unknown>;
  targets: string[] | null;
  metrics: Metrics[];
  /** Which of the pairs, in their order; the first 18 of a family's, else all. */
  pairs?: number[];
  /** What is otherwise in the model's config. */
  changes?: object;
}
const { runs: more } = await read<{ runs: Record<string, TrlRun> }>('preference.json');
const { runs: ofHeads } = await read<{ runs: Record<string, TrlRun> }>('head.json');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-trl-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Start = Pick<TrainJob, 'adapter' | 'reference'>;

async function runAsTrl(
  name: string,
  family: string,
  settings: object,
  examples: readonly TrainingExample[] = pairs,
  start: Start = { adapter: `${fixtures}${family}-init`, reference: 'base' },
  model = `${fixtures}${family}`,
) {
  const logged: Metrics[] = [];
  const job: TrainJob = {
    model,
    ...start,
    pairs: [...examples],
    config: trainConfigSchema.parse({
      learning_rate: 1e-3,
      lr_scheduler_type: 'constant',
      per_device_train_batch_size: 24,
      max_steps: 10,
      beta: 0.1,
      ...settings,
    }),
    out: join(folder, name),
    device: 'cpu',
  };
  await train(job, ({ values }) => void logged.push(values));
  return logged;
}

/** How far a metric may be from TRL's, over completions of 13 tokens on average: by ratio, or by difference where it passes through zero. */
const tolerances: Record<string, { ratio: number } | { difference: number }> = {
  loss: { ratio: 2e-4 },
  grad_norm: { ratio: 5e-3 },
  nll_loss: { ratio: 2e-4 },
  entropy: { ratio: 2e-4 },
  num_tokens: { ratio: 1e-9 },
  mean_token_accuracy: { difference: 1e-4 },
  kl: { difference: 1e-3 },
  log_odds_chosen: { difference: 1e-3 },
  log_odds_ratio: { difference: 1e-3 },
  'logps/chosen': { difference: 1e-3 },
  'logps/rejected': { difference: 1e-3 },
  'logits/chosen': { difference: 1e-4 },
  'logits/rejected': { difference: 1e-4 },
  'rewards/chosen': { difference: 3e-4 },
  'rewards/rejected': { difference: 3e-4 },
  'rewards/margins': { difference: 3e-4 },
  'rewards/accuracies': { difference: 1e-5 },
};

function expectLike(actual: Metrics[], expected: Metrics[], ignored: readonly string[] = []): void {
  expect(actual).toHaveLength(expected.length);
  for (const [step, metrics] of expected.entries()) {
    for (const [name, value] of Object.entries(metrics)) {
      // Where policy and reference are the same, rounding decides which reward is larger.
      const isTie = name === 'rewards/accuracies' && metrics['rewards/margins'] === 0;
      if (ignored.includes(name) || isTie) continue;
      const tolerance = tolerances[name];
      if (!tolerance) throw new Error(`No tolerance for ${name}.`);
      const ours = actual[step]?.[name] ?? Number.NaN;
      const [error, bound] =
        'ratio' in tolerance
          ? [Math.abs(ours / value - 1), tolerance.ratio]
          : [Math.abs(ours - value), tolerance.difference];
      expect(error, `step ${step + 1} ${name}: ${ours}, and TRL has ${value}`).toBeLessThan(bound);
    }
  }
}

/** TRL pairs prompts and mismatched completions by the order of the file. */
const inOrder = (settings: object) => ({ ...settings, train_sampling_strategy: 'sequential' });

/** TRL's experimental trainers append EOS to what already ends with the template's end of turn and a newline. */
async function withSecondEos(family: string): Promise<TrainingPair[]> {
  const { tokenizer, config } = await openCheckpoint(`${fixtures}${family}`);
  const twice = (prompt: Prompt, completion: Completion) => ({
    tokenIds: [...tokenizer.encodePair(prompt, completion).completion, config.eosTokenIds[0] as number],
  });
  return pairs.map(({ prompt, chosen, rejected }) => ({
    prompt,
    chosen: twice(prompt, chosen),
    rejected: twice(prompt, rejected),
  }));
}

describe('TRL, all pairs in one batch, ten steps', () => {
  const runs = Object.entries(trl).flatMap(([family, losses]) =>
    Object.keys(losses).map((loss) => [family, loss] as const),
  );

  test.each(runs)('%s %s', async (family, loss) => {
    const settings = { loss_type: loss, ...(loss === 'exo_pair' || loss === 'robust' ? { label_smoothing: 0.1 } : {}) };
    // With sft alone TRL computes a reference and rewards against it; no reference is opened for it here.
    const ignored = loss === 'sft' ? Object.keys(tolerances).filter((name) => name.startsWith('rewards/')) : [];
    expectLike(await runAsTrl(`${family}-${loss}`, family, settings), trl[family]?.[loss] ?? [], ignored);
  });

  test('KTO', async () => {
    const examples = pairs.map(({ prompt, chosen, rejected }, i) =>
      i < 12 ? { prompt, completion: chosen, label: true } : { prompt, completion: rejected, label: false },
    );
    expectLike(await runAsTrl('kto', 'llama', inOrder({ loss_type: 'kto' }), examples), extra.train.kto);
  });

  test.each([
    ['orpo', {}],
    ['cpo', { cpo_alpha: 1 }],
    ['simpo', { simpo_gamma: 0.5 }],
  ] as const)('%s', async (loss, settings) => {
    const ignored = loss === 'simpo' ? ['nll_loss'] : []; // 0 in TRL's log, since it computes none
    expectLike(
      await runAsTrl(loss, 'llama', { loss_type: loss, ...settings }, await withSecondEos('llama')),
      extra.train[loss],
      ignored,
    );
  });
});

/** The start of runs whose adapters are not stored: the k-th number of a matrix is 0.05 sin(k) in A, 0.02 cos(k) in B. */
async function formulaAdapter(family: string, target_modules: string[]): Promise<string> {
  const { shapes } = await openCheckpoint(`${fixtures}${family}`);
  const adapter = createAdapter(loraConfigSchema.parse({ r: 4, lora_alpha: 8, target_modules }), shapes, 0);
  for (const { a, b } of adapter.modules.values()) {
    for (const i of a.data.keys()) a.data[i] = 0.05 * Math.sin(i + 1);
    for (const i of b.data.keys()) b.data[i] = 0.02 * Math.cos(i + 1);
  }
  const out = join(folder, `start ${family}`);
  await writeAdapter(out, adapter, family);
  return out;
}

const examplesOf: { [K in TrlRun['kind']]: (name: string, run: TrlRun) => Promise<TrainingExample[]> } = {
  dpo: async (name, { pairs: chosen }) => {
    if (chosen) return chosen.map((i) => pairs[i] as TrainingPair);
    return name.startsWith('family') ? pairs.slice(0, 18) : pairs;
  },
  kto: async () =>
    pairs.map(({ prompt, chosen, rejected }, i) =>
      i % 3 === 0 ? { prompt, completion: rejected, label: false } : { prompt, completion: chosen, label: true },
    ),
  cpo: (_, { family }) => withSecondEos(family),
};

/** What TRL averages over micro-batches, and we over tokens or examples: the same where a step has one micro-batch. */
const averagedByBatch = ['entropy', 'mean_token_accuracy', 'logits/chosen', 'logits/rejected'];
const averagedByLabel = ['rewards/chosen', 'rewards/rejected', 'rewards/margins', 'logps/chosen', 'logps/rejected'];

/** The family's folder, or one like it whose config says other things. */
async function modelOf(name: string, { family, changes }: TrlRun): Promise<string> {
  if (!changes || Object.keys(changes).length === 0) return `${fixtures}${family}`;
  const model = join(folder, `model of ${name}`);
  await cp(`${fixtures}${family}`, model, { recursive: true });
  const config = join(model, 'config.json');
  await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), ...changes }));
  return model;
}

describe('TRL in other ways', () => {
  test.each(Object.entries({ ...more, ...ofHeads }))('%s', async (name, run) => {
    const { cpo_alpha: _, ...settings } = run.settings;
    const start: Start = run.targets
      ? {
          adapter: await formulaAdapter(run.family, run.targets),
          reference: name.endsWith('base') ? 'base' : 'initial',
        }
      : { adapter: `${fixtures}${run.family}-init`, reference: 'base' };
    const loss = run.kind === 'kto' ? { loss_type: 'kto' } : {};
    const examples = await examplesOf[run.kind](name, run);
    const all = inOrder({ max_steps: 4, ...loss, ...settings });
    const metrics = await runAsTrl(name, run.family, all, examples, start, await modelOf(name, run));
    const isAccumulated = 'gradient_accumulation_steps' in settings;
    expectLike(metrics, run.metrics, [
      ...(isAccumulated ? averagedByBatch : []),
      ...(isAccumulated && run.kind === 'kto' ? averagedByLabel : []),
      ...(settings.loss_type === 'apo_zero_unpaired' ? ['kl'] : []), // 0 in TRL's log, since it estimates none
      ...(run.kind === 'cpo' ? ['nll_loss', 'logits/chosen', 'logits/rejected'] : []), // over prompts and padding too
    ]);
  });
});
