// The optimisation loop that DPO and SFT share: epochs in seeded order, accumulation, clipping, AdamW, the schedule,
// logging, checkpoints and resuming. What a batch's loss and gradients are comes in as `runBatch`.
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TensorToWrite, writeAtomically } from '../checkpoint/safetensors.ts';
import type { SftConfig } from '../config.ts';
import { EngineError, mkdirReason, reasonOf, throwIfCancelled } from '../errors.ts';
import { adamW, clipScale, globalNorm, scheduleFactor } from '../optimizer.ts';
import type { TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import { loadCheckpoint, metricsBefore, saveCheckpoint, type TrainableTensors } from './resume.ts';

/** The settings of the optimiser, common to every kind of training. */
export type OptimizerConfig = Omit<SftConfig, 'prompt_loss_weight'>;

export interface BatchResult<O> {
  /** The batch's share of the step's loss. */
  loss: number;
  gradients: ReadonlyMap<string, Float32Array>;
  outcomes: O[];
  /** Tokens of all its sequences, prompts included. */
  tokens: number;
}

export interface OptimizationRun<R, O> {
  rows: readonly R[];
  tensors: TrainableTensors;
  config: OptimizerConfig;
  out: string;
  fingerprint: string;
  /** Further tensors that change as the run goes on, kept in its checkpoints. */
  companions?: ReadonlyMap<string, TensorToWrite>;
  resumeFrom?: string | undefined;
  /**
   * Loss and gradients of up to per_device_train_batch_size rows, as their part of a step over `stepRows` rows. `draw`
   * numbers the run's micro-batches: what is drawn at random for one follows from it.
   */
  runBatch(rows: readonly R[], stepRows: readonly R[], draw: number): Promise<BatchResult<O>>;
  /** The metrics of a logged stretch beyond loss, gradient norm and learning rate. */
  summarise(outcomes: readonly O[]): Record<string, number>;
  /** What to add to a step's metrics after it, such as an evaluation. */
  afterStep?(step: number, isLast: boolean): Promise<Record<string, number>>;
  onMetrics(metrics: TrainMetrics): void | Promise<void>;
  signal?: AbortSignal | undefined;
}

const nonFiniteStepsAllowed = 2;

/** Runs to the end and returns the number of optimiser steps. The tensors are changed in place. */
export async function optimize<R, O>(run: OptimizationRun<R, O>): Promise<number> {
  const { rows, tensors, config, out, fingerprint } = run;
  const rowsPerStep = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  const stepsPerEpoch = Math.ceil(rows.length / rowsPerStep);
  const maxSteps = config.max_steps > 0 ? config.max_steps : Math.ceil(config.num_train_epochs * stepsPerEpoch);
  const warmup = config.warmup_steps > 0 ? config.warmup_steps : Math.ceil(config.warmup_ratio * maxSteps);
  const metricsFile = join(out, 'metrics.jsonl');

  let done = 0;
  let skippedSteps = 0;
  let numTokens = 0;
  let earlier: string[] = [];
  if (run.resumeFrom !== undefined) {
    const state = await loadCheckpoint(run.resumeFrom, tensors, fingerprint, run.companions);
    done = state.step;
    skippedSteps = state.skippedSteps;
    numTokens = state.numTokens;
    earlier = await metricsBefore(run.resumeFrom, done);
  }
  await createFolder(out);
  await writeAtomically(metricsFile, [Buffer.from(earlier.map((line) => `${line}\n`).join(''))]);

  let epoch = -1;
  let order: R[] = [];
  let window = { losses: [] as number[], norms: [] as number[], outcomes: [] as O[] };
  let nonFiniteInARow = 0;
  while (done < maxSteps) {
    throwIfCancelled(run.signal);
    const stepInEpoch = done % stepsPerEpoch;
    const currentEpoch = Math.floor(done / stepsPerEpoch);
    if (currentEpoch !== epoch) {
      epoch = currentEpoch;
      order =
        config.train_sampling_strategy === 'sequential'
          ? [...rows]
          : createRandom(config.seed * 1_000_003 + epoch).shuffle(rows);
    }
    const stepRows = order.slice(stepInEpoch * rowsPerStep, (stepInEpoch + 1) * rowsPerStep);
    const step = await accumulate(run, stepRows, done * config.gradient_accumulation_steps);
    const norm = globalNorm(step.gradients.values());
    const learningRate = config.learning_rate * scheduleFactor(config.lr_scheduler_type, done, maxSteps, warmup);
    done++;
    if (Number.isFinite(norm) && Number.isFinite(step.loss)) {
      nonFiniteInARow = 0;
      const scale = clipScale(norm, config.max_grad_norm);
      const settings = {
        learningRate,
        beta1: config.adam_beta1,
        beta2: config.adam_beta2,
        epsilon: config.adam_epsilon,
        weightDecay: config.weight_decay,
      };
      for (const [name, { data, state }] of tensors) {
        const gradient = step.gradients.get(name);
        if (gradient) adamW(data, gradient, state, done - skippedSteps, settings, scale);
      }
    } else {
      skippedSteps++;
      if (++nonFiniteInARow > nonFiniteStepsAllowed) throw diverged(done, step.loss, norm);
    }
    numTokens += step.tokens;
    window.losses.push(step.loss);
    window.norms.push(norm);
    window.outcomes.push(...step.outcomes);
    const added = (await run.afterStep?.(done, done === maxSteps)) ?? {};
    if (done % config.logging_steps === 0 || done === maxSteps || Object.keys(added).length > 0) {
      const values = {
        loss: mean(window.losses),
        grad_norm: mean(window.norms),
        learning_rate: learningRate,
        num_tokens: numTokens,
        ...run.summarise(window.outcomes),
        ...added,
        ...(skippedSteps > 0 ? { skipped_steps: skippedSteps } : {}),
      };
      window = { losses: [], norms: [], outcomes: [] };
      const metrics = { step: done, maxSteps, epoch: done / stepsPerEpoch, values };
      await append(metricsFile, JSON.stringify({ step: done, epoch: metrics.epoch, ...values }));
      await run.onMetrics(metrics);
    }
    if (done % config.save_steps === 0 && done < maxSteps) {
      await saveCheckpoint(out, tensors, { step: done, fingerprint, skippedSteps, numTokens }, run.companions);
    }
    await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
  }
  return done;
}

async function accumulate<R, O>(
  run: OptimizationRun<R, O>,
  stepRows: readonly R[],
  firstDraw: number,
): Promise<BatchResult<O>> {
  const batchSize = run.config.per_device_train_batch_size;
  let total: BatchResult<O> | null = null;
  for (let start = 0; start < stepRows.length; start += batchSize) {
    throwIfCancelled(run.signal);
    const draw = firstDraw + start / batchSize;
    const batch = await run.runBatch(stepRows.slice(start, start + batchSize), stepRows, draw);
    if (!total) {
      total = batch;
      continue;
    }
    total.loss += batch.loss;
    total.tokens += batch.tokens;
    total.outcomes.push(...batch.outcomes);
    for (const [name, sum] of total.gradients) {
      const gradient = batch.gradients.get(name);
      for (let i = 0; gradient && i < sum.length; i++) sum[i] = (sum[i] as number) + (gradient[i] as number);
    }
  }
  if (!total) throw new EngineError('DATA_INVALID', 'There is nothing to train on: no row is left.');
  return total;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const diverged = (step: number, loss: number, norm: number) =>
  new EngineError(
    'TRAINING_DIVERGED',
    `Training stopped at step ${step}: loss ${loss} and gradient norm ${norm} were not finite three times in a row. ` +
      'Lower learning_rate, or look for pairs with extreme lengths.',
  );

async function createFolder(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot create the folder ${out}: ${mkdirReason(error)}.`, {
      cause: error,
    });
  }
}

async function append(file: string, line: string): Promise<void> {
  try {
    await appendFile(file, `${line}\n`);
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot write ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}
