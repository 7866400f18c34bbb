// Rewards: a linear head without bias over the hidden state of each sequence's last token, and the Bradley-Terry loss of
// pairs. A sequence's last token is an input here, which it is not for log-probs: a token that nothing reads follows it.
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import type { RewardConfig } from '../reward-config.ts';
import type { Tensor } from '../runtime/session.ts';
import { type BatchSize, packRows, sizeOf, type TokenRow } from './batch.ts';
import { inBuckets } from './buckets.ts';
import { withGradients } from './graph.ts';
import { type ModelInputs, rowStates } from './rows.ts';

/** The head's name, as transformers has it. */
export const scoreName = 'score.weight';

export interface BradleyTerryInputs {
  g: GraphBuilder;
  /** Rewards, [pairs]. */
  chosen: Value;
  rejected: Value;
  /** What chosen must be better by, [pairs]; null where margins are left aside. */
  margin: Value | null;
  centering: number | null;
}

/** The loss of each pair, [pairs]: -log s(r_w - r_l - margin) + coefficient (r_w + r_l)^2 (as TRL's RewardTrainer). */
export function bradleyTerry({ g, chosen, rejected, margin, centering }: BradleyTerryInputs): Value {
  const h = g.sub(chosen, rejected);
  const loss = g.softplus(g.neg(margin ? g.sub(h, margin) : h));
  if (centering === null) return loss;
  const sum = g.add(chosen, rejected);
  return g.add(loss, g.mul(g.mul(sum, sum), centering));
}

/** The size of a graph for these rows, the tokens after the last ones included. */
export const rewardSizeOf = (rows: readonly TokenRow[], capacity: number): BatchSize =>
  sizeOf(rows.map(followed), capacity);

const followed = ({ prompt, completions, bucket }: TokenRow): TokenRow => ({
  prompt,
  completions: completions.map((ids) => [...ids, 0]),
  ...(bucket ? { bucket } : {}),
});

/** `inBuckets` for the lengths that rows have here. */
export function inRewardBuckets<R extends TokenRow>(rows: readonly R[], capacity: number): R[] {
  const bucketed = inBuckets(rows.map(followed), capacity);
  return rows.map((row, i) => ({ ...row, ...(bucketed[i]?.bucket ? { bucket: bucketed[i].bucket } : {}) }));
}

/** The inputs of the rows, and `last` int64 [rows x completions]: the place of each sequence's last token. */
export function packRewards(rows: readonly TokenRow[], size: BatchSize): Record<string, Tensor> {
  const { at, ...feeds } = packRows(rows.map(followed), size);
  const last = new BigInt64Array(size.rows * size.completions);
  for (const [r, row] of rows.entries()) {
    for (const [k, ids] of row.completions.entries()) {
      const slot = r * size.completions + k;
      last[slot] = at.data[slot * size.span + ids.length] ?? 0n;
    }
  }
  const { ids, positions, segments } = feeds;
  return { ids, positions, segments, last: { dtype: 'int64', shape: [last.length], data: last } };
}

/** Output `rewards` [rows, completions]. */
export function rewardGraph(model: ModelInputs, size: BatchSize): OnnxGraph {
  model.g.output('rewards', rewardsOf(model, size, scoreInput(model)));
  return model.g.build();
}

/**
 * Also `shares` [rows] and, with margins, `margins` [rows]; outputs `loss` = sum of share x loss, and `d <name>` of the
 * adapter's values and the head; null is an evaluation, without gradients.
 */
export function rewardTrainingGraph(
  model: ModelInputs,
  size: BatchSize,
  adapter: ReadonlyMap<string, Value> | null,
  { margin_scale, center_rewards_coefficient }: RewardConfig,
): OnnxGraph {
  const { g } = model;
  const score = scoreInput(model);
  const rewards = rewardsOf(model, size, score);
  g.output('rewards', rewards);
  const [chosen, rejected] = g.split(rewards, [1, 1], -1).map((side) => g.reshape(side, [size.rows]));
  if (!chosen || !rejected) throw new Error('A pair has two sides.');
  const margin = margin_scale > 0 ? g.input('margins', exactType(g), [size.rows]) : null;
  const losses = bradleyTerry({ g, chosen, rejected, margin, centering: center_rewards_coefficient });
  const loss = g.reduceSum(g.mul(losses, g.input('shares', exactType(g), [size.rows])), [0]);
  return withGradients(g, loss, new Map(adapter ? [...adapter, [scoreName, score]] : []));
}

const scoreInput = ({ g, config }: ModelInputs) => g.input(scoreName, exactType(g), [1, config.hiddenSize]);

function rewardsOf(model: ModelInputs, size: BatchSize, score: Value): Value {
  const { g } = model;
  const states = g.gather(rowStates(model, size)(model.lora), g.input('last', 'int64', [size.rows * size.completions]));
  const rewards = g.gemm(g.cast(states, exactType(g)), score, { b: true });
  return g.reshape(rewards, [size.rows, size.completions]);
}
