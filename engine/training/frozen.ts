// The weights that a run reads and never changes: the checkpoint's own, or in four bits where it was opened so.
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { TrainConfig } from '../config.ts';
import type { FloatType, GraphBuilder } from '../graph/builder.ts';
import { checkpointWeights, quantizedWeights, type Weights } from '../models/weights.ts';
import { cacheFolder, type QuantizedCheckpoint, quantizeCheckpoint } from '../quantization/quantized-checkpoint.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { providerName } from '../runtime/provider.ts';

/** A checkpoint and how a run computes with it: policy and reference alike, so that they begin as one. */
export interface FrozenCheckpoint extends Checkpoint {
  /** Its layers' matrices in four bits. */
  quantized?: QuantizedCheckpoint;
  /** What the model is computed in; log-probabilities and losses are in fp32 at least. */
  compute?: FloatType;
}

/**
 * A model's folder as a run's settings ask: on the CPU, which has few half-precision kernels, everything is widened to
 * fp32. Throws OUT_OF_MEMORY where the weights alone are more than the machine's memory.
 */
export async function openFrozen(
  model: string,
  { load_in_4bit, bf16, fp16 }: Pick<TrainConfig, 'load_in_4bit' | 'bf16' | 'fp16'>,
  device: string,
): Promise<FrozenCheckpoint> {
  const checkpoint = await openCheckpoint(model);
  assertWeightsFit(checkpoint.tensors.values(), checkpoint.folder);
  const half = bf16 ? 'bfloat16' : fp16 ? 'float16' : 'float32';
  const compute = providerName(device) === 'cuda' ? half : 'float32';
  return { ...(load_in_4bit ? await inFourBits(checkpoint) : checkpoint), compute };
}

/** Weights of one scale. */
const block = 32;

/** Quantises where the cache has no such weights yet. */
export async function inFourBits(checkpoint: Checkpoint, cache = cacheFolder()): Promise<FrozenCheckpoint> {
  return { ...checkpoint, quantized: await quantizeCheckpoint(checkpoint, block, cache) };
}

/** Four bits are multiplied at the exact accuracy level, which has gradients. */
export function frozenWeights(g: GraphBuilder, { tensors, quantized }: FrozenCheckpoint): Weights {
  return quantized ? quantizedWeights(g, quantized, 0) : checkpointWeights(g, tensors);
}

/** The folder that they are read from. */
export const frozenFolder = ({ folder, quantized }: FrozenCheckpoint): string => quantized?.folder ?? folder;
