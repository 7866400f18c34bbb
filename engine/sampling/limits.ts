// How much is done at once: steps per run, rows per batch, and what memory allows.
import { cacheCopies } from '../checkpoint/memory.ts';
import type { ProviderName } from '../runtime/provider.ts';

export interface ChunkPolicy {
  /** Decoding steps of one run: how often text streams, rows change places and a cancel is heard. */
  steps: number;
  /** The same while only few rows run: somebody may be reading along. */
  stepsForFew: number;
  maxRows: number;
  /** Prompt tokens, padding included, that one run reads. */
  prefillTokens: number;
  /** The share of a batch that must be free before waiting rows are let in. */
  refillShare: number;
}

/**
 * CPU: a run costs 1.15x at 4 steps and 1.00x at 16; the cache is handed over in memory, so leaving rows behind and
 * refilling at every chunk costs a copy of what stays. CUDA: the cache crosses to the host and back between two runs,
 * so chunks are long, and rows wait until a good part of the batch is free. Letting rows in costs a prefill that reads
 * all weights, as much as a decoding step of the whole batch: hence not one by one.
 */
export const chunkPolicies: { [P in ProviderName]: ChunkPolicy } = {
  cpu: { steps: 16, stepsForFew: 16, maxRows: 32, prefillTokens: 8_192, refillShare: 1 / 4 },
  cuda: { steps: 128, stepsForFew: 32, maxRows: 128, prefillTokens: 32_768, refillShare: 1 / 2 },
  webgpu: { steps: 32, stepsForFew: 16, maxRows: 32, prefillTokens: 8_192, refillShare: 1 / 4 },
};

/** How far a row may be drawn past its end at the most. */
export const longestChunk = Math.max(...Object.values(chunkPolicies).map(({ steps }) => steps));

const few = 4;

/**
 * Steps of the next run; `left` is what each row may still draw. A row that has less left than the others draws on,
 * unread: cutting the run short for it would cost them all.
 */
export function stepsOf(policy: ChunkPolicy, left: readonly number[]): number {
  return Math.min(left.length <= few ? policy.stepsForFew : policy.steps, Math.max(...left));
}

/** Rows of `tokens` tokens each that a budget of bytes holds. */
export function rowsWithin(budget: number, bytesPerToken: number, tokens: number): number {
  return Math.floor(budget / (bytesPerToken * cacheCopies * tokens));
}
