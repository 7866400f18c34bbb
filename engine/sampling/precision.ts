// What weights and caches are held in while sampling, and where such weights come from.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { packedBytes, quantizedBlocks } from '../checkpoint/memory.ts';
import { devicePrecisions, type Precision, type WeightPrecision } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { FloatType, GraphBuilder } from '../graph/builder.ts';
import { checkpointWeights, quantizedWeights, type Weights } from '../models/weights.ts';
import { cacheFolder, quantizeCheckpoint } from '../quantization/quantized-checkpoint.ts';
import type { ProviderName } from '../runtime/provider.ts';

export interface LoadableWeights {
  /** The folder that the weights' places are relative to. */
  folder: string;
  weights(g: GraphBuilder): Weights;
  /** What the graph computes in. */
  dtype: FloatType;
  /** Not packed for the matrix kernels: no second copy while loading, but twice the time per token in small batches. */
  keepMapped: boolean;
}

/** Throws CONFIG_INVALID for a precision that the device's provider does not compute in. */
export function resolvePrecision(
  asked: Precision,
  provider: ProviderName,
  tensors: Checkpoint['tensors'],
): WeightPrecision {
  if (asked === 'auto') {
    if (provider !== 'cuda') return 'fp32';
    return [...tensors.values()].some(({ dtype }) => dtype === 'BF16') ? 'bf16' : 'fp16';
  }
  const offered: readonly WeightPrecision[] = devicePrecisions[provider];
  if (!offered.includes(asked)) {
    throw new EngineError(
      'CONFIG_INVALID',
      `Precision ${asked} is not for ${provider === 'cpu' ? 'the CPU' : provider}: use ${offered.join(', ')} or auto.`,
    );
  }
  return asked;
}

/** Quantises where the precision asks for it and the cache has no such weights yet. */
export async function loadWeights(
  checkpoint: Checkpoint,
  asked: Precision,
  provider: ProviderName,
): Promise<LoadableWeights> {
  const { folder, tensors } = checkpoint;
  const precision = resolvePrecision(asked, provider, tensors);
  const block = quantizedBlocks[precision];
  if (!block) {
    const dtype = floatTypes[precision] ?? 'float32';
    const keepMapped = asked === 'auto' && provider === 'cpu' && widenedBytes(tensors) > packedBytes;
    return { folder, dtype, keepMapped, weights: (g) => checkpointWeights(g, tensors) };
  }
  const quantized = await quantizeCheckpoint(checkpoint, block, cacheFolder());
  const dtype = provider === 'cuda' ? 'float16' : 'float32';
  return { folder: quantized.folder, dtype, keepMapped: false, weights: (g) => quantizedWeights(g, quantized) };
}

/** Bytes that the half-precision tensors take in fp32. */
function widenedBytes(tensors: Checkpoint['tensors']): number {
  return [...tensors.values()].reduce((sum, { dtype, length }) => sum + (dtype === 'F32' ? 0 : 2 * length), 0);
}

const floatTypes: Partial<Record<WeightPrecision, FloatType>> = { fp16: 'float16', bf16: 'bfloat16' };
