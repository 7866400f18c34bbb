// Graphs over whole rows: scoring (log-probabilities) and SFT (loss and the gradients of all weights), and what they share
// with preference-graph.ts. Each has one static shape; training/batch.ts makes their feeds.
import { gradients } from '../autodiff/gradient.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { families, headName } from '../models/index.ts';
import type { LoraSource } from '../models/lora.ts';
import type { Weights } from '../models/weights.ts';
import { rowAttention } from './attention.ts';
import type { BatchSize } from './batch.ts';
import { likeliestTokens, tokenLogProbs } from './log-probs.ts';

export interface ModelInputs {
  g: GraphBuilder;
  config: ModelConfig;
  weights: Weights;
  lora: LoraSource;
}

/**
 * The inputs of training/batch.ts, and the hidden state of every token of the rows, [rows x length, size]; `forward`
 * gives that state through other adapters.
 */
export function readRows({ g, config, weights, lora }: ModelInputs, size: BatchSize) {
  const { rows, completions, length, span } = size;
  const ids = g.input('ids', 'int64', [rows, length]);
  const positions = g.input('positions', 'int64', [rows, length]);
  const segments = g.input('segments', 'int64', [rows, length]);
  const at = g.input('at', 'int64', [rows * completions * span]);
  const labels = g.input('labels', 'int64', [rows * completions * span]);
  const tokenWeights = g.input('token_weights', g.dtype, [rows, completions, span]);
  const family = families[config.architecture];
  const attend = rowAttention(g, config, positions, segments);
  const forward = (source: LoraSource) =>
    g.reshape(family.hidden({ g, config, weights, lora: source, attend }, ids), [rows * length, config.hiddenSize]);
  return { hidden: forward(lora), forward, at, labels, tokenWeights, head: weights.tensor(headName(config)) };
}

/** Weighted token log-probabilities of every completion, [rows, completions, span]; padding is 0. */
function completionLogProbs(model: ModelInputs, size: BatchSize, rows = readRows(model, size)): Value {
  const { g, config } = model;
  const logProbs = tokenLogProbs(g, rows, config.logitSoftcap);
  return g.mul(g.reshape(logProbs, [size.rows, size.completions, size.span]), rows.tokenWeights);
}

/** Output `logps` [rows, completions]: each completion's summed log-probability (nats). */
export function scoringGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  model.g.output('logps', model.g.reduceSum(completionLogProbs(model, size), [-1]));
  return model.g.build();
}

/**
 * Outputs `logps`, `top_ids` and `top_logps`, each [rows, completions, span]: every token's log-probability, and the
 * likeliest token in its place with its own. Padding's are of no use.
 */
export function tokenScoringGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  const { g, config } = model;
  const shape = [size.rows, size.completions, size.span];
  const rows = readRows(model, size);
  const top = likeliestTokens(g, rows, config.logitSoftcap);
  g.output('logps', completionLogProbs(model, size, rows));
  g.output('top_ids', g.reshape(top.ids, shape));
  g.output('top_logps', g.reshape(top.logps, shape));
  return g.build();
}

/** Rows of one completion. Outputs: `loss` = -sum of weight x token log-probability, and `d <name>` for each of `trained`. */
export function sftGraph(model: ModelInputs, size: BatchSize, trained: () => ReadonlyMap<string, Value>) {
  const { g } = model;
  const logps = g.reduceSum(completionLogProbs(model, size), [-1]);
  g.output('logps', logps);
  return withGradients(g, g.neg(g.reduceSum(logps, [0, 1])), trained());
}

/** The finished graph, with outputs `loss` and `d <name>` for each of `trained`. */
export function withGradients(g: GraphBuilder, loss: Value, trained: ReadonlyMap<string, Value>): OnnxGraph {
  g.output('loss', loss);
  const names = [...trained.keys()];
  for (const [i, gradient] of gradients(g, loss, [...trained.values()]).entries()) g.output(`d ${names[i]}`, gradient);
  return g.build();
}
