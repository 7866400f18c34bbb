// One micro-batch of a reward model's run: its session, what it is fed, and what comes back as loss, gradients and rewards.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { TensorToWrite } from '../checkpoint/safetensors.ts';
import type { TrainingPlan } from '../ports.ts';
import type { RewardConfig } from '../reward-config.ts';
import { createSessionCache, type Tensor } from '../runtime/session.ts';
import { type BatchSize, sequenceTokens, type TokenRow } from './batch.ts';
import { gradientsOf } from './graph.ts';
import type { BatchMoment, BatchResult } from './loop.ts';
import { plannedGraphs, planTraining } from './plan.ts';
import type { BuildGraph, TrainedPolicy } from './policy.ts';
import { packRewards, rewardSizeOf, rewardTrainingGraph, scoreName } from './reward-graph.ts';

export interface RewardRow extends TokenRow {
  /** What the pair's loss is multiplied by. */
  weight: number;
  margin: number;
}

/** The rewards of a pair. */
export interface RewardOutcome {
  chosen: number;
  rejected: number;
}

export interface RewardStep {
  run(
    batch: readonly RewardRow[],
    stepRows: readonly RewardRow[],
    moment: BatchMoment,
  ): Promise<BatchResult<RewardOutcome>>;
  /** The same without gradients, through a graph that has none; nothing is dropped. */
  evaluate(batch: readonly RewardRow[], all: readonly RewardRow[]): Promise<BatchResult<RewardOutcome>>;
  /** What a run over these rows will take, and over those held out. */
  plan(rows: readonly RewardRow[], evalRows: readonly RewardRow[]): TrainingPlan;
  close(): Promise<void>;
}

/** An adapter with the value head as one of its trained tensors. */
export function withHead(policy: TrainedPolicy, score: TensorToWrite): TrainedPolicy {
  const feed: Tensor = { dtype: 'float32', shape: score.shape, data: score.data };
  return {
    ...policy,
    tensors: new Map([...policy.tensors, [scoreName, score]]),
    feeds: (size, moment) => ({ ...policy.feeds(size, moment), [scoreName]: feed }),
  };
}

/** `policy` has the head (`withHead`). */
export function rewardStep(checkpoint: Checkpoint, policy: TrainedPolicy, config: RewardConfig): RewardStep {
  const sessions = createSessionCache();
  const build =
    (size: BatchSize, isTrained: boolean): BuildGraph =>
    (model, trained) =>
      rewardTrainingGraph(model, size, isTrained ? trained : null, config);
  const capacityOf = (isTrained: boolean) =>
    isTrained ? config.per_device_train_batch_size : config.per_device_eval_batch_size;
  const run = async (
    batch: readonly RewardRow[],
    of: readonly RewardRow[],
    moment: BatchMoment | null,
  ): Promise<BatchResult<RewardOutcome>> => {
    const isTrained = moment !== null;
    const size = rewardSizeOf(batch, capacityOf(isTrained));
    const session = await sessions.get(JSON.stringify([size, isTrained]), () => policy.open(build(size, isTrained)));
    const perRow = (value: (row: RewardRow) => number): Tensor => {
      const data = new Float32Array(size.rows);
      data.set(batch.map(value));
      return { dtype: 'float32', shape: [size.rows], data };
    };
    const outputs = await session.run({
      ...packRewards(batch, size),
      shares: perRow(({ weight }) => weight / of.length),
      ...(config.margin_scale > 0 ? { margins: perRow(({ margin }) => config.margin_scale * margin) } : {}),
      ...policy.feeds(size, moment),
    });
    const reward = (r: number, k: number) => Number(outputs.rewards?.data[2 * r + k]);
    return {
      loss: Number(outputs.loss?.data[0]),
      gradients: gradientsOf(outputs, isTrained ? policy.tensors.keys() : []),
      outcomes: batch.map((_, r) => ({ chosen: reward(r, 0), rejected: reward(r, 1) })),
      tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
    };
  };
  return {
    run,
    evaluate: (batch, all) => run(batch, all, null),
    plan: (rows, evalRows) => {
      const graphOf = (alike: readonly RewardRow[], isTrained: boolean) => {
        const size = rewardSizeOf(alike, capacityOf(isTrained));
        return { size, build: build(size, isTrained) };
      };
      return planTraining(checkpoint, policy, plannedGraphs(rows, evalRows, graphOf), config.optim);
    },
    close: () => sessions.close(),
  };
}

/** TRL's names. */
export function rewardMetrics(pairs: readonly RewardOutcome[]): Record<string, number> {
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
