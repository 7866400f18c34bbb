// The masks of one micro-batch: a function of the run's seed, the micro-batch's number and the module, so that a run that
// is resumed draws what it would have drawn.
import type { Adapter } from '../checkpoint/peft.ts';
import { dropoutName, dropoutScaleName } from '../models/dropout.ts';
import { embeddingModule } from '../models/lora.ts';
import type { Tensor } from '../runtime/session.ts';
import type { BatchSize } from './batch.ts';

/** Feeds of models/dropout.ts: `share` of each module's inputs is left out, or none where `draw` is null. Ids are not dropped. */
export function dropoutFeeds(
  { modules }: Adapter,
  { share, seed }: { share: number; seed: number },
  { rows, length }: BatchSize,
  draw: number | null,
): Record<string, Tensor> {
  if (share === 0) return {};
  const scale = draw === null ? 1 : 1 / (1 - share);
  const feeds: Record<string, Tensor> = {
    [dropoutScaleName]: { dtype: 'float32', shape: [], data: Float32Array.of(scale) },
  };
  for (const [i, [module, { a }]] of [...modules].entries()) {
    if (module === embeddingModule) continue;
    const shape = [rows, length, a.shape[1] ?? 0];
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = draw === null ? new Uint8Array(size).fill(1) : mask(size, share, [seed, draw, i]);
    feeds[dropoutName(module)] = { dtype: 'bool', shape, data };
  }
  return feeds;
}

/** Ones with probability 1 - share (to 2^-16), two from each draw of a xorshift32 (Marsaglia 2003). */
function mask(size: number, share: number, key: readonly number[]): Uint8Array {
  const threshold = Math.round(share * 65536);
  const data = new Uint8Array(size);
  let state = key.reduce((hash, part) => scramble(hash ^ part), 0x9e3779b9) | 1;
  for (let i = 0; i < size; i += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = (state & 0xffff) >= threshold ? 1 : 0;
    if (i + 1 < size) data[i + 1] = state >>> 16 >= threshold ? 1 : 0;
  }
  return data;
}

/** MurmurHash3's finaliser. */
function scramble(x: number): number {
  let hash = x;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
