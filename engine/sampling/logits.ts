// From logits to the next token, inside the graph. Random numbers come in as uniforms, so that a draw is a function
// of the seed and not of the kernel. Probabilities are in fp64: a cumulative sum over a large vocabulary needs it.
import type { SamplingConfig } from '../config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';

/** What a configuration asks of the graph: each kind is a graph of its own, without the work of the others. */
export type DrawKind = 'greedy' | 'unfiltered' | 'filtered';

export function drawKind({ temperature, top_k, top_p }: SamplingConfig): DrawKind {
  if (temperature === 0 || top_k === 1) return 'greedy';
  return top_k === 0 && top_p === 1 ? 'unfiltered' : 'filtered';
}

export interface DrawInputs {
  /** fp64 [rows], in [0, 1). */
  uniforms: Value;
  temperature: Value;
  /** int64 [1]: how many of the largest logits stay. */
  topK: Value;
  /** fp64 scalar. */
  topP: Value;
}

/** logits fp32 [rows, vocab] -> token ids int64 [rows]. */
export type Draw = (g: GraphBuilder, logits: Value, inputs: DrawInputs) => Value;

const greedy: Draw = (g, logits) => g.op('ArgMax', [logits], { axis: -1, keepdims: 0 })[0] as Value;

/** The inverse of the cumulative distribution over the vocabulary in its own order: no sort. */
const unfiltered: Draw = (g, logits, { uniforms, temperature }) => {
  const cumulative = cumulativeSum(g, g.softmax(g.cast(g.div(logits, temperature), 'float64')));
  return g.squeeze(firstAbove(g, cumulative, uniforms), [1]);
};

/** Top-k, then top-p (Holtzman et al. 2020): a token stays while the mass before it is below top_p. */
const filtered: Draw = (g, logits, { uniforms, temperature, topK, topP }) => {
  const [largest, ids] = g.op('TopK', [g.div(logits, temperature), topK], { axis: -1, largest: 1, sorted: 1 }, 2);
  if (!largest || !ids) throw new Error('TopK has two outputs.');
  const probabilities = g.softmax(g.cast(largest, 'float64'));
  const massBefore = g.sub(cumulativeSum(g, probabilities), probabilities);
  const kept = g.mul(probabilities, g.cast(g.less(massBefore, topP), 'float64'));
  const place = firstAbove(g, cumulativeSum(g, kept), uniforms);
  return g.squeeze(g.op('GatherElements', [ids, place], { axis: 1 })[0] as Value, [1]);
};

export const draws: { [K in DrawKind]: Draw } = { greedy, unfiltered, filtered };

const cumulativeSum = (g: GraphBuilder, x: Value): Value => g.op('CumSum', [x, g.constant(1, 'int64')], {})[0] as Value;

/** The first place [rows, 1] whose cumulative mass exceeds u x total: places of no mass are never drawn. */
function firstAbove(g: GraphBuilder, cumulative: Value, uniforms: Value): Value {
  const total = g.reduceMax(cumulative, [1], true);
  const threshold = g.mul(g.unsqueeze(uniforms, [1]), total);
  const isBelow = g.cast(g.lessOrEqual(cumulative, threshold), 'int64');
  return g.reduceSum(isBelow, [1], true);
}
