// What a run trains and how it stands in a graph: adapters over frozen weights (mapped, or in four bits), or all weights.
// The tensors are inputs of the graph that training changes in place; their gradients are its outputs `d <name>`.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Adapter } from '../checkpoint/peft.ts';
import { readTensor, type TensorToWrite } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { loraInputs, loraName, noLora } from '../models/lora.ts';
import { checkpointWeights, inputWeights, quantizedWeights } from '../models/weights.ts';
import type { QuantizedCheckpoint } from '../quantization/quantized-checkpoint.ts';
import { openSession, type Session, type Tensor } from '../runtime/session.ts';
import type { ModelInputs } from './rows.ts';

export interface TrainedPolicy {
  /** What training changes, in place. */
  tensors: ReadonlyMap<string, TensorToWrite>;
  /** Those as feeds: views, so that a change is seen by the next run. */
  feeds: Readonly<Record<string, Tensor>>;
  /** A session over the graph that `build` makes of the model and the values that are trained, by their names. */
  open(build: (model: ModelInputs, trained: ReadonlyMap<string, Value>) => OnnxGraph): Promise<Session>;
}

export interface PolicyOptions {
  device: string;
  isCheckpointed: boolean;
}

/** An adapter over weights that stay in their files: of the checkpoint's own, or in four bits (QLoRA, Dettmers et al. 2023). */
export function adapterPolicy(
  checkpoint: Checkpoint,
  adapter: Adapter,
  { device, isCheckpointed, quantized }: PolicyOptions & { quantized?: QuantizedCheckpoint | undefined },
): TrainedPolicy {
  const tensors = new Map(
    [...adapter.modules].flatMap(([module, { a, b }]) => [
      [loraName(module, 'A'), a] as const,
      [loraName(module, 'B'), b] as const,
    ]),
  );
  return {
    tensors,
    feeds: feedsOf(tensors),
    open: (build) => {
      const g = new GraphBuilder('policy');
      const weights = quantized ? quantizedWeights(g, quantized, 0) : checkpointWeights(g, checkpoint.tensors);
      const modules = [...adapter.modules.keys()];
      const { source, values } = loraInputs(g, checkpoint.shapes, modules, adapter.shape.r, adapter.scale);
      const graph = build({ g, config: checkpoint.config, weights, lora: source, isCheckpointed }, values);
      return openSession(graph, { folder: (quantized ?? checkpoint).folder, device, keepMapped: true });
    },
  };
}

/** All weights of a checkpoint, read into memory. */
export async function wholePolicy(
  checkpoint: Checkpoint,
  { device, isCheckpointed }: PolicyOptions,
): Promise<TrainedPolicy> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of checkpoint.shapes) {
    const stored = checkpoint.tensors.get(name);
    if (!stored) throw new EngineError('CHECKPOINT_INVALID', `${checkpoint.folder} lacks the tensor "${name}".`);
    tensors.set(name, { shape, data: await readTensor(checkpoint.folder, stored) });
  }
  return {
    tensors,
    feeds: feedsOf(tensors),
    open: (build) => {
      const g = new GraphBuilder('policy');
      const { weights, values } = inputWeights(g, checkpoint.shapes);
      return openSession(build({ g, config: checkpoint.config, weights, lora: noLora, isCheckpointed }, values), {
        device,
      });
    },
  };
}

function feedsOf(tensors: ReadonlyMap<string, TensorToWrite>): Record<string, Tensor> {
  return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { dtype: 'float32', shape, data }]));
}
