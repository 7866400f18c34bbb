// The three graphs over whole rows: scoring (log-probabilities), DPO (loss and adapter gradients) and SFT
// (loss and the gradients of all weights). Each has one static shape; training/batch.ts makes their feeds.
import { gradients } from '../autodiff/gradient.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { LossName } from '../config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { losses } from '../losses.ts';
import { families, headName } from '../models/index.ts';
import type { LoraSource } from '../models/lora.ts';
import type { Weights } from '../models/weights.ts';
import { rowAttention } from './attention.ts';
import type { BatchSize } from './batch.ts';
import { tokenLogProbs } from './log-probs.ts';

export interface ModelInputs {
  g: GraphBuilder;
  config: ModelConfig;
  weights: Weights;
  lora: LoraSource;
}

/** Weighted token log-probabilities of every completion, [rows, completions, span]; padding is 0. */
function completionLogProbs({ g, config, weights, lora }: ModelInputs, size: BatchSize): Value {
  const { rows, completions, length, span } = size;
  const ids = g.input('ids', 'int64', [rows, length]);
  const positions = g.input('positions', 'int64', [rows, length]);
  const segments = g.input('segments', 'int64', [rows, length]);
  const at = g.input('at', 'int64', [rows * completions * span]);
  const labels = g.input('labels', 'int64', [rows * completions * span]);
  const tokenWeights = g.input('token_weights', g.dtype, [rows, completions, span]);
  const family = families[config.architecture];
  const context = { g, config, weights, lora, attend: rowAttention(g, config, positions, segments) };
  const hidden = g.reshape(family.hidden(context, ids), [rows * length, config.hiddenSize]);
  const head = weights.tensor(headName(config));
  const logProbs = tokenLogProbs(g, { hidden, at, labels, head }, config.logitSoftcap);
  return g.mul(g.reshape(logProbs, [rows, completions, span]), tokenWeights);
}

/** Output `logps` [rows, completions]: each completion's summed log-probability (nats). */
export function scoringGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  model.g.output('logps', model.g.reduceSum(completionLogProbs(model, size), [-1]));
  return model.g.build();
}

export interface DpoSettings {
  loss: LossName;
  beta: number;
  labelSmoothing: number;
}

/**
 * Rows of two completions, chosen then rejected. Further inputs: `reference` [rows, 2] log-probabilities and
 * `pair_weights` [rows]. Outputs: `loss` = sum of weight x pair loss, `logps` [rows, 2], and `d <name>` for each of `trained`.
 */
export function dpoGraph(
  model: ModelInputs,
  size: BatchSize,
  trained: ReadonlyMap<string, Value>,
  settings: DpoSettings,
) {
  const { g } = model;
  const logps = g.reduceSum(completionLogProbs(model, size), [-1]);
  const reference = g.input('reference', g.dtype, [size.rows, 2]);
  const pairWeights = g.input('pair_weights', g.dtype, [size.rows]);
  const loss = g.scope('loss', () => {
    const sides = (x: Value) => {
      const [chosen, rejected] = g.split(x, [1, 1], -1).map((side) => g.reshape(side, [size.rows]));
      if (!chosen || !rejected) throw new Error('A pair has two sides.');
      return { chosen, rejected };
    };
    const perPair = losses[settings.loss]({
      g,
      policy: sides(logps),
      reference: sides(reference),
      beta: settings.beta,
      labelSmoothing: settings.labelSmoothing,
    });
    return g.reduceSum(g.mul(perPair, pairWeights), [0]);
  });
  return withGradients(g, loss, logps, trained);
}

/** Rows of one completion. Outputs: `loss` = -sum of weight x token log-probability, and `d <name>` for each of `trained`. */
export function sftGraph(model: ModelInputs, size: BatchSize, trained: () => ReadonlyMap<string, Value>) {
  const { g } = model;
  const logps = g.reduceSum(completionLogProbs(model, size), [-1]);
  return withGradients(g, g.neg(g.reduceSum(logps, [0, 1])), logps, trained());
}

function withGradients(g: GraphBuilder, loss: Value, logps: Value, trained: ReadonlyMap<string, Value>): OnnxGraph {
  g.output('loss', loss);
  g.output('logps', logps);
  const names = [...trained.keys()];
  for (const [i, gradient] of gradients(g, loss, [...trained.values()]).entries()) g.output(`d ${names[i]}`, gradient);
  return g.build();
}
