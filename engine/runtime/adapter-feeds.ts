// An adapter as inputs of a graph (models/lora.ts names them).
import type { Adapter } from '../checkpoint/peft.ts';
import { loraName } from '../models/lora.ts';
import type { Tensor } from './session.ts';

/** An adapter's matrices as feeds; they are views, so that a change in place is seen by the next run. */
export function adapterFeeds(adapter: Adapter, prefix = ''): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [module, { a, b }] of adapter.modules) {
    feeds[prefix + loraName(module, 'A')] = { dtype: 'float32', shape: a.shape, data: a.data };
    feeds[prefix + loraName(module, 'B')] = { dtype: 'float32', shape: b.shape, data: b.data };
  }
  return feeds;
}
