// What an open sampler takes of memory, told before it is opened: its weights as it holds them, and the most of its cache.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { cacheCopies, estimateMemory } from '../checkpoint/memory.ts';
import type { Precision } from '../config.ts';
import { providerName } from '../runtime/provider.ts';
import { chunkPolicyOf } from './limits.ts';
import { resolvePrecision } from './precision.ts';

/** Bytes, for `responses` to prompts of which the longest has `length` tokens with its response. */
export function samplerNeeds(
  { config, shapes, tensors }: Pick<Checkpoint, 'config' | 'shapes' | 'tensors'>,
  asked: { device: string; precision: Precision; responses: number; length: number },
): { weights: number; cache: number } {
  const provider = providerName(asked.device);
  const stored = [...tensors.values()];
  const { maxRows } = chunkPolicyOf(
    provider,
    stored.reduce((sum, { length }) => sum + length, 0),
  );
  const { weights, kv } = estimateMemory(config, shapes, {
    precision: resolvePrecision(asked.precision, provider, tensors),
    device: provider === 'cuda' ? 'cuda' : 'cpu',
    rows: Math.min(asked.responses, maxRows),
    length: asked.length,
    isHalfStored: stored.some(({ dtype }) => dtype !== 'F32'),
  });
  return { weights, cache: cacheCopies * kv };
}
