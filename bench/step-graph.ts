// One step of a model as a graph of its own, the cache in and out: what samplers without a loop in the graph run.
import type { Checkpoint } from '../engine/checkpoint/checkpoint.ts';
import { GraphBuilder, type Value } from '../engine/graph/builder.ts';
import type { OnnxGraph } from '../engine/graph/onnx.ts';
import { families, toLogits } from '../engine/models/index.ts';
import type { Attend } from '../engine/models/layers.ts';
import { noLora } from '../engine/models/lora.ts';
import { ropeTables } from '../engine/models/rope.ts';
import { checkpointWeights } from '../engine/models/weights.ts';
import { ropeInputs } from '../engine/sampling/decoder.ts';

/**
 * Inputs: `ids` int64 [rows, seq], `last` int32 [rows] the index of each row's last token, the cache `past_*` and the
 * rotary tables. Outputs: `logits` fp32 [rows, vocab] of the last token, and the cache `present_*`.
 */
export function stepGraph(checkpoint: Checkpoint): OnnxGraph {
  const { config } = checkpoint;
  const g = new GraphBuilder('step');
  const ids = g.input('ids', 'int64', ['rows', 'seq']);
  const lastIndex = g.input('last', 'int32', ['rows']);
  const cached = ['rows', config.kvHeads, 'tokens', config.headDim] as const;
  const past = cacheNames('past', config.layers).map((name) => g.input(name, 'float32', cached));
  const { logits, present } = forward(g, checkpoint, ropeInputs(g, config), ids, past, lastIndex);
  g.output('logits', g.squeeze(logits, [1]));
  for (const [i, name] of cacheNames('present', config.layers).entries()) g.output(name, present[i] as Value);
  return g.build();
}

/**
 * The same with the names that transformers.js feeds: `input_ids`, `attention_mask` int64 [rows, total] and
 * `past_key_values.<layer>.key|value` to `logits` [rows, 1, vocab] and `present.<layer>.key|value`.
 * Rows are of equal length: a padded one would need its padding masked.
 */
export function transformersJsGraph(checkpoint: Checkpoint): OnnxGraph {
  const { config } = checkpoint;
  const g = new GraphBuilder('model');
  const ids = g.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = g.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const cached = ['batch_size', config.kvHeads, 'past_sequence_length', config.headDim] as const;
  const past = layerNames('past_key_values', config.layers).map((name) => g.input(name, 'float32', cached));
  const lastIndex = g.sub(g.cast(g.reduceSum(mask, [1]), 'int32'), g.constant(1, 'int32'));
  const ropes = config.ropes.map((rope, i) => {
    const { cos, sin } = ropeTables(rope, config.maxPositions);
    const shape = [config.maxPositions, rope.dim / 2];
    return {
      cos: g.initializer(`cos_${i}`, 'float32', shape, Float32Array.from(cos)),
      sin: g.initializer(`sin_${i}`, 'float32', shape, Float32Array.from(sin)),
    };
  });
  const { logits, present } = forward(g, checkpoint, ropes, ids, past, lastIndex);
  g.output('logits', logits);
  for (const [i, name] of layerNames('present', config.layers).entries()) g.output(name, present[i] as Value);
  return g.build();
}

/** The names of the cache's tensors [rows, kvHeads, tokens, headDim]: keys and values of each layer in turn. */
export const cacheNames = (prefix: 'past' | 'present', layers: number) =>
  Array.from({ length: layers }, (_, i) => [`${prefix}_key_${i}`, `${prefix}_value_${i}`]).flat();

const layerNames = (prefix: string, layers: number) =>
  Array.from({ length: layers }, (_, i) => [`${prefix}.${i}.key`, `${prefix}.${i}.value`]).flat();

/** Logits [rows, 1, vocab] of the last position only, as a sampler needs them, and the cache. */
function forward(
  g: GraphBuilder,
  { config, tensors }: Checkpoint,
  ropes: readonly { cos: Value; sin: Value }[],
  ids: Value,
  past: readonly Value[],
  lastIndex: Value,
) {
  const weights = checkpointWeights(g, tensors);
  const total = g.add(g.reduceMax(lastIndex, [0]), g.constant(1, 'int32'));
  const present: Value[] = [];
  const attend: Attend = (layer, { q, k, v }) => {
    const [key, value] = [past[2 * layer] as Value, past[2 * layer + 1] as Value];
    const { cos, sin } = ropes[0] as { cos: Value; sin: Value };
    // Where the runtime knows q's shape but not v's, it takes q for all three in one: so v's is stated.
    const values = g.reshape(v, [0, 0, config.kvHeads * config.headDim]);
    const [attended, ...grown] = g.op('GroupQueryAttention', [q, k, values, key, value, lastIndex, total, cos, sin], {
      num_heads: config.heads,
      kv_num_heads: config.kvHeads,
      do_rotary: 1,
      rotary_interleaved: 0,
      local_window_size: -1,
      scale: { float: config.attentionScale },
      softcap: { float: 0 },
    });
    present.push(...grown);
    return attended as Value;
  };
  const context = { g, config, weights, lora: noLora };
  const hidden = families[config.architecture].hidden({ ...context, attend }, ids);
  const lastHidden = g.gather(hidden, g.constant([-1], 'int64'), 1);
  const logits = toLogits(context, lastHidden);
  return { logits, present };
}
