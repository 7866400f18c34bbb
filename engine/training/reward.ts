// A Bradley-Terry reward model: a value head over the base with LoRA, trained on pairs; a PEFT folder of task type SEQ_CLS,
// which transformers' AutoModelForSequenceClassification and peft load.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { sampleWeights } from '../checkpoint/identity.ts';
import { createAdapter, type RewardAdapter } from '../checkpoint/peft.ts';
import { readRewardModel, writeRewardModel } from '../checkpoint/reward-base.ts';
import { EngineError } from '../errors.ts';
import type { TrainingPair, TrainingPlan, TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import type { RewardConfig } from '../reward-config.ts';
import { epochOrder, paddingShare } from './buckets.ts';
import { type DataReport, describeDropped, fitRow, fitRows, holdOut, limitsOf, type RowMaker } from './data.ts';
import { createDiagnostics, lengthsByReward, pairCourse, textsOf } from './diagnostics.ts';
import { evaluationOf } from './evaluate.ts';
import { openFrozen } from './frozen.ts';
import { type OptimizationResult, optimize } from './loop.ts';
import { adapterPolicy } from './policy.ts';
import { writeRecord } from './record.ts';
import { fingerprintOf } from './resume.ts';
import { inRewardBuckets } from './reward-graph.ts';
import { type RewardOutcome, type RewardRow, rewardMetrics, rewardStep, withHead } from './reward-step.ts';
import { tokenizePair } from './score.ts';

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

export interface RewardResult extends OptimizationResult, DataReport {
  /** The reward model's folder. */
  adapter: string;
  plan: TrainingPlan;
  trainedPairs: number;
  /** The share of the token places of an epoch's batches that hold no token. */
  paddingShare: number;
  seconds: number;
}

/** Trains a reward model and writes it to `job.out`. Stops between steps when the signal fires (CANCELLED). */
export async function trainReward(
  job: RewardJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
  onPlan: (plan: TrainingPlan) => void = () => {},
): Promise<RewardResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const checkpoint = await openFrozen(job.model, config, device);
  const { rows, evalRows, report, evalReport } = prepareRewardData(checkpoint, job);
  const { adapter, score } = await openRewardAdapter(job, checkpoint);
  const dropout = { share: config.lora.lora_dropout, seed: config.seed };
  const isCheckpointed = config.gradient_checkpointing;
  const policy = withHead(adapterPolicy(checkpoint, adapter, { device, isCheckpointed, dropout }), score);
  const step = rewardStep(checkpoint, policy, config);
  const plan = step.plan(rows, evalRows);
  onPlan(plan);
  try {
    const course = await optimize<RewardRow, RewardOutcome>({
      rows,
      tensors: policy.tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(
        'reward',
        checkpoint.config,
        config,
        await sampleWeights(checkpoint),
        rows,
        adapter.shape,
      ),
      resumeFrom: job.resumeFrom,
      runBatch: step.run,
      summarise: rewardMetrics,
      evaluation: evaluationOf(evalRows, config, step.evaluate, rewardMetrics, signal),
      needsLossScale: policy.needsLossScale,
      observer: createDiagnostics({
        facts: { rows, reference: [], ...report },
        course: rewardCourse(rows),
        remedies,
        textsOf: textsOf(checkpoint),
      }),
      onMetrics,
      signal,
    });
    await writeRecord(job.out, {
      model: job.model,
      adapter: job.adapter,
      reference: null,
      config,
      data: { rows: rows.length, ...report },
      held_out: evalRows.length > 0 ? { rows: evalRows.length, ...evalReport } : null,
      steps: course.steps,
      skipped_steps: course.skippedSteps,
    });
    await writeRewardModel(job.out, { adapter, score }, checkpoint, config.lora.lora_dropout);
    const seconds = (performance.now() - started) / 1000;
    return {
      adapter: job.out,
      plan,
      trainedPairs: rows.length,
      ...report,
      ...course,
      paddingShare: paddingShare(epochOrder(rows, config, 0), config.per_device_train_batch_size),
      seconds,
    };
  } finally {
    await step.close();
  }
}

function prepareRewardData(checkpoint: Checkpoint, { pairs, evalPairs = [], config }: RewardJob) {
  const limits = limitsOf(checkpoint, config);
  const maker: RowMaker<TrainingPair, RewardRow> = {
    nameOf: () => 'Pair',
    rowsOf: (pair) => {
      if (config.margin_scale > 0 && pair.margin === undefined) {
        throw new EngineError(
          'DATA_INVALID',
          'it has no margin, and margin_scale asks for one: give every pair a margin, or leave margin_scale out.',
        );
      }
      return [{ ...tokenizePair(checkpoint, pair), weight: pair.weight ?? 1, margin: pair.margin ?? 0 }];
    },
    fit: fitRow,
  };
  const given = { training: pairs, evaluation: evalPairs };
  const prepared = holdOut(
    given,
    ({ prompt }) => prompt,
    config,
    (some, report) => fitRows(some, limits, report, maker),
  );
  if (prepared.rows.length === 0) {
    const reasons = describeDropped(prepared.report.dropped, pairs.length);
    throw new EngineError('DATA_INVALID', `No pair is left to train on: ${reasons}.`);
  }
  return {
    ...prepared,
    rows: inRewardBuckets(prepared.rows, config.per_device_train_batch_size),
    evalRows: inRewardBuckets(prepared.evalRows, config.per_device_eval_batch_size),
  };
}

const rewardCourse = (rows: readonly RewardRow[]) =>
  pairCourse<RewardRow, RewardOutcome>(rows, (rewards, { completions: [chosen = [], rejected = []] }) => ({
    margin: rewards.chosen - rewards.rejected,
    chosenShift: null,
    shift: null,
    entropy: null,
    ...lengthsByReward(rewards, { chosen: chosen.length, rejected: rejected.length }),
  }));

/** What helps a reward model, where it is not what helps a policy. */
const remedies = {
  truncated: 'Raise max_length if memory allows, or take truncation_mode drop to leave them out.',
  contradictions: 'They cancel one another: take the majority of the votes, or drop them.',
  length_bias: 'The reward model may learn length: balance the pairs by it.',
  growing_length: 'It may be learning length: balance the pairs by it.',
  perfect_accuracy: 'Look at pairs for a tell (length, format, a phrase); take harder pairs.',
  exploding_margin:
    'It is overfitting its pairs: lower learning_rate, train for fewer epochs, or hold pairs out and stop early (early_stopping_patience).',
  label_noise: 'Read those listed; correct or drop wrong ones.',
};

/** The standard deviation of transformers' fresh heads. */
const headDeviation = 0.02;

async function openRewardAdapter({ adapter, config }: RewardJob, base: Checkpoint): Promise<RewardAdapter> {
  if (adapter !== null) return readRewardModel(adapter, base);
  const { hiddenSize } = base.config;
  const random = createRandom(config.seed);
  const data = Float32Array.from({ length: hiddenSize }, () => headDeviation * random.normal());
  return { adapter: createAdapter(config.lora, base.shapes, config.seed), score: { shape: [1, hiddenSize], data } };
}
