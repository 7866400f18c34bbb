// One micro-batch of a preference run: its session, what it is fed, and what comes back as loss, gradients and outcomes.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Adapter } from '../checkpoint/peft.ts';
import type { TensorToWrite } from '../checkpoint/safetensors.ts';
import type { TrainConfig } from '../config.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { referenceUse } from '../loss-config.ts';
import { loraInputs, noLora } from '../models/lora.ts';
import type { TrainingPlan } from '../ports.ts';
import { adapterFeeds } from '../runtime/adapter-feeds.ts';
import { createSessionCache, type Tensor } from '../runtime/session.ts';
import { sequenceTokens } from './batch.ts';
import { sharesOf, takesPairs } from './examples.ts';
import { gradientsOf } from './graph.ts';
import type { BatchMoment, BatchResult } from './loop.ts';
import { type PairOutcome, preferenceMetrics, type SingleOutcome, unpairedMetrics } from './metrics.ts';
import { plannedGraphs, planTraining } from './plan.ts';
import type { BuildGraph, TrainedPolicy } from './policy.ts';
import {
  type PreferenceRow,
  type PreferenceSize,
  packPreference,
  preferenceSizeOf,
  type ReferencedRow,
} from './preference-batch.ts';
import { preferenceGraph } from './preference-graph.ts';
import type { ReferenceModel } from './reference.ts';
import { turnAlike } from './score.ts';

export type Outcome = PairOutcome | SingleOutcome;

export interface PreferenceStep {
  tensors: ReadonlyMap<string, TensorToWrite>;
  run(
    batch: readonly PreferenceRow[],
    stepRows: readonly PreferenceRow[],
    moment: BatchMoment,
  ): Promise<BatchResult<Outcome>>;
  /** The same without gradients, through a graph that has none; nothing is dropped. */
  evaluate(batch: readonly PreferenceRow[], all: readonly PreferenceRow[]): Promise<BatchResult<Outcome>>;
  /** What a run over these rows will take, and over those held out. */
  plan(rows: readonly PreferenceRow[], evalRows: readonly PreferenceRow[]): TrainingPlan;
  summarise(outcomes: readonly Outcome[]): Record<string, number>;
  close(): Promise<void>;
}

interface StepOptions {
  checkpoint: Checkpoint;
  policy: TrainedPolicy;
  reference: ReferenceModel;
  config: TrainConfig;
  /** How many sizes of batch stay open: all, unless they are not known ahead. */
  sessionsHeld?: number;
}

/** What changes the policy's tensors in place changes what the next run computes. */
export function preferenceStep(options: StepOptions): PreferenceStep {
  const { checkpoint, policy, reference, config, sessionsHeld } = options;
  const { tensors } = policy;
  const isWhole = referenceUse(config) === 'distribution';
  const held = isWhole && reference.adapter ? adapterFeeds(reference.adapter, referencePrefix) : {};
  const cache = createSessionCache(sessionsHeld);
  const build =
    (size: PreferenceSize, isTrained: boolean): BuildGraph =>
    (model, trained) => {
      const { adapter } = reference;
      const source = isWhole && adapter ? loraOf(model.g, checkpoint, adapter, referencePrefix) : noLora;
      return preferenceGraph(model, size, isTrained ? trained : new Map(), config, source);
    };
  const capacityOf = (isTrained: boolean) =>
    isTrained ? config.per_device_train_batch_size : config.per_device_eval_batch_size;
  const paired = (batch: readonly PreferenceRow[]) =>
    config.loss_type.includes('kto') ? withMismatched(batch, limitOf(checkpoint, config)) : batch;
  const run = async (
    batch: readonly PreferenceRow[],
    stepRows: readonly PreferenceRow[],
    moment: BatchMoment | null,
  ): Promise<BatchResult<Outcome>> => {
    const isTrained = moment !== null;
    const rows = paired(batch);
    const size = preferenceSizeOf(rows, capacityOf(isTrained), config);
    const session = await cache.get(JSON.stringify([size, isTrained]), () => policy.open(build(size, isTrained)));
    const referenced = await withReference(rows, batch, { checkpoint, reference, config });
    const shares = sharesOf(batch, stepRows, config);
    const outputs = await session.run({
      ...packPreference(referenced, shares, size, config),
      ...policy.feeds(size, moment),
      ...held,
    });
    const read = readerOf(outputs, size);
    return {
      loss: read('loss', 0),
      gradients: gradientsOf(outputs, isTrained ? tensors.keys() : []),
      outcomes: referenced.map((row, r) =>
        takesPairs(config) ? pairOutcome(row, r, outputs, read) : singleOutcome(row, r, outputs, read),
      ),
      tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
    };
  };
  return {
    tensors,
    run,
    evaluate: (batch, all) => run(batch, all, null),
    plan: (rows, evalRows) => {
      const graphOf = (alike: readonly PreferenceRow[], isTrained: boolean) => {
        // A batch is padded to its longest row: the longest of all is in one of them.
        const size = preferenceSizeOf(paired(alike), capacityOf(isTrained), config);
        return { size, build: build(size, isTrained) };
      };
      return planTraining(checkpoint, policy, plannedGraphs(rows, evalRows, graphOf), config.optim);
    },
    summarise: (outcomes) =>
      takesPairs(config)
        ? preferenceMetrics(outcomes as PairOutcome[], config)
        : unpairedMetrics(outcomes as SingleOutcome[], config),
    close: () => cache.close(),
  };
}

const referencePrefix = 'reference ';

function loraOf(g: GraphBuilder, { shapes }: Checkpoint, { modules, shape, scale }: Adapter, prefix: string) {
  return loraInputs(g, shapes, [...modules.keys()], shape.r, scale, prefix).source;
}

const limitOf = ({ config }: Checkpoint, { max_length }: TrainConfig) => Math.min(max_length, config.maxPositions);

/**
 * KTO's mismatched completions, as TRL pairs them: each prompt with the completion of the row before it in the batch, the
 * first with the last's, cut where it would not fit. It is a second completion of the row, so that it shares its prompt.
 */
export function withMismatched(batch: readonly PreferenceRow[], limit: number): PreferenceRow[] {
  return batch.map((row, i) => {
    const other = batch.at(i - 1) ?? row;
    const room = limit - row.prompt.length;
    const [own = [], ownWeights] = [row.completions[0], row.weights?.[0]];
    const mismatched = (other.completions[0] ?? []).slice(0, room);
    const weights = [ownWeights ?? own.map(() => 1), other.weights?.[0]?.slice(0, room) ?? mismatched.map(() => 1)];
    return { ...row, completions: [own, mismatched], weights };
  });
}

/**
 * The reference's log-probs: an example's own are kept, a mismatched completion's belong to this batch alone. Where the two
 * would turn by other rotary tables alone than they do together, they are scored together, as the policy's are.
 */
async function withReference(
  rows: readonly PreferenceRow[],
  batch: readonly PreferenceRow[],
  { checkpoint, reference, config }: Pick<StepOptions, 'checkpoint' | 'reference' | 'config'>,
): Promise<ReferencedRow[]> {
  const use = referenceUse(config);
  if (use === 'none' || use === 'distribution') return rows.map((row) => ({ row, reference: [] }));
  if (!rows.every((row) => turnAlike(checkpoint, row)) && rows !== batch) {
    const together = await reference.logpsOf(rows);
    return rows.map((row, i) => ({ row, reference: together[i] ?? [] }));
  }
  const own = await reference.logpsOf(batch);
  if (rows === batch) return rows.map((row, i) => ({ row, reference: own[i] ?? [] }));
  const mismatched = rows.map(({ prompt, completions, weights }) => ({
    prompt,
    completions: completions.slice(1),
    weights: weights?.slice(1) ?? [],
  }));
  const theirs = await reference.logpsOf(mismatched);
  return rows.map((row, i) => ({ row, reference: [...(own[i] ?? []), ...(theirs[i] ?? [])] }));
}

type Outputs = Readonly<Record<string, Tensor>>;
/** One number of an output: of row r, and of its completion k where the output has one for each. */
type Reader = (name: string, r: number, k?: number) => number;

const readerOf =
  (outputs: Outputs, { completions }: PreferenceSize): Reader =>
  (name, r, k) =>
    Number(outputs[name]?.data[k === undefined ? r : r * completions + k]);

function pairOutcome({ row, reference }: ReferencedRow, r: number, outputs: Outputs, read: Reader): PairOutcome {
  const sides = (name: string) => ({ chosen: read(name, r, 0), rejected: read(name, r, 1) });
  const [chosen, rejected] = reference;
  return {
    policy: sides('logps'),
    reference: outputs.reference
      ? sides('reference')
      : chosen === undefined || rejected === undefined
        ? null
        : { chosen, rejected },
    tokens: sides('tokens'),
    entropy: sides('entropy'),
    logits: sides('logits'),
    likeliest: sides('likeliest'),
    prompt: outputs.prompt_logps ? { logp: read('prompt_logps', r), tokens: row.prompt.length - 1 } : null,
    loss: read('losses', r),
  };
}

const singleOutcome = (
  { row, reference }: ReferencedRow,
  r: number,
  outputs: Outputs,
  read: Reader,
): SingleOutcome => ({
  isDesirable: row.sign === 1,
  policy: read('logps', r, 0),
  reference: reference[0] ?? 0,
  tokens: read('tokens', r, 0),
  entropy: read('entropy', r, 0),
  logits: read('logits', r, 0),
  baseline: outputs.baseline ? read('baseline', 0) : null,
  loss: read('losses', r),
});
