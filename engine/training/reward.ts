// A Bradley-Terry reward model: a value head over the base with LoRA, trained on pairs; a PEFT folder of task type SEQ_CLS,
// which transformers' AutoModelForSequenceClassification and peft load.
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter, type RewardAdapter } from '../checkpoint/peft.ts';
import { readRewardModel, writeRewardModel } from '../checkpoint/reward-base.ts';
import { EngineError } from '../errors.ts';
import type { TrainingPair, TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import type { RewardConfig } from '../reward-config.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { createSessionCache } from '../runtime/session.ts';
import { sequenceTokens, type TokenRow } from './batch.ts';
import { describeDropped } from './data.ts';
import { evaluate } from './evaluate.ts';
import { openFrozen } from './frozen.ts';
import { gradientsOf } from './graph.ts';
import { type BatchMoment, type BatchResult, type OptimizationResult, optimize } from './loop.ts';
import { adapterPolicy } from './policy.ts';
import { fingerprintOf } from './resume.ts';
import { packRewards, rewardSizeOf, rewardTrainingGraph, scoreName } from './reward-graph.ts';
import { longestSequence, tokenizePair } from './score.ts';

export interface RewardJob {
  /** Folder of the base checkpoint. */
  model: string;
  /** A reward model's folder to go on from; null = a fresh one of `config.lora`'s shape. */
  adapter: string | null;
  pairs: readonly TrainingPair[];
  evalPairs?: readonly TrainingPair[];
  config: RewardConfig;
  /** Folder that receives the reward model, metrics.jsonl and `checkpoint-<step>/` while training. */
  out: string;
  resumeFrom?: string;
  device?: string;
}

export interface RewardResult extends Omit<OptimizationResult, 'warnings'> {
  adapter: string;
  trainedPairs: number;
  dropped: Record<string, number>;
  seconds: number;
}

interface RewardRow extends TokenRow {
  margin: number;
}

interface RewardOutcome {
  chosen: number;
  rejected: number;
}

export async function trainReward(
  job: RewardJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<RewardResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const stored = await openCheckpoint(job.model);
  assertWeightsFit(stored.tensors.values(), stored.folder);
  const dropped: Record<string, number> = {};
  const rows = usableRows(stored, job.pairs, config, dropped);
  const evalRows = usableRows(stored, job.evalPairs ?? [], config, {});
  if (rows.length === 0) {
    const reasons = describeDropped(dropped, job.pairs.length);
    throw new EngineError('DATA_INVALID', `No pair is left to train on: ${reasons}.`);
  }
  const checkpoint = await openFrozen(stored, { ...config, load_in_4bit: false }, device);
  const { adapter, score } = await openRewardAdapter(job, stored);
  const dropout = { share: config.lora.lora_dropout, seed: config.seed };
  const isCheckpointed = config.gradient_checkpointing;
  const policy = adapterPolicy(checkpoint, adapter, { device, isCheckpointed, dropout });
  const tensors = new Map([...policy.tensors, [scoreName, score] as const]);
  const sessions = createSessionCache();
  const capacity = config.per_device_train_batch_size;
  const run = async (
    batch: readonly RewardRow[],
    of: readonly RewardRow[],
    at: BatchMoment | null,
  ): Promise<BatchResult<RewardOutcome>> => {
    const size = rewardSizeOf(batch, capacity);
    const session = await sessions.get(JSON.stringify(size), () =>
      policy.open((model, trained) => rewardTrainingGraph(model, size, trained, config)),
    );
    const perRow = (value: (row: RewardRow) => number) => {
      const data = new Float32Array(size.rows);
      data.set(batch.map(value));
      return { dtype: 'float32' as const, shape: [size.rows], data };
    };
    const outputs = await session.run({
      ...packRewards(batch, size),
      shares: perRow(() => 1 / of.length),
      ...(config.margin_scale > 0 ? { margins: perRow(({ margin }) => config.margin_scale * margin) } : {}),
      ...policy.feeds(size, at),
      [scoreName]: { dtype: 'float32', shape: score.shape, data: score.data },
    });
    const reward = (r: number, k: number) => Number(outputs.rewards?.data[2 * r + k]);
    return {
      loss: Number(outputs.loss?.data[0]),
      gradients: gradientsOf(outputs, tensors.keys()),
      outcomes: batch.map((_, r) => ({ chosen: reward(r, 0), rejected: reward(r, 1) })),
      tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
    };
  };
  const evaluateBatch = (batch: readonly RewardRow[], of: readonly RewardRow[]) => run(batch, of, null);
  try {
    const { steps, skippedSteps, best, stoppedEarly } = await optimize<RewardRow, RewardOutcome>({
      rows,
      tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf('reward', checkpoint.config, config, rows, adapter.shape),
      resumeFrom: job.resumeFrom,
      runBatch: run,
      summarise: rewardMetrics,
      evaluation:
        evalRows.length > 0
          ? { config, run: () => evaluate(evalRows, capacity, evaluateBatch, rewardMetrics) }
          : undefined,
      needsLossScale: policy.needsLossScale,
      onMetrics,
      signal,
    });
    await writeRewardModel(job.out, { adapter, score }, stored, config.lora.lora_dropout);
    const seconds = (performance.now() - started) / 1000;
    return { adapter: job.out, steps, skippedSteps, best, stoppedEarly, trainedPairs: rows.length, dropped, seconds };
  } finally {
    await sessions.close();
  }
}

/** TRL's names. */
function rewardMetrics(pairs: readonly RewardOutcome[]): Record<string, number> {
  const all = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    min_reward: Math.min(...all),
    mean_reward: mean(all),
    max_reward: Math.max(...all),
    accuracy: mean(pairs.map(({ chosen, rejected }) => Number(chosen > rejected))),
    margin: mean(pairs.map(({ chosen, rejected }) => chosen - rejected)),
  };
}

/** The standard deviation of transformers' fresh heads. */
const headDeviation = 0.02;

async function openRewardAdapter({ adapter, config }: RewardJob, base: Checkpoint): Promise<RewardAdapter> {
  if (adapter !== null) return readRewardModel(adapter, base);
  const { hiddenSize } = base.config;
  const random = createRandom(config.seed);
  const data = Float32Array.from({ length: hiddenSize }, () => headDeviation * random.normal());
  return { adapter: createAdapter(config.lora, base.shapes, config.seed), score: { shape: [1, hiddenSize], data } };
}

function usableRows(
  checkpoint: Checkpoint,
  pairs: readonly TrainingPair[],
  config: RewardConfig,
  dropped: Record<string, number>,
): RewardRow[] {
  const limit = Math.min(config.max_length, checkpoint.config.maxPositions);
  return pairs.flatMap((pair, i) => {
    const row = tokenizePair(checkpoint, pair);
    if (config.margin_scale > 0 && pair.margin === undefined) {
      throw new EngineError(
        'DATA_INVALID',
        `Pair ${i + 1} has no margin, and margin_scale asks for one: give every pair a margin, or leave margin_scale out.`,
      );
    }
    const reason =
      String(row.completions[0]) === String(row.completions[1])
        ? 'chosen and rejected are the same'
        : longestSequence(row) > limit
          ? `longer than ${limit} tokens`
          : null;
    if (reason === null) return [{ ...row, margin: pair.margin ?? 0 }];
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    return [];
  });
}
