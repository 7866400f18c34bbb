// Attention over whole rows, with gradients. A row holds a prompt and the completions that share it: each completion
// sees the prompt and itself, never a sibling, so that one forward of the prompt serves them all.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { Attend } from '../models/layers.ts';
import { type Rotation, rotate, rowRotation } from '../models/rope.ts';

const masked = -1e9;

/**
 * `positions` [rows, length] int64: a token's place in its own sequence (a completion goes on from the prompt's end).
 * `segments` [rows, length] int64: 0 for the prompt, k for completion k, -1 for padding.
 */
export function rowAttention(g: GraphBuilder, config: ModelConfig, positions: Value, segments: Value): Attend {
  const { heads, kvHeads, headDim } = config;
  const [rows = 0, length = 0] = segments.shape.map(Number);
  const shared = heads / kvHeads;
  const rotations = g.scope('rope', () => {
    // A row's last token predicts nothing, so it is no input: the longest sequence has one token more than positions.
    const lengths = g.add(g.reduceMax(positions, [1]), g.constant(2, 'int64'));
    return config.ropes.map((rope) => rowRotation(g, rope, positions, lengths));
  });
  const masks = g.scope('mask', () => {
    const isRelated = relation(g, segments);
    const distances = g.sub(g.reshape(positions, [rows, 1, length, 1]), g.reshape(positions, [rows, 1, 1, length]));
    return new Map(
      config.attention.map(({ window }) => {
        const isNear = window === null ? null : g.less(distances, g.constant(window, 'int64'));
        const isVisible = isNear ? g.and(isRelated, isNear) : isRelated;
        return [window, g.where(isVisible, g.constant(0), g.constant(masked))];
      }),
    );
  });

  const toHeads = (x: Value, count: number) => g.transpose(g.reshape(x, [rows, length, count, headDim]), [0, 2, 1, 3]);
  const turned = (x: Value, rotation: Rotation | undefined) => (rotation ? rotate(g, x, rotation) : x);

  return (layer, { q, k, v }, keep) => {
    const { rope, window } = config.attention[layer] ?? { rope: 0, window: null };
    const rotation = rope === null ? undefined : rotations[rope];
    const query = g.mul(turned(toHeads(q, heads), rotation), config.attentionScale);
    const key = keep(turned(toHeads(k, kvHeads), rotation));
    const value = keep(toHeads(v, kvHeads));
    // The heads that share a key head stand one under the other, so that no key or value is repeated.
    const grouped = g.reshape(query, [rows, kvHeads, shared * length, headDim]);
    const products = g.reshape(g.matmul(grouped, g.transpose(key)), [rows, heads, length, length]);
    const scores = config.attentionSoftcap === null ? products : g.softcap(products, config.attentionSoftcap);
    const probabilities = g.softmax(g.add(scores, masks.get(window) as Value));
    const stacked = g.reshape(probabilities, [rows, kvHeads, shared * length, length]);
    const mixed = g.reshape(g.matmul(stacked, value), [rows, heads, length, headDim]);
    return g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [rows, length, heads * headDim]);
  };
}

/** bool [rows, 1, length, length]: token j stands before i (or is i), in the prompt or in i's own completion. */
function relation(g: GraphBuilder, segments: Value): Value {
  const [rows = 0, length = 0] = segments.shape.map(Number);
  const causal = new Uint8Array(length * length);
  for (let i = 0; i < length; i++) causal.fill(1, i * length, i * length + i + 1);
  const own = g.reshape(segments, [rows, 1, length, 1]);
  const other = g.reshape(segments, [rows, 1, 1, length]);
  return g.and(
    g.or(g.equal(own, other), g.equal(other, g.constant(0, 'int64'))),
    g.initializer('causal', 'bool', [length, length], causal),
  );
}
