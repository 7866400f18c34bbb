// Attention over whole rows, with gradients. A row holds a prompt and the completions that share it: each completion
// sees the prompt and itself, never a sibling, so that one forward of the prompt serves them all.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { Attend } from '../models/layers.ts';
import { ropeTables } from '../models/rope.ts';

const masked = -1e9;

/**
 * `positions` [rows, length] int64: a token's place in its own sequence (a completion goes on from the prompt's end).
 * `segments` [rows, length] int64: 0 for the prompt, k for completion k, -1 for padding.
 */
export function rowAttention(g: GraphBuilder, config: ModelConfig, positions: Value, segments: Value): Attend {
  const { heads, kvHeads, headDim } = config;
  const [rows = 0, length = 0] = segments.shape.map(Number);
  const shared = heads / kvHeads;
  const [cos, sin] = g.scope('rope', () => {
    const [rope] = config.ropes;
    if (!rope) throw new Error('The model has no rope.');
    const tables = ropeTables(rope, config.maxPositions);
    const shape = [config.maxPositions, rope.dim / 2];
    const narrow = (table: Float64Array) => (g.dtype === 'float64' ? table : Float32Array.from(table));
    // [rows, 1, length, headDim / 2]: the same for every head.
    return (['cos', 'sin'] as const).map((name) =>
      g.unsqueeze(g.gather(g.initializer(`rope_${name}`, g.dtype, shape, narrow(tables[name])), positions), [1]),
    );
  });
  if (!cos || !sin) throw new Error('The rope tables are missing.');
  const mask = g.scope('mask', () => visibility(g, segments, rows, length));

  /** x [rows, heads, length, headDim], its halves rotated by the position's angles (transformers' layout). */
  const rotate = (x: Value): Value => {
    const [left, right] = g.split(x, [headDim / 2, headDim / 2], -1);
    if (!left || !right) throw new Error('A head has two halves.');
    return g.concat([g.sub(g.mul(left, cos), g.mul(right, sin)), g.add(g.mul(right, cos), g.mul(left, sin))], -1);
  };
  const toHeads = (x: Value, count: number) => g.transpose(g.reshape(x, [rows, length, count, headDim]), [0, 2, 1, 3]);

  return (_layer, { q, k, v }) => {
    const query = g.mul(rotate(toHeads(q, heads)), 1 / Math.sqrt(headDim));
    const key = rotate(toHeads(k, kvHeads));
    // The heads that share a key head stand one under the other, so that no key or value is repeated.
    const grouped = g.reshape(query, [rows, kvHeads, shared * length, headDim]);
    const scores = g.reshape(g.matmul(grouped, g.transpose(key)), [rows, heads, length, length]);
    const probabilities = g.softmax(g.add(scores, mask));
    const stacked = g.reshape(probabilities, [rows, kvHeads, shared * length, length]);
    const mixed = g.reshape(g.matmul(stacked, toHeads(v, kvHeads)), [rows, heads, length, headDim]);
    return g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [rows, length, heads * headDim]);
  };
}

/** [rows, 1, length, length]: 0 where token i may see token j (an earlier one, of the prompt or of its own completion). */
function visibility(g: GraphBuilder, segments: Value, rows: number, length: number): Value {
  const causal = new Uint8Array(length * length);
  for (let i = 0; i < length; i++) causal.fill(1, i * length, i * length + i + 1);
  const own = g.reshape(segments, [rows, 1, length, 1]);
  const other = g.reshape(segments, [rows, 1, 1, length]);
  const isVisible = g.and(
    g.or(g.equal(own, other), g.equal(other, g.constant(0, 'int64'))),
    g.initializer('causal', 'bool', [length, length], causal),
  );
  return g.where(isVisible, g.constant(0), g.constant(masked));
}
