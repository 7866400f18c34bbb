// One micro-batch of supervised fine-tuning: its session, what it is fed, and what comes back as loss, gradients and
// outcomes; and what a run over its rows will take.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { SftConfig } from '../config.ts';
import type { TrainingPlan } from '../ports.ts';
import { createSessionCache } from '../runtime/session.ts';
import { type BatchSize, packRows, sequenceTokens, sizeOf } from './batch.ts';
import { gradientsOf, sftGraph } from './graph.ts';
import type { BatchMoment, BatchResult } from './loop.ts';
import { plannedGraphs, planTraining } from './plan.ts';
import type { BuildGraph, TrainedPolicy } from './policy.ts';
import type { SftRow } from './sft-data.ts';

/** Of a row, over its tokens by their weights. */
export interface SftOutcome {
  weight: number;
  /** Sums: nats, and how many tokens are the likeliest in their place. */
  entropy: number;
  likeliest: number;
}

export interface SftStep {
  run(batch: readonly SftRow[], stepRows: readonly SftRow[], moment: BatchMoment): Promise<BatchResult<SftOutcome>>;
  /** The same without gradients, through a graph that has none; nothing is dropped. */
  evaluate(batch: readonly SftRow[], all: readonly SftRow[]): Promise<BatchResult<SftOutcome>>;
  /** What a run over these rows will take, and over those held out. */
  plan(rows: readonly SftRow[], evalRows: readonly SftRow[]): TrainingPlan;
  close(): Promise<void>;
}

/** The loss is the mean over the tokens of a step, or of all that is held out, by their weights. */
export function sftStep(checkpoint: Checkpoint, policy: TrainedPolicy, config: SftConfig): SftStep {
  const cache = createSessionCache();
  const build =
    (size: BatchSize, isTrained: boolean): BuildGraph =>
    (model, trained) =>
      sftGraph(model, size, isTrained ? trained : new Map());
  const capacityOf = (isTrained: boolean) =>
    isTrained ? config.per_device_train_batch_size : config.per_device_eval_batch_size;
  const run = async (
    batch: readonly SftRow[],
    of: readonly SftRow[],
    moment: BatchMoment | null,
  ): Promise<BatchResult<SftOutcome>> => {
    const isTrained = moment !== null;
    const size = sizeOf(batch, capacityOf(isTrained));
    const session = await cache.get(JSON.stringify([size, isTrained]), () => policy.open(build(size, isTrained)));
    const total = of.reduce((sum, row) => sum + row.total, 0);
    const feeds = packRows(batch, size);
    const shares = feeds.token_weights.data.map((weight) => weight / total) as Float32Array;
    const outputs = await session.run({
      ...feeds,
      token_weights: { ...feeds.token_weights, data: shares },
      ...policy.feeds(size, moment),
    });
    const sumOf = (name: string, r: number) => total * Number(outputs[name]?.data[r]);
    return {
      loss: Number(outputs.loss?.data[0]),
      gradients: gradientsOf(outputs, isTrained ? policy.tensors.keys() : []),
      outcomes: batch.map((row, r) => ({
        weight: row.total,
        entropy: sumOf('entropy', r),
        likeliest: sumOf('likeliest', r),
      })),
      tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
    };
  };
  return {
    run,
    evaluate: (batch, all) => run(batch, all, null),
    plan: (rows, evalRows) => {
      const graphOf = (alike: readonly SftRow[], isTrained: boolean) => {
        const size = sizeOf(alike, capacityOf(isTrained));
        return { size, build: build(size, isTrained) };
      };
      return planTraining(checkpoint, policy, plannedGraphs(rows, evalRows, graphOf), config.optim);
    },
    close: () => cache.close(),
  };
}

/** TRL's names: means over the tokens that count. */
export function sftMetrics(outcomes: readonly SftOutcome[]): Record<string, number> {
  const sum = (value: (outcome: SftOutcome) => number) => outcomes.reduce((all, outcome) => all + value(outcome), 0);
  const weight = sum((outcome) => outcome.weight);
  return {
    entropy: sum(({ entropy }) => entropy) / weight,
    mean_token_accuracy: sum(({ likeliest }) => likeliest) / weight,
  };
}
