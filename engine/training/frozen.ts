// The weights that a run reads and never changes: the checkpoint's own, or in four bits where it was opened so.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { checkpointWeights, quantizedWeights, type Weights } from '../models/weights.ts';
import { cacheFolder, type QuantizedCheckpoint, quantizeCheckpoint } from '../quantization/quantized-checkpoint.ts';

/** A checkpoint whose layers' matrices may stand in four bits: policy and reference then both do. */
export interface FrozenCheckpoint extends Checkpoint {
  quantized?: QuantizedCheckpoint;
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
