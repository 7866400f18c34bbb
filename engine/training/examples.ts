// Examples as rows of tokens: pairs or labelled completions, whichever the losses take, checked against the settings that
// need something of them.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { formattingMask } from '../checkpoint/formatting-tokens.ts';
import type { TrainConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import { isPairLoss, lossTraits } from '../loss-config.ts';
import type { TrainingExample } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import type { PreferenceRow } from './preference-batch.ts';
import { tokenizeCompletion, tokenizePair } from './score.ts';

/** An example's rows: one, or two where a loss of single completions is given a pair. Refuses in words (DATA_INVALID). */
export function rowsOf(checkpoint: Checkpoint, example: TrainingExample, config: TrainConfig): PreferenceRow[] {
  const problem = problemOf(example, config);
  if (problem) throw new EngineError('DATA_INVALID', problem);
  const weight = example.weight ?? 1;
  const masked = (row: TokenRow) => (config.mask_formatting_tokens ? withoutFormatting(checkpoint, row) : row);
  const single = { weight, margin: null, criterion: null };
  if ('label' in example) {
    const row = masked(tokenizeCompletion(checkpoint, example.prompt, example.completion));
    return [{ ...row, ...single, sign: example.label ? 1 : -1 }];
  }
  const pair = masked(tokenizePair(checkpoint, example));
  if (takesPairs(config)) {
    return [{ ...pair, sign: 1, weight, margin: example.margin ?? null, criterion: example.criterion ?? null }];
  }
  return pair.completions.map((completion, k) => ({
    prompt: pair.prompt,
    completions: [completion],
    ...(pair.weights ? { weights: pair.weights.slice(k, k + 1) } : {}),
    ...single,
    sign: k === 0 ? 1 : -1,
  }));
}

/** The row with weight 0 on its formatting. */
function withoutFormatting({ tokenizer }: Checkpoint, row: TokenRow): TokenRow {
  const formatting = tokenizer.formatting();
  const weights = row.completions.map((ids) => formattingMask(ids, formatting).map((isFormatting) => +!isFormatting));
  if (weights.some((side) => side.every((weight) => weight === 0))) {
    throw new EngineError('DATA_INVALID', 'a completion has nothing but formatting tokens, which the settings mask.');
  }
  return { ...row, weights };
}

export const takesPairs = (config: TrainConfig): boolean => config.loss_type.every(isPairLoss);

function problemOf(example: TrainingExample, config: TrainConfig): string | null {
  const losses = config.loss_type.join(', ');
  if (example.weight !== undefined && !(example.weight >= 0 && Number.isFinite(example.weight))) {
    return `the weight ${example.weight} is not a number of at least 0.`;
  }
  if ('label' in example) {
    return takesPairs(config)
      ? `${losses} takes pairs of chosen and rejected, and this is one completion with a label.`
      : null;
  }
  const isSorted = config.loss_type.some((name) => lossTraits[name].isSorted);
  if (isSorted && example.weight !== undefined && example.weight !== 1) {
    return `${losses} sorts the batch, so that no pair has a weight of its own: leave the weights out.`;
  }
  if (config.margin_scale > 0 && example.margin === undefined) {
    return 'it has no margin, and margin_scale asks for one: give every pair a margin, or leave margin_scale out.';
  }
  const weights = config.criterion_weights;
  if (!weights) return null;
  if (example.criterion === undefined) {
    return 'it names no criterion, and criterion_weights asks for one: give every pair its criterion.';
  }
  if (Object.hasOwn(weights, example.criterion)) return null;
  return `its criterion "${example.criterion}" has no weight: name it in criterion_weights (0 leaves its pairs aside).`;
}

/**
 * Each row's share of a step's loss: its weight over the number of rows; with weights per criterion, the criterion's
 * weight x its own over the number of the step's rows under that criterion.
 */
export function sharesOf(
  rows: readonly PreferenceRow[],
  stepRows: readonly PreferenceRow[],
  { criterion_weights: weights }: Pick<TrainConfig, 'criterion_weights'>,
): number[] {
  if (!weights) return rows.map(({ weight }) => weight / stepRows.length);
  const counts = new Map<string | null, number>();
  for (const { criterion } of stepRows) counts.set(criterion, (counts.get(criterion) ?? 0) + 1);
  return rows.map(({ weight, criterion }) => (weight * (weights[criterion ?? ''] ?? 0)) / (counts.get(criterion) ?? 1));
}
