// The rows of a preference run and how they become the inputs of training/preference-graph.ts.
import { isPairLoss, type LossSettings, referenceUse } from '../loss-config.ts';
import type { Tensor } from '../runtime/session.ts';
import { type BatchSize, packRows, sizeOf, slotFeeds, type TokenRow } from './batch.ts';

/** One example: chosen and rejected of a prompt, or a labelled completion of it. */
export interface PreferenceRow extends TokenRow {
  /** 1 for a pair and a desirable completion, -1 for an undesirable one. */
  sign: 1 | -1;
  /** What the row's loss is multiplied by. */
  weight: number;
  margin: number | null;
  criterion: string | null;
}

/** A row of a batch with what the reference makes of its completions; empty where the losses take none. */
export interface ReferencedRow {
  row: PreferenceRow;
  reference: readonly number[];
}

/** `promptSpan`: how many tokens a prompt has that something precedes, where a loss takes the prompt's log-probs; else 0. */
export interface PreferenceSize extends BatchSize {
  promptSpan: number;
}

const promptStep = 16;

export function preferenceSizeOf(rows: readonly TokenRow[], capacity: number, settings: LossSettings): PreferenceSize {
  const longest = Math.max(1, ...rows.map((row) => row.prompt.length - 1));
  const promptSpan = settings.loss_type.includes('orpo') ? Math.ceil(longest / promptStep) * promptStep : 0;
  return { ...sizeOf(rows, capacity), promptSpan };
}

/**
 * LD-DPO (Liu et al. 2024): the weights of a pair's tokens, 1 up to the shorter completion's length and `alpha` beyond
 * it. Tokens that do not count keep weight 0 and no place in the length.
 */
export function tailWeights({ completions, weights }: TokenRow, alpha: number): number[][] {
  const counted = completions.map((completion, k) => completion.map((_, i) => weights?.[k]?.[i] ?? 1));
  const shared = Math.min(...counted.map((row) => row.filter((weight) => weight > 0).length));
  return counted.map((row) => {
    let place = 0;
    return row.map((weight) => (weight > 0 && ++place > shared ? alpha * weight : weight));
  });
}

/** Feeds of the graph. `shares` are the rows' parts of the step's loss. */
export function packPreference(
  batch: readonly ReferencedRow[],
  shares: readonly number[],
  size: PreferenceSize,
  settings: LossSettings,
  dtype: 'float32' | 'float64' = 'float32',
): Record<string, Tensor> {
  const rows = batch.map(({ row }) => row);
  const floats = (shape: readonly number[], values: readonly number[]): Tensor => {
    const data = new (dtype === 'float64' ? Float64Array : Float32Array)(shape.reduce((a, b) => a * b, 1));
    data.set(values);
    return { dtype, shape, data };
  };
  const perRow = (value: (row: PreferenceRow, i: number) => number) => floats([size.rows], rows.map(value));
  const feeds: Record<string, Tensor> = {
    ...packRows(rows, size, dtype),
    pair_weights: perRow((_, i) => shares[i] ?? 0),
  };
  const use = referenceUse(settings);
  if (use === 'fixed' || use === 'moving') {
    feeds.reference = floats(
      [size.rows, size.completions],
      batch.flatMap(({ reference }) => reference),
    );
  }
  const { ld_alpha } = settings;
  if (ld_alpha !== null) {
    const weighted = rows.map((row) => ({ ...row, weights: tailWeights(row, ld_alpha) }));
    feeds.tail_weights = packRows(weighted, size, dtype).token_weights;
  }
  if (settings.margin_scale > 0) feeds.offsets = perRow((row) => settings.margin_scale * (row.margin ?? 0));
  if (!settings.loss_type.every(isPairLoss)) feeds.signs = perRow(({ sign }) => sign);
  return size.promptSpan === 0 ? feeds : { ...feeds, ...packPrompts(rows, size, floats) };
}

function packPrompts(
  rows: readonly TokenRow[],
  { rows: capacity, length, promptSpan }: PreferenceSize,
  floats: (shape: readonly number[], values: readonly number[]) => Tensor,
) {
  const at = new BigInt64Array(capacity * promptSpan);
  const labels = new BigInt64Array(capacity * promptSpan);
  const weights = new Array<number>(capacity * promptSpan).fill(0);
  for (const [r, { prompt }] of rows.entries()) {
    for (const [i, id] of prompt.slice(1).entries()) {
      const place = r * promptSpan + i;
      at[place] = BigInt(r * length + i);
      labels[place] = BigInt(id);
      weights[place] = 1;
    }
  }
  const flat = [capacity * promptSpan];
  const { order, places, count } = slotFeeds(weights);
  return {
    prompt_at: { dtype: 'int64', shape: flat, data: at },
    prompt_labels: { dtype: 'int64', shape: flat, data: labels },
    prompt_order: order,
    prompt_places: places,
    prompt_count: count,
    prompt_weights: floats([capacity, promptSpan], weights),
  } satisfies Record<string, Tensor>;
}
