// How much is done at once: steps per run, rows per batch, and what memory allows.
import { cacheCopies } from '../checkpoint/memory.ts';
import type { ProviderName } from '../runtime/provider.ts';

export interface ChunkPolicy {
  /** Decoding steps of one run: how often text streams, rows change places and a cancel is heard. */
  steps: number;
  /** The same while only few rows run: somebody may be reading along. */
  stepsForFew: number;
  maxRows: number;
  /** Prompt tokens, padding included, that one run reads; a longer prompt is read in pieces of as many. */
  prefillTokens: number;
  /** The share of a batch that must be free before waiting rows are let in. */
  refillShare: number;
}

/**
 * CPU: a run costs 1.15x at 4 steps and 1.00x at 16; rows that leave and enter at every chunk cost a copy of what moves.
 * CUDA: the cache crosses to the device at every run, so chunks are long, and rows wait until a good part of the batch is
 * free. Letting rows in costs a prefill that reads all weights, as much as a decoding step of the whole batch: hence not
 * one by one. More prompt tokens at once are no faster, but hold more activations and attention scores.
 */
const chunkPolicies: { [P in ProviderName]: ChunkPolicy } = {
  cpu: { steps: 16, stepsForFew: 16, maxRows: 32, prefillTokens: 256, refillShare: 1 / 4 },
  cuda: { steps: 128, stepsForFew: 32, maxRows: 128, prefillTokens: 4_096, refillShare: 1 / 2 },
  webgpu: { steps: 32, stepsForFew: 16, maxRows: 32, prefillTokens: 256, refillShare: 1 / 4 },
};

/**
 * The policy for weights of so many bytes. On a CPU the steps of larger models take long enough by themselves: fewer of
 * them make a run, so that text streams, a cancel is heard, and less is carried.
 */
export function chunkPolicyOf(provider: ProviderName, weightBytes: number): ChunkPolicy {
  const policy = chunkPolicies[provider];
  if (provider !== 'cpu') return policy;
  const steps = weightBytes > 2 ** 28 ? 4 : weightBytes > 2 ** 26 ? 8 : policy.steps;
  return { ...policy, steps, stepsForFew: steps };
}

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
