// The optimisation loop that every kind of training shares: epochs in seeded order, accumulation, clipping, the optimiser,
// the schedule, evaluations, logging, checkpoints and resuming. What a batch's loss and gradients are comes in as `runBatch`.
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TensorToWrite, writeAtomically } from '../checkpoint/safetensors.ts';
import { EngineError, mkdirReason, reasonOf, throwIfCancelled } from '../errors.ts';
import { canShrink, initialLossScale, nextLossScale } from '../loss-scale.ts';
import { clipScale, globalNorm, isDecayed, scheduleFactor } from '../optimizer.ts';
import { createState, takeStep } from '../optimizers.ts';
import type { TrainingWarning, TrainMetrics } from '../ports.ts';
import type { EvaluationConfig, OptimizerConfig } from '../run-config.ts';
import type { TokenRow } from './batch.ts';
import { noEvaluations, recordEvaluation, shouldStop } from './best.ts';
import { epochOrder } from './buckets.ts';
import {
  adoptBest,
  checkpointOf,
  clearLeftovers,
  linesBefore,
  loadCheckpoint,
  loadParameters,
  type OptimizedTensors,
  type RunState,
  saveCheckpoint,
} from './resume.ts';

export interface BatchResult<O> {
  /** The batch's share of the step's loss. */
  loss: number;
  /** Times the loss scale that the batch was given. */
  gradients: ReadonlyMap<string, Float32Array>;
  outcomes: O[];
  /** Tokens of all its sequences, prompts included. */
  tokens: number;
}

/** When a micro-batch runs. */
export interface BatchMoment {
  /** Its number in the run: what is drawn at random for it follows from this. */
  draw: number;
  /** What its gradients are to be multiplied by, as fp16 needs it; its loss is not. */
  lossScale: number;
}

/** Looks on: hears each step's rows with what came of them, and says at each log what is worth a warning. */
export interface RunObserver<R, O> {
  observe(step: { step: number; epoch: number }, rows: readonly R[], outcomes: readonly O[]): void;
  warnings(step: number): TrainingWarning[];
  /** What a checkpoint keeps of it, as JSON. */
  save(): unknown;
  load(saved: unknown): void;
}

/** Loss and metrics of what a run holds out, when `config` has them due. */
export interface Evaluation {
  config: EvaluationConfig;
  run(): Promise<Record<string, number>>;
}

export interface OptimizationRun<R extends TokenRow, O> {
  rows: readonly R[];
  /** What training changes, in place. */
  tensors: ReadonlyMap<string, TensorToWrite>;
  config: OptimizerConfig;
  out: string;
  fingerprint: string;
  /** Further tensors that change as the run goes on, kept in its checkpoints. */
  companions?: ReadonlyMap<string, TensorToWrite>;
  resumeFrom?: string | undefined;
  /** Whether gradients pass through fp16, so that the loss needs a scale. */
  needsLossScale?: boolean;
  /** Loss and gradients of up to per_device_train_batch_size rows, as their part of a step over `stepRows` rows. */
  runBatch(rows: readonly R[], stepRows: readonly R[], at: BatchMoment): Promise<BatchResult<O>>;
  /** The metrics of a logged stretch beyond loss, gradient norm and learning rate. */
  summarise(outcomes: readonly O[]): Record<string, number>;
  /** Told of every step that was taken. */
  afterStep?(step: number): void;
  evaluation?: Evaluation | undefined;
  observer?: RunObserver<R, O> | undefined;
  onMetrics(metrics: TrainMetrics): void | Promise<void>;
  signal?: AbortSignal | undefined;
}

export interface OptimizationResult {
  /** Optimiser steps that were taken or skipped. */
  steps: number;
  /** Those left out because their loss or gradients were not finite. */
  skippedSteps: number;
  /** The step whose parameters the tensors hold at the end, and its metric, where evaluations were made. */
  best: { step: number; value: number } | null;
  /** Whether early stopping ended the run before its last step. */
  stoppedEarly: boolean;
  /** Those of all attempts at the run. */
  warnings: TrainingWarning[];
}

const nonFiniteStepsAllowed = 2;

/** Runs to the end. The tensors are changed in place; with load_best_model_at_end they end as they were at the best step. */
export async function optimize<R extends TokenRow, O>(run: OptimizationRun<R, O>): Promise<OptimizationResult> {
  const { config, out } = run;
  const settings = run.evaluation?.config;
  const plan = planOf(run);
  const { maxSteps, stepsPerEpoch } = plan;
  const tensors = optimized(run);
  const { state, metricsFile, warningsFile, earlierWarnings } = await begin(run, tensors);
  const window = state.window as { losses: number[]; norms: number[]; outcomes: O[] };
  const keepsBest = settings?.load_best_model_at_end === true || config.save_strategy === 'best';
  const warnings = [...earlierWarnings];
  /** How many of the warnings went out with metrics. A resumed run tells all anew: who listens may not have heard. */
  let told = 0;
  const warn = async (step: number) => {
    const fresh = run.observer?.warnings(step) ?? [];
    for (const warning of fresh) await append(warningsFile, JSON.stringify(warning));
    warnings.push(...fresh);
  };
  if (state.step === 0) await warn(0);
  let epoch = -1;
  let order: R[] = [];
  let isStopping = false;
  while (state.step < maxSteps && !isStopping) {
    throwIfCancelled(run.signal);
    const stepInEpoch = state.step % stepsPerEpoch;
    if (Math.floor(state.step / stepsPerEpoch) !== epoch) {
      epoch = Math.floor(state.step / stepsPerEpoch);
      order = epochOrder(run.rows, config, epoch);
    }
    const stepRows = order.slice(stepInEpoch * plan.rowsPerStep, (stepInEpoch + 1) * plan.rowsPerStep);
    const result = await accumulate(run, stepRows, state);
    const { loss, norm, isTaken } = update(run, tensors, state, result, plan);
    if (isTaken) {
      window.losses.push(loss);
      window.norms.push(norm);
      window.outcomes.push(...result.outcomes);
      run.observer?.observe({ step: state.step, epoch: state.step / stepsPerEpoch }, stepRows, result.outcomes);
    }
    run.afterStep?.(state.step);

    const isLast = state.step === maxSteps;
    const evaluated = run.evaluation && isEvaluationDue(run.evaluation.config, state.step, stepsPerEpoch, isLast);
    const evaluations = evaluated ? await run.evaluation?.run() : undefined;
    if (evaluations && settings) {
      state.evaluations = recordEvaluation(state.evaluations, state.step, evaluations, settings);
      isStopping = shouldStop(state.evaluations, settings);
    }
    if (state.step % config.logging_steps === 0 || isLast || isStopping || evaluations) {
      const values = {
        ...(window.losses.length > 0 ? { loss: mean(window.losses), grad_norm: mean(window.norms) } : {}),
        learning_rate: learningRateOf(config, state.step - 1, plan),
        num_tokens: state.numTokens,
        ...(window.outcomes.length > 0 ? run.summarise(window.outcomes) : {}),
        ...evaluations,
        ...(run.needsLossScale ? { loss_scale: state.lossScale.scale } : {}),
        ...(state.skippedSteps > 0 ? { skipped_steps: state.skippedSteps } : {}),
      };
      for (const part of [window.losses, window.norms, window.outcomes]) part.length = 0;
      await warn(state.step);
      const metrics = { step: state.step, maxSteps, epoch: state.step / stepsPerEpoch, values };
      await append(metricsFile, JSON.stringify({ step: state.step, epoch: metrics.epoch, ...values }));
      await run.onMetrics(warnings.length > told ? { ...metrics, warnings: warnings.slice(told) } : metrics);
      told = warnings.length;
    }
    const isBest = keepsBest && state.evaluations.best?.step === state.step;
    if (isBest || (isSaveDue(config, state.step, stepsPerEpoch) && !isLast && !isStopping)) {
      state.observed = run.observer?.save() ?? null;
      await saveCheckpoint(out, tensors, state, run.companions ?? new Map(), config.save_total_limit);
    }
    await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
  }
  const { best } = state.evaluations;
  if (settings?.load_best_model_at_end && best && best.step !== state.step) {
    await loadParameters(checkpointOf(out, best.step), tensors);
  }
  return { steps: state.step, skippedSteps: state.skippedSteps, best, stoppedEarly: state.step < maxSteps, warnings };
}

/** How a run goes: what follows from its rows and settings alone. */
interface Plan {
  rowsPerStep: number;
  stepsPerEpoch: number;
  maxSteps: number;
  warmup: number;
}

function planOf({ rows, config }: Pick<OptimizationRun<TokenRow, never>, 'rows' | 'config'>): Plan {
  const rowsPerStep = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  const stepsPerEpoch = Math.ceil(rows.length / rowsPerStep);
  const maxSteps = config.max_steps > 0 ? config.max_steps : Math.ceil(config.num_train_epochs * stepsPerEpoch);
  const warmup = config.warmup_steps > 0 ? config.warmup_steps : Math.ceil(config.warmup_ratio * maxSteps);
  return { rowsPerStep, stepsPerEpoch, maxSteps, warmup };
}

const learningRateOf = (config: OptimizerConfig, step: number, { maxSteps, warmup }: Plan) =>
  config.learning_rate * scheduleFactor(config.lr_scheduler_type, step, maxSteps, warmup);

function optimized({
  tensors,
  config,
}: Pick<OptimizationRun<TokenRow, never>, 'tensors' | 'config'>): OptimizedTensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, state: createState[config.optim](tensor.data.length) }]),
  );
}

/** The state to start from, fresh or a checkpoint's, with the run's files as they were then. */
async function begin<R extends TokenRow, O>(run: OptimizationRun<R, O>, tensors: OptimizedTensors) {
  const { out, resumeFrom, fingerprint } = run;
  let state: RunState = {
    step: 0,
    fingerprint,
    skippedSteps: 0,
    nonFiniteInARow: 0,
    numTokens: 0,
    lossScale: run.needsLossScale ? initialLossScale : { scale: 1, goodSteps: 0 },
    evaluations: noEvaluations,
    window: { losses: [], norms: [], outcomes: [] },
    observed: null,
  };
  await createFolder(out);
  await clearLeftovers(out);
  if (resumeFrom !== undefined) {
    state = await loadCheckpoint(resumeFrom, tensors, fingerprint, run.companions ?? new Map());
    if (run.evaluation?.config.load_best_model_at_end) await adoptBest(resumeFrom, out, state.evaluations);
    run.observer?.load(state.observed);
  }
  const restore = async (name: string): Promise<string[]> => {
    const lines = resumeFrom === undefined ? [] : await linesBefore(resumeFrom, name, state.step);
    await writeAtomically(join(out, name), [Buffer.from(lines.map((line) => `${line}\n`).join(''))]);
    return lines;
  };
  await restore(metricsName);
  const warned = await restore(warningsName);
  return {
    state,
    metricsFile: join(out, metricsName),
    warningsFile: join(out, warningsName),
    earlierWarnings: warned.map((line) => JSON.parse(line) as TrainingWarning),
  };
}

const metricsName = 'metrics.jsonl';
const warningsName = 'diagnostics.jsonl';

/** One optimiser step from accumulated gradients, or none where they are not finite; the state moves on by one. */
function update<R extends TokenRow, O>(
  run: OptimizationRun<R, O>,
  tensors: OptimizedTensors,
  state: RunState,
  result: BatchResult<O>,
  plan: Plan,
): { loss: number; norm: number; isTaken: boolean } {
  const { config } = run;
  const { loss, gradients } = result;
  const norm = globalNorm(gradients.values()) / state.lossScale.scale;
  const isTaken = Number.isFinite(norm) && Number.isFinite(loss);
  const settings = {
    learningRate: learningRateOf(config, state.step, plan),
    beta1: config.adam_beta1,
    beta2: config.adam_beta2,
    epsilon: config.adam_epsilon,
    weightDecay: config.weight_decay,
  };
  state.step++;
  state.numTokens += result.tokens;
  if (isTaken) {
    state.nonFiniteInARow = 0;
    const scale = clipScale(norm, config.max_grad_norm) / state.lossScale.scale;
    for (const [name, { data, state: kept }] of tensors) {
      const gradient = gradients.get(name);
      const own = isDecayed(name) ? settings : { ...settings, weightDecay: 0 };
      if (gradient) takeStep(data, gradient, kept, state.step - state.skippedSteps, own, scale);
    }
  } else {
    state.skippedSteps++;
    // An overflow that a smaller scale may cure is the scale's affair; what is left is the run's.
    const isOverflow = run.needsLossScale === true && Number.isFinite(loss) && canShrink(state.lossScale);
    if (!isOverflow && ++state.nonFiniteInARow > nonFiniteStepsAllowed) throw diverged(state.step, loss, norm);
  }
  if (run.needsLossScale) state.lossScale = nextLossScale(state.lossScale, isTaken);
  return { loss, norm, isTaken };
}

async function accumulate<R extends TokenRow, O>(
  run: OptimizationRun<R, O>,
  stepRows: readonly R[],
  { step, lossScale: { scale } }: RunState,
): Promise<BatchResult<O>> {
  const { per_device_train_batch_size: batchSize, gradient_accumulation_steps: batches } = run.config;
  let total: BatchResult<O> | null = null;
  for (let start = 0; start < stepRows.length; start += batchSize) {
    throwIfCancelled(run.signal);
    const moment = { draw: step * batches + start / batchSize, lossScale: scale };
    const batch = await run.runBatch(stepRows.slice(start, start + batchSize), stepRows, moment);
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

type Due<S> = (config: S, step: number, stepsPerEpoch: number) => boolean;

const evaluationsDue: { [S in EvaluationConfig['eval_strategy']]: Due<EvaluationConfig> } = {
  no: () => false,
  steps: ({ eval_steps }, step) => step % eval_steps === 0,
  epoch: (_, step, stepsPerEpoch) => step % stepsPerEpoch === 0,
};

const savesDue: { [S in OptimizerConfig['save_strategy']]: Due<OptimizerConfig> } = {
  no: () => false,
  best: () => false,
  steps: ({ save_steps }, step) => step % save_steps === 0,
  epoch: (_, step, stepsPerEpoch) => step % stepsPerEpoch === 0,
};

/** The last step is evaluated too, whatever the distance from the one before. */
const isEvaluationDue = (config: EvaluationConfig, step: number, stepsPerEpoch: number, isLast: boolean) =>
  config.eval_strategy !== 'no' && (isLast || evaluationsDue[config.eval_strategy](config, step, stepsPerEpoch));

const isSaveDue = (config: OptimizerConfig, step: number, stepsPerEpoch: number) =>
  savesDue[config.save_strategy](config, step, stepsPerEpoch);

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
