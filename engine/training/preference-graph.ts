// The graph of a preference step: the policy's log-probabilities, the chosen losses, the gradients of what is trained,
// and the statistics that metrics are made of. training/preference-batch.ts makes its feeds.
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { isPairLoss, type LossSettings, referenceUse } from '../loss-config.ts';
import { pairLoss, type Sides, unpairedLoss } from '../losses.ts';
import type { LoraSource } from '../models/lora.ts';
import { withGradients } from './graph.ts';
import { tokenDivergences, tokenStatistics } from './log-probs.ts';
import type { PreferenceSize } from './preference-batch.ts';
import { type ModelInputs, type ReadRows, readRows, slotInputs } from './rows.ts';

/**
 * Rows of two completions, chosen then rejected; for a loss of single completions, the completion and, where the loss
 * needs one, another row's. Inputs: those of the rows and, as the losses need them, `reference` [rows, completions]
 * log-probabilities, `pair_weights` [rows], `tail_weights` (ld_alpha), `offsets` (margins), `signs`, and the prompt's
 * places. Outputs: `loss` = sum of weight x loss, `losses` [rows], `logps`, `tokens` and the sums `entropy`, `logits`
 * and `likeliest` [rows, completions], `d <name>` for each of `trained`; `reference` where the graph computes it,
 * `baseline` [] of KTO, `prompt_logps` [rows] of ORPO. `referenceLora` serves a reference within the graph.
 */
export function preferenceGraph(
  model: ModelInputs,
  size: PreferenceSize,
  trained: ReadonlyMap<string, Value>,
  settings: LossSettings,
  referenceLora: LoraSource,
): OnnxGraph {
  const { g } = model;
  const read = readCompletions(model, size, settings, referenceLora);
  for (const [name, value] of Object.entries(read.outputs)) g.output(name, value);
  const losses = g.scope('loss', () =>
    settings.loss_type.every(isPairLoss)
      ? lossOfPairs(g, size, settings, read)
      : lossOfSingles(g, size, settings, read),
  );
  g.output('losses', losses);
  const loss = g.reduceSum(g.mul(losses, g.input('pair_weights', exactType(g), [size.rows])), [0]);
  return withGradients(g, loss, trained);
}

/** Sums over each completion's tokens, [rows, completions], and those of each row's prompt, [rows]. */
interface Completions {
  /** As the losses take them, with tails weighed by `ld_alpha`. */
  logps: Value;
  plainLogps: Value;
  tokens: Value;
  /** WPO's exponent: the mean over tokens of log p(y) - log sum_v p(v)^2. */
  alignment: Value;
  reference: Value | null;
  divergence: Value | null;
  prompt: { logps: Value; tokens: Value } | null;
  outputs: Record<string, Value>;
}

function readCompletions(
  model: ModelInputs,
  size: PreferenceSize,
  settings: LossSettings,
  referenceLora: LoraSource,
): Completions {
  const { g, config } = model;
  const shape = [size.rows, size.completions, size.span];
  const rows = readRows(model, size);
  const mask = rows.tokenWeights;
  const weights = settings.ld_alpha === null ? mask : g.input('tail_weights', exactType(g), shape);
  const total = (values: Value, by = mask) => g.reduceSum(g.mul(g.reshape(values, shape), by), [-1]);

  const statistics = tokenStatistics(g, rows, config.logitSoftcap);
  const prompt = readPrompts(model, size, rows);
  const logps = total(statistics.logps, weights);
  const tokens = g.reduceSum(mask, [-1]);
  const outputs: Record<string, Value> = {
    logps,
    tokens,
    entropy: total(statistics.entropy),
    logits: total(statistics.meanLogit),
    likeliest: total(statistics.isLikeliest),
    ...(prompt ? { prompt_logps: prompt.logps } : {}),
  };
  const use = referenceUse(settings);
  let reference: Value | null = null;
  let divergence: Value | null = null;
  if (use === 'distribution') {
    const held = rows.through(referenceLora);
    reference = total(tokenStatistics(g, { ...rows, products: held }, config.logitSoftcap).logps, weights);
    const models = { policy: rows.products, reference: held };
    divergence = total(tokenDivergences(g, { ...rows, ...models }, config.logitSoftcap));
    outputs.reference = reference;
  } else if (use !== 'none') {
    reference = g.input('reference', exactType(g), [size.rows, size.completions]);
  }
  const alignment = g.stopGradient(g.sub(total(statistics.logps), total(statistics.sumSquares)));
  return { logps, plainLogps: total(statistics.logps), tokens, alignment, reference, divergence, prompt, outputs };
}

/** Log-probs of the prompts' tokens that something precedes, where the size has room for them. */
function readPrompts({ g, config }: ModelInputs, size: PreferenceSize, { products }: ReadRows) {
  if (size.promptSpan === 0) return null;
  const shape = [size.rows, size.promptSpan];
  const slots = slotInputs(g, 'prompt_', size.rows * size.promptSpan);
  const weights = g.input('prompt_weights', exactType(g), shape);
  const { logps } = tokenStatistics(g, { products, ...slots }, config.logitSoftcap);
  const sum = g.reduceSum(g.mul(g.reshape(logps, shape), weights), [-1]);
  return { logps: sum, tokens: g.reduceSum(weights, [-1]) };
}

function lossOfPairs(g: GraphBuilder, size: PreferenceSize, settings: LossSettings, read: Completions): Value {
  const isPair = isFilled(g, size, read.tokens);
  const sides = (values: Value): Sides => {
    const [chosen, rejected] = columns(g, size, values);
    if (!chosen || !rejected) throw new Error('A pair has two sides.');
    return { chosen, rejected };
  };
  /** Rows that only fill the batch get numbers that every loss can bear. */
  const filled = (values: Value, otherwise: number) => g.where(isPair, values, otherwise);
  const filledSides = (values: Value, otherwise: number): Sides => {
    const { chosen, rejected } = sides(values);
    return { chosen: filled(chosen, otherwise), rejected: filled(rejected, otherwise) };
  };
  const tokens = filledSides(read.tokens, 1);
  const likelihood = filledSides(read.plainLogps, -1).chosen;
  const loss = pairLoss({
    g,
    settings,
    policy: filledSides(read.logps, -1),
    reference: read.reference && sides(read.reference),
    tokens,
    isPair,
    likelihood: {
      chosen: likelihood,
      whole: read.prompt && {
        logps: g.add(likelihood, read.prompt.logps),
        tokens: g.add(tokens.chosen, read.prompt.tokens),
      },
    },
    divergence: read.divergence && sides(read.divergence),
    offset: settings.margin_scale > 0 ? g.input('offsets', exactType(g), [size.rows]) : null,
  });
  if (!settings.use_weighting) return loss;
  // WPO (Zhou et al. 2024, eq. 2): how likely the policy is to write either side, against its own draws.
  const alignment = filledSides(read.alignment, 0);
  const weight = (side: keyof Sides) => g.exp(g.div(alignment[side], tokens[side]));
  return g.mul(loss, g.mul(weight('chosen'), weight('rejected')));
}

function lossOfSingles(g: GraphBuilder, size: PreferenceSize, settings: LossSettings, read: Completions): Value {
  if (!read.reference) throw new Error('A loss of single completions takes a reference.');
  const isFilledRow = isFilled(g, size, read.tokens);
  const [policy, mismatched] = columns(g, size, read.logps);
  const [reference, mismatchedReference] = columns(g, size, read.reference);
  if (!policy || !reference) throw new Error('A row has a completion.');
  let baseline = g.constant(0, policy.dtype);
  if (mismatched && mismatchedReference) {
    const divergences = g.where(isFilledRow, g.sub(mismatched, mismatchedReference), 0);
    const rows = g.reduceSum(g.cast(isFilledRow, policy.dtype), [0]);
    baseline = g.stopGradient(g.relu(g.div(g.reduceSum(divergences, [0]), rows)));
    g.output('baseline', baseline);
  }
  const sign = g.input('signs', exactType(g), [size.rows]);
  return unpairedLoss({ g, settings, policy, reference, sign, baseline });
}

/** bool [rows]: whether a row holds data. */
const isFilled = (g: GraphBuilder, size: PreferenceSize, tokens: Value): Value =>
  g.less(g.constant(0.5, tokens.dtype), columns(g, size, tokens)[0] as Value);

/** [rows, completions] as one value [rows] per completion. */
const columns = (g: GraphBuilder, { rows, completions }: PreferenceSize, values: Value): Value[] =>
  g.split(values, Array(completions).fill(1), -1).map((column) => g.reshape(column, [rows]));
