// Graphs over whole rows: scoring (log-probabilities) and SFT (loss and the gradients of all weights), and what they share
// with preference-graph.ts. Each has one static shape; training/batch.ts makes their feeds.
import { gradients } from '../autodiff/gradient.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import type { Tensor } from '../runtime/session.ts';
import type { BatchSize } from './batch.ts';
import { tokenStatistics } from './log-probs.ts';
import { type ModelInputs, readRows } from './rows.ts';

/** Output `logps` [rows, completions]: each completion's summed log-probability (nats). */
export function scoringGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  model.g.output('logps', model.g.reduceSum(completionStatistics(model, size).logps, [-1]));
  return model.g.build();
}

/**
 * Outputs `logps`, `top_ids` and `top_logps`, each [rows, completions, span]: every token's log-probability, and the
 * likeliest token in its place with its own. Padding's are of no use.
 */
export function tokenScoringGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  const { g } = model;
  const { logps, topIds, topLogps } = completionStatistics(model, size);
  g.output('logps', logps);
  g.output('top_ids', topIds);
  g.output('top_logps', topLogps);
  return g.build();
}

/** Of every completion's tokens, [rows, completions, span]; log-probabilities are weighted, so that padding's are 0. */
function completionStatistics(model: ModelInputs, size: BatchSize) {
  const { g, config } = model;
  const rows = readRows(model, size);
  const { logps, topIds, topLogps } = tokenStatistics(g, rows, config.logitSoftcap);
  const inRows = (x: Value) => g.reshape(x, [size.rows, size.completions, size.span]);
  return { logps: g.mul(inRows(logps), rows.tokenWeights), topIds: inRows(topIds), topLogps: inRows(topLogps) };
}

/**
 * Rows of one completion. Outputs: `loss` = -sum of weight x token log-probability, the weighted sums `logps`, `entropy`
 * (nats) and `likeliest` (1 for a token that none is likelier than) [rows, completions], and `d <name>` for each of `trained`.
 */
export function sftGraph(model: ModelInputs, size: BatchSize, trained: ReadonlyMap<string, Value>): OnnxGraph {
  const { g, config } = model;
  const rows = readRows(model, size);
  const statistics = tokenStatistics(g, rows, config.logitSoftcap);
  const total = (values: Value) =>
    g.reduceSum(g.mul(g.reshape(values, [size.rows, size.completions, size.span]), rows.tokenWeights), [-1]);
  const logps = total(statistics.logps);
  g.output('logps', logps);
  g.output('entropy', total(statistics.entropy));
  g.output('likeliest', total(statistics.isLikeliest));
  return withGradients(g, g.neg(g.reduceSum(logps, [0, 1])), trained);
}

/** Fed to a graph in fp16: what its loss is multiplied by, and so its gradients. */
export const lossScaleName = 'loss_scale';

/** The finished graph, with outputs `loss` and `d <name>` for each of `trained`. */
export function withGradients(g: GraphBuilder, loss: Value, trained: ReadonlyMap<string, Value>): OnnxGraph {
  g.output('loss', loss);
  // Small gradients vanish in fp16 unless the loss is scaled up (Micikevicius et al. 2018).
  const scale = g.dtype === 'float16' && trained.size > 0 ? g.input(lossScaleName, 'float32', []) : null;
  const names = [...trained.keys()];
  const found = gradients(g, scale ? g.mul(loss, scale) : loss, [...trained.values()]);
  for (const [i, gradient] of found.entries()) g.output(`d ${names[i]}`, gradient);
  return g.build();
}

/** What a run of such a graph gives as the gradients of these tensors, by their names. */
export function gradientsOf(
  outputs: Readonly<Record<string, Tensor>>,
  names: Iterable<string>,
): Map<string, Float32Array> {
  return new Map([...names].map((name) => [name, outputs[`d ${name}`]?.data as Float32Array]));
}
