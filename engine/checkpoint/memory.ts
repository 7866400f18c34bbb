// What a model needs in memory to sample: an estimate from its config and its tensors' shapes, before a weight is read.
// All sizes are bytes. What is mapped from files and never packed is the page cache's and is not counted.
import type { WeightPrecision } from '../config.ts';
import type { ModelConfig } from './model-config.ts';

/** Bytes of one number in a precision; int4's are what its unquantised tensors and its cache are held in. */
const elementBytes: { [P in WeightPrecision]: { cpu: number; cuda: number } } = {
  fp32: { cpu: 4, cuda: 4 },
  // The CPU has few half-precision kernels: such weights are widened to fp32 as they are packed.
  fp16: { cpu: 4, cuda: 2 },
  bf16: { cpu: 4, cuda: 2 },
  int4: { cpu: 4, cuda: 2 },
  'int4-128': { cpu: 4, cuda: 2 },
};

/** Weights of one scale, where they are quantised. */
export const quantizedBlocks: Partial<Record<WeightPrecision, number>> = { int4: 32, 'int4-128': 128 };

/** What the process and the runtime take beside, whatever the model. */
const processBytes = 200 * 2 ** 20;
/** Activations, logits and the allocator's slack, as a share of weights and cache. */
const reserveShare = 0.15;

/**
 * What a cache takes at the worst, in copies of itself: it grows in place, but is made anew where a batch outgrows its
 * room, and a run's own part lies beside it. Measured: 1.2 at 32 rows of 900 tokens.
 */
export const cacheCopies = 2;

/** Bytes that one token of one row takes in the key-value cache, over all layers. */
export function kvBytesPerToken(
  { layers, kvHeads, headDim }: Pick<ModelConfig, 'layers' | 'kvHeads' | 'headDim'>,
  bytesPerElement: number,
): number {
  return 2 * layers * kvHeads * headDim * bytesPerElement;
}

/**
 * Half-precision weights that take more than this once widened to fp32 are not packed on a CPU, unless fp32 is asked
 * for by name: packing holds the widened and the packed copy at once while it loads. A rule by the checkpoint alone,
 * not by what is free now, since the two ways differ in the last bits of a log-prob.
 */
export const packedBytes = 2 * 2 ** 30;

export interface MemoryQuestion {
  precision: WeightPrecision;
  device: 'cpu' | 'cuda';
  /** Responses that grow side by side. */
  rows: number;
  /** Tokens of prompt and response together. */
  length: number;
  /** Whether the checkpoint holds half-precision weights. */
  isHalfStored: boolean;
}

export interface MemoryEstimate {
  weights: number;
  kvPerToken: number;
  kv: number;
  reserve: number;
  /** The most at any time: while sampling, or while loading. */
  total: number;
}

/** What sampling with these weights needs. `shapes` are those of `expectedWeights`. */
export function estimateMemory(
  config: Pick<ModelConfig, 'layers' | 'kvHeads' | 'headDim'>,
  shapes: ReadonlyMap<string, readonly number[]>,
  { precision, device, rows, length, isHalfStored }: MemoryQuestion,
): MemoryEstimate {
  const bytes = elementBytes[precision][device];
  const block = quantizedBlocks[precision];
  const weights = sum([...shapes], ([name, shape]) =>
    block && isQuantised(name, shape)
      ? elements(shape) / 2 + Math.ceil(elements(shape) / block) * bytes
      : elements(shape) * bytes,
  );
  const kvPerToken = kvBytesPerToken(config, bytes);
  const kv = kvPerToken * rows * length;
  const reserve = Math.ceil((weights + kv) * reserveShare) + (cacheCopies - 1) * kv + processBytes;
  const isPacked = device === 'cpu' && precision === 'fp32' && isHalfStored && weights <= packedBytes;
  const loading = isPacked ? 2 * weights + processBytes : 0;
  return { weights, kvPerToken, kv, reserve, total: Math.max(weights + kv + reserve, loading) };
}

export function countParameters(shapes: ReadonlyMap<string, readonly number[]>): number {
  return sum([...shapes.values()], elements);
}

/** The layers' matrices; embedding, head and norms keep their precision. */
export function isQuantised(name: string, shape: readonly number[]): boolean {
  return shape.length === 2 && /\.layers\.\d+\./.test(name);
}

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function sum<T>(items: readonly T[], bytes: (item: T) => number): number {
  return items.reduce((total, item) => total + bytes(item), 0);
}
