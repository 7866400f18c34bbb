// Rows of token ids and how they become a graph's inputs. A row is one prompt and the completions that share it:
// [prompt, completion 1, completion 2, ...], each completion's positions going on from the prompt's end.
import type { Tensor } from '../runtime/session.ts';

export interface TokenRow {
  prompt: readonly number[];
  completions: readonly (readonly number[])[];
  /** A weight per token of each completion; without it every token counts 1. */
  weights?: readonly (readonly number[])[];
  /** The size that rows of its bucket are padded to, so that they meet in few graphs (buckets.ts). */
  bucket?: { length: number; span: number };
}

/** The static shape of a graph: rows x completions, `length` tokens a row, `span` tokens a completion. */
export interface BatchSize {
  rows: number;
  completions: number;
  length: number;
  span: number;
}

export const lengthStep = 16;
const spanStep = 8;

/** A completion's last token predicts nothing, so it is a label but no input. */
export function rowLength({ prompt, completions }: TokenRow): number {
  return completions.reduce((total, completion) => total + completion.length - 1, prompt.length);
}

/** Tokens of a row's sequences, each by itself as TRL counts them: the prompt comes once for each of its completions. */
export function sequenceTokens({ prompt, completions }: TokenRow): number {
  return completions.reduce((sum, completion) => sum + prompt.length + completion.length, 0);
}

/** The smallest bucket that holds these rows: few distinct sizes, since each is a session of its own. */
export function sizeOf(rows: readonly TokenRow[], capacity: number): BatchSize {
  const length = Math.max(...rows.map((row) => Math.max(row.bucket?.length ?? 0, rowLength(row))));
  const span = Math.max(
    ...rows.flatMap((row) => [row.bucket?.span ?? 0, ...row.completions.map((completion) => completion.length)]),
  );
  return {
    rows: capacity,
    completions: rows[0]?.completions.length ?? 1,
    length: Math.ceil(length / lengthStep) * lengthStep,
    span: Math.ceil(span / spanStep) * spanStep,
  };
}

/** The feeds of training/rows.ts for these rows; rows beyond them are padding and count nothing. */
export function packRows(rows: readonly TokenRow[], size: BatchSize, dtype: 'float32' | 'float64' = 'float32') {
  const { length, span, completions } = size;
  const ids = new BigInt64Array(size.rows * length);
  const positions = new BigInt64Array(size.rows * length);
  const segments = new BigInt64Array(size.rows * length).fill(-1n);
  const at = new BigInt64Array(size.rows * completions * span);
  const labels = new BigInt64Array(size.rows * completions * span);
  const weights = dtype === 'float64' ? new Float64Array(labels.length) : new Float32Array(labels.length);
  for (const [r, row] of rows.entries()) {
    const start = r * length;
    let next = start;
    const place = (id: number, position: number, segment: number) => {
      ids[next] = BigInt(id);
      positions[next] = BigInt(position);
      segments[next] = BigInt(segment);
      next++;
    };
    for (const [i, id] of row.prompt.entries()) place(id, i, 0);
    const promptEnd = next - 1;
    for (const [k, completion] of row.completions.entries()) {
      const base = (r * completions + k) * span;
      let predictor = promptEnd;
      for (const [i, id] of completion.entries()) {
        at[base + i] = BigInt(predictor);
        labels[base + i] = BigInt(id);
        weights[base + i] = row.weights?.[k]?.[i] ?? 1;
        if (i === completion.length - 1) break;
        predictor = next;
        place(id, row.prompt.length + i, k + 1);
      }
    }
  }
  const grid = [size.rows, length];
  const flat = [size.rows * completions * span];
  return {
    ids: { dtype: 'int64', shape: grid, data: ids },
    positions: { dtype: 'int64', shape: grid, data: positions },
    segments: { dtype: 'int64', shape: grid, data: segments },
    at: { dtype: 'int64', shape: flat, data: at },
    labels: { dtype: 'int64', shape: flat, data: labels },
    ...slotFeeds(weights),
    token_weights: { dtype, shape: [size.rows, completions, span], data: weights },
  } satisfies Record<string, Tensor>;
}

/** Slots of weight first, so that the head can leave the others out (training/log-probs.ts). */
export function slotFeeds(weights: ArrayLike<number>) {
  const order = new BigInt64Array(weights.length);
  const places = new BigInt64Array(weights.length);
  let count = 0;
  let end = weights.length;
  for (let slot = 0; slot < weights.length; slot++) {
    if (weights[slot] === 0) {
      order[--end] = BigInt(slot);
    } else {
      places[slot] = BigInt(count);
      order[count++] = BigInt(slot);
    }
  }
  return {
    order: { dtype: 'int64', shape: [weights.length], data: order },
    places: { dtype: 'int64', shape: [weights.length], data: places },
    count: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(Math.max(1, count))) },
  } satisfies Record<string, Tensor>;
}
