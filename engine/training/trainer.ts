// One preference run, top to bottom: examples to token rows, the reference's log-probs where they hold, then LoRA steps on
// a static graph per batch size, and a PEFT adapter (or, where all weights are trained, a checkpoint) at the end.
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { writeAtomically } from '../checkpoint/safetensors.ts';
import type { TrainConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { TrainingExample, TrainingPlan, TrainJob, TrainMetrics, TrainResult } from '../ports.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { rowsOf, takesPairs } from './examples.ts';
import { openFrozen } from './frozen.ts';
import { optimize } from './loop.ts';
import { openPolicy } from './policy.ts';
import type { PreferenceRow } from './preference-batch.ts';
import { type Outcome, type PreferenceStep, preferenceStep } from './preference-step.ts';
import { openReference } from './reference.ts';
import { fingerprintOf } from './resume.ts';
import { longestSequence } from './score.ts';

/** Trains an adapter on examples and writes it to `job.out`. Stops between steps when the signal fires (CANCELLED). */
export async function train(
  job: TrainJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
  onPlan: (plan: TrainingPlan) => void = () => {},
): Promise<TrainResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const stored = await openCheckpoint(job.model);
  assertWeightsFit(stored.tensors.values(), stored.folder);
  const checkpoint = await openFrozen(stored, config, device);
  const { policy, initial } = await openPolicy(job, checkpoint, device);

  const dropped: Record<string, number> = {};
  const rows = usableRows(checkpoint, job.pairs, config, dropped);
  if (rows.length === 0) {
    throw new EngineError(
      'DATA_INVALID',
      `No ${takesPairs(config) ? 'pair' : 'example'} is left to train on: ${describeDropped(dropped, job.pairs.length)}.`,
    );
  }
  const evalRows = usableRows(checkpoint, job.evalPairs ?? [], config, {});
  const reference = await openReference(job, checkpoint, { initial, policy: policy.adapter }, device, signal);
  const referenceLogps = await reference.prepare(rows);
  await reference.prepare(evalRows);
  const step = preferenceStep({ checkpoint, policy, reference, config });
  const plan = step.plan(rows);
  onPlan(plan);
  try {
    const steps = await optimize<PreferenceRow, Outcome>({
      rows,
      tensors: step.tensors,
      companions: reference.tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(
        checkpoint.config,
        config,
        [reference.fingerprint, referenceLogps],
        rows,
        policy.adapter?.shape ?? null,
      ),
      resumeFrom: job.resumeFrom,
      runBatch: step.run,
      summarise: (outcomes) => step.summarise(outcomes),
      afterStep: async (done, isLast) => {
        reference.afterStep(done);
        const isDue = evalRows.length > 0 && (done % config.eval_steps === 0 || isLast);
        return isDue ? evaluate(evalRows, config, step) : {};
      },
      onMetrics,
      signal,
    });
    await policy.write(job.out);
    await writeRecord(job, reference.name);
    const seconds = (performance.now() - started) / 1000;
    return { adapter: job.out, reference: reference.name, steps, plan, trainedPairs: rows.length, dropped, seconds };
  } finally {
    await step.close();
    await reference.close();
  }
}

/** What the adapter is of: the model, where it started, what it was held against, and every setting. */
async function writeRecord({ model, adapter, config, out }: TrainJob, reference: string | null): Promise<void> {
  const record = JSON.stringify({ model, adapter, reference, config }, null, 2);
  await writeAtomically(join(out, 'training.json'), [Buffer.from(`${record}\n`)]);
}

/** Loss and metrics on held-out examples, under TRL's `eval_` names. */
async function evaluate(
  rows: readonly PreferenceRow[],
  config: TrainConfig,
  step: PreferenceStep,
): Promise<Record<string, number>> {
  let loss = 0;
  const outcomes: Outcome[] = [];
  for (let start = 0; start < rows.length; start += config.per_device_train_batch_size) {
    const batch = await step.run(rows.slice(start, start + config.per_device_train_batch_size), rows);
    loss += batch.loss;
    outcomes.push(...batch.outcomes);
  }
  const values = { loss, ...step.summarise(outcomes) };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`eval_${name}`, value]));
}

function usableRows(
  checkpoint: Checkpoint,
  examples: readonly TrainingExample[],
  config: TrainConfig,
  dropped: Record<string, number>,
): PreferenceRow[] {
  const limit = Math.min(config.max_length, checkpoint.config.maxPositions);
  return examples.flatMap((example, i) =>
    tokenize(checkpoint, example, i, config).filter((row) => {
      const [chosen, rejected] = row.completions;
      const reason =
        rejected && String(chosen) === String(rejected)
          ? 'chosen and rejected are the same'
          : row.prompt.length > config.max_prompt_length
            ? `prompt longer than max_prompt_length ${config.max_prompt_length}`
            : longestSequence(row) > limit
              ? `longer than ${limit} tokens`
              : null;
      if (reason !== null) dropped[reason] = (dropped[reason] ?? 0) + 1;
      return reason === null;
    }),
  );
}

function tokenize(checkpoint: Checkpoint, example: TrainingExample, index: number, config: TrainConfig) {
  try {
    return rowsOf(checkpoint, example, config);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const what = 'label' in example ? 'Example' : 'Pair';
    throw new EngineError(error.code, `${what} ${index + 1}: ${error.message}`, { cause: error });
  }
}

function describeDropped(dropped: Readonly<Record<string, number>>, total: number): string {
  if (total === 0) return 'there were none';
  return Object.entries(dropped)
    .map(([reason, count]) => `${count} of ${total} dropped (${reason})`)
    .join(', ');
}
