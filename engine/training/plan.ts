// What a run is going to take, told before its first step: sizes in bytes, on the CPU. The parts are counted from the graph
// that will run; what the runtime and the process add to it was measured.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { GraphMemory } from '../graph/memory.ts';
import type { TrainingPlan } from '../ports.ts';
import type { OptimizerName } from '../run-config.ts';
import type { BatchSize, TokenRow } from './batch.ts';
import { byBucket } from './buckets.ts';
import type { BuildGraph, TrainedPolicy } from './policy.ts';

/** Node, ONNX Runtime and our code. */
const processBytes = 110e6;
/** A tokenizer's tables, per entry. */
const tokenBytes = 1000;
const sessionBytes = 25e6;
const nodeBytes = 22e3;
/** What the allocators cannot use again, in buffers of the size of a layer's largest; further sessions add hardly any. */
const strayBuffers = 9;

/** What an optimiser keeps of each trained number. */
const momentBytes: { [O in OptimizerName]: number } = { adamw_torch: 8, adamw_8bit: 2, adamw_bnb_8bit: 2 };

/** A size of batch, and what it is computed by. */
export interface PlannedGraph {
  size: BatchSize;
  build: BuildGraph;
}

/** The graphs of a run, one for each size of batch that the buckets of its rows make; `graphOf` is given rows alike. */
export const plannedGraphs = <R extends TokenRow>(
  rows: readonly R[],
  evalRows: readonly R[],
  graphOf: (alike: readonly R[], isTrained: boolean) => PlannedGraph,
): PlannedGraph[] => [
  ...byBucket(rows).map((alike) => graphOf(alike, true)),
  ...byBucket(evalRows).map((alike) => graphOf(alike, false)),
];

/** `graphs`: all that the run holds, one for each size of batch. What the memory of one has held stays its own. */
export function planTraining(
  { config }: Checkpoint,
  policy: TrainedPolicy,
  graphs: readonly PlannedGraph[],
  optimizer: OptimizerName = 'adamw_torch',
): TrainingPlan {
  const measured = graphs.map(({ size, build }) => {
    const largest = 4 * size.rows * size.length * Math.max(config.intermediateSize, config.heads * size.length);
    return { ...policy.measure(build), size, stray: strayBuffers * largest };
  });
  const heaviest = measured.reduce((most, graph) => (graph.peak > most.peak ? graph : most));
  const total = (bytes: (graph: (typeof measured)[number]) => number) =>
    measured.reduce((sum, graph) => sum + bytes(graph), 0);
  const trainedParameters = [...policy.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const plan = {
    weights: Math.max(...measured.map(({ weights }) => weights)) + total(({ folded }) => folded),
    optimizer: trainedParameters * (4 + momentBytes[optimizer]),
    activations: total(({ peak }) => peak) + Math.max(...measured.map(({ stray }) => stray)),
    process: processBytes + tokenBytes * config.vocabSize + total(({ nodes }) => sessionBytes + nodeBytes * nodes),
  };
  return {
    rows: heaviest.size.rows,
    length: heaviest.size.length,
    trainedParameters,
    ...plan,
    peak: plan.weights + plan.optimizer + plan.activations + plan.process,
  };
}

/** The plan of a run that also scores, by graphs of these sizes that stay open. */
export function withScoring(plan: TrainingPlan, graphs: readonly GraphMemory[]): TrainingPlan {
  const bytes = graphs.reduce((sum, { folded, peak }) => sum + folded + peak, 0);
  return { ...plan, activations: plan.activations + bytes, peak: plan.peak + bytes };
}

/** The plan of a run that also holds a sampler open. */
export const withSampler = (plan: TrainingPlan, sampler: { weights: number; cache: number }): TrainingPlan => ({
  ...plan,
  sampler,
  peak: plan.peak + sampler.weights + sampler.cache,
});

/** For people, in one line. */
export function describePlan({ rows, length, trainedParameters, sampler, ...bytes }: TrainingPlan): string {
  const size = (value: number) => (value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1e6).toFixed(0)} MB`);
  return (
    `Plan: ${trainedParameters.toLocaleString('en')} parameters trained, batches of up to ${rows} x ${length} tokens; ` +
    `weights ${size(bytes.weights)}, optimiser ${size(bytes.optimizer)}, activations ${size(bytes.activations)}, ` +
    (sampler ? `sampler's weights ${size(sampler.weights)} and cache ${size(sampler.cache)}, ` : '') +
    `process ${size(bytes.process)}: peak about ${size(bytes.peak)}.`
  );
}
