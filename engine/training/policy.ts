// What a run trains and how it stands in a graph: an adapter over frozen weights, or all weights. The tensors are inputs
// of the graph that training changes in place; their gradients are its outputs `d <name>`.
import { type Adapter, createAdapter, readAdapter, writeAdapter } from '../checkpoint/peft.ts';
import { readTensor, type TensorToWrite } from '../checkpoint/safetensors.ts';
import { writeCheckpoint } from '../checkpoint/write-checkpoint.ts';
import type { TrainConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import { type GraphMemory, graphMemory } from '../graph/memory.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { withDropout } from '../models/dropout.ts';
import { loraInputs, loraName, noLora } from '../models/lora.ts';
import { inputWeights } from '../models/weights.ts';
import type { TrainJob } from '../ports.ts';
import { openSession, type Session, type Tensor } from '../runtime/session.ts';
import type { BatchSize } from './batch.ts';
import { dropoutFeeds } from './dropout.ts';
import { type FrozenCheckpoint, frozenFolder, frozenWeights } from './frozen.ts';
import { lossScaleName } from './graph.ts';
import type { BatchMoment } from './loop.ts';
import type { ModelInputs } from './rows.ts';

export interface TrainedPolicy {
  /** What training changes, in place. */
  tensors: ReadonlyMap<string, TensorToWrite>;
  /** The adapter that they are the matrices of; null where they are all weights. */
  adapter: Adapter | null;
  /**
   * What a run of its graphs is fed beside the rows: the tensors themselves, so that a change is seen by the next run, and
   * dropout's masks. null is an evaluation: nothing is dropped.
   */
  feeds(size: BatchSize, moment: BatchMoment | null): Record<string, Tensor>;
  /** Whether gradients pass through fp16: they come multiplied by the loss's scale. */
  needsLossScale: boolean;
  /** A session over a graph. */
  open(build: BuildGraph): Promise<Session>;
  /** What such a session would take. */
  measure(build: BuildGraph): GraphMemory & { nodes: number };
  /** Writes a PEFT adapter or a checkpoint, whichever it is. */
  write(out: string): Promise<void>;
}

/** Makes a graph of the model and of the values that are trained, by their names. */
export type BuildGraph = (model: ModelInputs, trained: ReadonlyMap<string, Value>) => OnnxGraph;

export interface PolicyOptions {
  device: string;
  isCheckpointed: boolean;
  /** The runtime tells all it does on stderr. */
  isVerbose?: boolean;
}

/** What a run begins with: the policy, and the adapter that it starts from, unchanged by training. */
export async function openPolicy(
  job: Pick<TrainJob, 'adapter' | 'model'> & { config: Pick<TrainConfig, 'lora' | 'gradient_checkpointing' | 'seed'> },
  checkpoint: FrozenCheckpoint,
  device: string,
): Promise<{ policy: TrainedPolicy; initial: Adapter | null }> {
  const { lora, gradient_checkpointing, seed } = job.config;
  const options = { device, isCheckpointed: gradient_checkpointing };
  if (lora === null) {
    if (job.adapter !== null) {
      throw new EngineError(
        'CONFIG_INVALID',
        'lora is null, which trains all weights, but an adapter is given to go on from: give lora a shape ({} will do), or merge it into the model first.',
      );
    }
    return { policy: await wholePolicy(checkpoint, options), initial: null };
  }
  const initial = job.adapter === null ? null : await readAdapter(job.adapter, checkpoint);
  const adapter = initial ? copyOf(initial) : createAdapter(lora, checkpoint.shapes, seed);
  const dropout = { share: lora.lora_dropout, seed };
  return { policy: adapterPolicy(checkpoint, adapter, { ...options, dropout, model: job.model }), initial };
}

export interface AdapterOptions extends PolicyOptions {
  dropout?: { share: number; seed: number };
  /** What the adapter's config names as its base. */
  model?: string;
}

/** An adapter over weights that stay in their files. */
export function adapterPolicy(
  checkpoint: FrozenCheckpoint,
  adapter: Adapter,
  {
    device,
    isCheckpointed,
    isVerbose = false,
    dropout = { share: 0, seed: 0 },
    model = checkpoint.folder,
  }: AdapterOptions,
): TrainedPolicy {
  const tensors = new Map(
    [...adapter.modules].flatMap(([module, { a, b }]) => [
      [loraName(module, 'A'), a] as const,
      [loraName(module, 'B'), b] as const,
    ]),
  );
  const feeds = feedsOf(tensors);
  const { needsLossScale, scaleFeed } = scaling(checkpoint);
  const buildWith = (build: BuildGraph) => {
    const g = new GraphBuilder('policy', checkpoint.compute);
    const weights = frozenWeights(g, checkpoint);
    const modules = [...adapter.modules.keys()];
    const { source, values } = loraInputs(g, checkpoint.shapes, modules, adapter.shape.r, adapter.scale);
    const lora = dropout.share > 0 ? withDropout(g, source) : source;
    return { g, graph: build({ g, config: checkpoint.config, weights, lora, isCheckpointed }, values) };
  };
  return {
    tensors,
    adapter,
    feeds: (size, moment) => ({
      ...feeds,
      ...scaleFeed(moment),
      ...dropoutFeeds(adapter, dropout, size, moment?.draw ?? null),
    }),
    needsLossScale,
    open: (build) =>
      openSession(buildWith(build).graph, { folder: frozenFolder(checkpoint), device, keepMapped: true, isVerbose }),
    measure: (build) => measureGraph(buildWith(build)),
    write: (out) => writeAdapter(out, adapter, model, dropout.share),
  };
}

/** All weights of a checkpoint, read into memory. */
export async function wholePolicy(
  checkpoint: FrozenCheckpoint,
  { device, isCheckpointed }: PolicyOptions,
): Promise<TrainedPolicy> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of checkpoint.shapes) {
    const stored = checkpoint.tensors.get(name);
    if (!stored) throw new EngineError('CHECKPOINT_INVALID', `${checkpoint.folder} lacks the tensor "${name}".`);
    tensors.set(name, { shape, data: await readTensor(checkpoint.folder, stored) });
  }
  const feeds = feedsOf(tensors);
  const { needsLossScale, scaleFeed } = scaling(checkpoint);
  const buildWith = (build: BuildGraph) => {
    const g = new GraphBuilder('policy', checkpoint.compute);
    const { weights, values } = inputWeights(g, checkpoint.shapes);
    return { g, graph: build({ g, config: checkpoint.config, weights, lora: noLora, isCheckpointed }, values) };
  };
  return {
    tensors,
    adapter: null,
    feeds: (_, moment) => ({ ...feeds, ...scaleFeed(moment) }),
    needsLossScale,
    open: (build) => openSession(buildWith(build).graph, { device }),
    measure: (build) => measureGraph(buildWith(build)),
    write: (out) => writeCheckpoint(checkpoint, tensors, out),
  };
}

/** Whether a graph is in fp16, and the feed that scales its loss. */
function scaling({ compute }: FrozenCheckpoint) {
  const needsLossScale = compute === 'float16';
  const scaleFeed = (moment: BatchMoment | null): Record<string, Tensor> => {
    if (!needsLossScale || !moment) return {};
    return { [lossScaleName]: { dtype: 'float32', shape: [], data: Float32Array.of(moment.lossScale) } };
  };
  return { needsLossScale, scaleFeed };
}

function measureGraph({ g, graph }: { g: GraphBuilder; graph: OnnxGraph }) {
  return { ...graphMemory(graph, g.valueBytes()), nodes: graph.nodes.length };
}

function feedsOf(tensors: ReadonlyMap<string, TensorToWrite>): Record<string, Tensor> {
  return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data }]));
}

/** Training changes matrices in place; the initial adapter may also be the reference. */
function copyOf(adapter: Adapter): Adapter {
  const copy = ({ shape, data }: TensorToWrite) => ({ shape, data: data.slice() });
  return {
    ...adapter,
    modules: new Map([...adapter.modules].map(([module, { a, b }]) => [module, { a: copy(a), b: copy(b) }])),
  };
}
