// The graphs of GRPO: token log-probabilities at the sampling's temperature, and the step over whole groups, each a row of
// one prompt and its responses. training/grpo-step.ts makes their feeds.
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { grpoLoss } from '../grpo.ts';
import type { GrpoConfig } from '../online-config.ts';
import type { BatchSize } from './batch.ts';
import { withGradients } from './graph.ts';
import { type TokenStatistics, tokenStatistics } from './log-probs.ts';
import { type ModelInputs, readRows } from './rows.ts';

/** Output `logps` [rows, completions, span]: each token's log-probability at a temperature. Padding's are of no use. */
export function tokenLogpsGraph(model: ModelInputs, size: BatchSize, temperature: number): OnnxGraph {
  model.g.output('logps', temperedTokens(model, size, temperature).of('logps'));
  return model.g.build();
}

/**
 * Inputs: those of the rows, `advantages` [rows, completions], `token_shares` and, as the settings need them, `old_logps`
 * and `reference_logps`, each [rows, completions, span]. Outputs: `loss`, `d <name>` for each of `trained`, and the sums
 * `entropy`, `clipped` and `kl` [rows, completions] over counted tokens. `isOwn`: the policy is the one that sampled.
 */
export function grpoGraph(
  model: ModelInputs,
  size: BatchSize,
  trained: ReadonlyMap<string, Value>,
  settings: GrpoConfig,
  isOwn: boolean,
): OnnxGraph {
  const { g } = model;
  const tokens = temperedTokens(model, size, settings.temperature);
  const perToken = [size.rows, size.completions, size.span];
  const { loss, kl, isClipped } = g.scope('loss', () =>
    grpoLoss({
      g,
      settings,
      logps: tokens.of('logps'),
      old: isOwn ? null : g.input('old_logps', exactType(g), perToken),
      reference: settings.beta > 0 ? g.input('reference_logps', exactType(g), perToken) : null,
      advantages: g.input('advantages', exactType(g), [size.rows, size.completions]),
      isToken: tokens.isToken,
      shares: g.input('token_shares', exactType(g), perToken),
    }),
  );
  const sums = { entropy: tokens.of('entropy'), clipped: isClipped, ...(kl ? { kl } : {}) };
  for (const [name, value] of Object.entries(sums)) {
    g.output(name, g.reduceSum(g.where(tokens.isToken, g.stopGradient(value), 0), [-1]));
  }
  return withGradients(g, loss, trained);
}

/** Logits / temperature are states / temperature x head, where no soft cap stands between. */
function temperedTokens(model: ModelInputs, size: BatchSize, temperature: number) {
  const { g, config } = model;
  const { products, tokenWeights, ...slots } = readRows(model, size);
  if (temperature !== 1 && config.logitSoftcap !== null) throw new Error('Soft-capped logits have temperature 1 only.');
  const tempered = products.map((product) =>
    temperature === 1 ? product : { ...product, x: scaled(g, product.x, temperature) },
  );
  const statistics = tokenStatistics(g, { ...slots, products: tempered }, config.logitSoftcap);
  const shape = [size.rows, size.completions, size.span];
  return {
    isToken: g.less(g.constant(0, tokenWeights.dtype), tokenWeights),
    of: (name: keyof TokenStatistics) => g.reshape(statistics[name], shape),
  };
}

const scaled = (g: GraphBuilder, x: Value, temperature: number) => g.mul(x, 1 / temperature);
