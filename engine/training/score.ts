// Log-probabilities of completions under a policy: what `score` prints, and what DPO's reference is precomputed with.

import { createHash } from 'node:crypto';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type Adapter, readAdapter } from '../checkpoint/peft.ts';
import { EngineError, throwIfCancelled } from '../errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { encodeModel } from '../graph/onnx.ts';
import { loraInputs, noLora } from '../models/lora.ts';
import { ropeLength } from '../models/rope.ts';
import type { Completion, PairScore, Prompt, TrainingPair } from '../ports.ts';
import { adapterFeeds } from '../runtime/adapter-feeds.ts';
import {
  createSessionCache,
  damagedWeights,
  openSession,
  type Session,
  type SessionCache,
  type Tensor,
} from '../runtime/session.ts';
import { type BatchSize, packRows, rowLength, sizeOf, type TokenRow } from './batch.ts';
import { type FrozenCheckpoint, frozenFolder, frozenWeights } from './frozen.ts';
import { scoringGraph, tokenScoringGraph } from './graph.ts';
import { tokenLogpsGraph } from './grpo-graph.ts';
import type { ModelInputs } from './rows.ts';

/** Rows that are scored at once. */
export const rowsPerBatch = 8;

/** Scores the pairs of a file's worth under a model and, where given, an adapter. Sums are over completion tokens. */
export async function scorePairs(
  options: { model: string; adapter?: string | null; pairs: readonly TrainingPair[]; device?: string },
  signal?: AbortSignal,
): Promise<PairScore[]> {
  const checkpoint = await openCheckpoint(options.model);
  const adapter = options.adapter ? await readAdapter(options.adapter, checkpoint) : null;
  const rows = options.pairs.map((pair) => tokenizePair(checkpoint, pair));
  for (const [i, row] of rows.entries()) {
    const needed = longestSequence(row);
    if (needed > checkpoint.config.maxPositions) {
      throw new EngineError(
        'DATA_INVALID',
        `Pair ${i + 1} needs ${needed} positions, but the model has ${checkpoint.config.maxPositions}: shorten or drop it.`,
      );
    }
  }
  const device = options.device ?? 'auto';
  const canShare = rows.every((row) => turnAlike(checkpoint, row));
  const toScore = canShare ? rows : rows.flatMap(apart);
  const logps = (await scoreRows(checkpoint, adapter, toScore, device, signal)).flat();
  return rows.map((row, i) => ({
    logpsChosen: logps[2 * i] ?? Number.NaN,
    logpsRejected: logps[2 * i + 1] ?? Number.NaN,
    tokensChosen: row.completions[0]?.length ?? 0,
    tokensRejected: row.completions[1]?.length ?? 0,
  }));
}

/** Token ids of a pair as one row: prompt, chosen, rejected. Throws DATA_INVALID where a part has no tokens. */
export function tokenizePair(checkpoint: Checkpoint, { prompt, chosen, rejected }: TrainingPair): TokenRow {
  const rows = [chosen, rejected].map((completion) => tokenizeCompletion(checkpoint, prompt, completion));
  return { prompt: rows[0]?.prompt ?? [], completions: rows.flatMap(({ completions }) => completions) };
}

/** Token ids of a prompt and one completion of it. Throws DATA_INVALID where a part has no tokens. */
export function tokenizeCompletion({ tokenizer }: Checkpoint, prompt: Prompt, completion: Completion): TokenRow {
  const ids = tokenizer.encodePair(prompt, completion);
  if (ids.prompt.length === 0) throw new EngineError('DATA_INVALID', 'A prompt is empty: it has no tokens.');
  if (ids.completion.length === 0) throw new EngineError('DATA_INVALID', 'A completion is empty: it has no tokens.');
  return { prompt: ids.prompt, completions: [ids.completion] };
}

/** Whether a row's sequences turn by the same rotary tables: else their prompt is not the same for both. */
export function turnAlike({ config }: Checkpoint, { prompt, completions }: TokenRow): boolean {
  return new Set(completions.map((completion) => ropeLength(config, prompt.length + completion.length))).size === 1;
}

const apart = ({ prompt, completions }: TokenRow): TokenRow[] =>
  completions.map((completion) => ({ prompt, completions: [completion] }));

/** Positions that a row's longest sequence needs. */
export function longestSequence({ prompt, completions }: TokenRow): number {
  return prompt.length + Math.max(...completions.map((completion) => completion.length));
}

/**
 * Summed log-probabilities [row][completion] in the rows' order, tokens by their weights. The graph is the training
 * graph's forward part, so that a policy equal to its reference differs from it by rounding only. Whoever scores often
 * gives a cache of `sessions`, and closes it.
 */
export async function scoreRows(
  checkpoint: FrozenCheckpoint,
  adapter: Adapter | null,
  rows: readonly TokenRow[],
  device: string,
  signal?: AbortSignal,
  sessions?: SessionCache,
): Promise<number[][]> {
  const results: number[][] = rows.map(() => []);
  const onRow: RowReader = (index, outputs, r, size) => {
    const values = outputs.logps?.data.slice(r * size.completions, (r + 1) * size.completions) ?? [];
    results[index] = Array.from(values as Float32Array);
    if (!results[index].every(Number.isFinite)) throw damagedWeights(checkpoint.folder);
  };
  await runRows(scoringGraph, checkpoint, adapter, rows, device, signal, onRow, sessions);
  return results;
}

/** A token given those before it: its log-probability (nats), and the likeliest token in its place. */
export interface TokenScore {
  logp: number;
  topId: number;
  topLogp: number;
}

/** Scores every token of the sequences but the first, which nothing predicts. A sequence has two tokens at least. */
export async function scoreTokens(
  checkpoint: Checkpoint,
  adapter: Adapter | null,
  sequences: readonly (readonly number[])[],
  device: string,
  signal?: AbortSignal,
): Promise<TokenScore[][]> {
  const results: TokenScore[][] = sequences.map(() => []);
  const rows = sequences.map((ids): TokenRow => ({ prompt: ids.slice(0, 1), completions: [ids.slice(1)] }));
  await runRows(tokenScoringGraph, checkpoint, adapter, rows, device, signal, (index, outputs, r, { span }) => {
    const at = (name: string, i: number) => Number(outputs[name]?.data[r * span + i]);
    const count = (sequences[index]?.length ?? 1) - 1;
    results[index] = Array.from({ length: count }, (_, i) => ({
      logp: at('logps', i),
      topId: at('top_ids', i),
      topLogp: at('top_logps', i),
    }));
    if (!results[index].every(({ logp }) => Number.isFinite(logp))) throw damagedWeights(checkpoint.folder);
  });
  return results;
}

/** Token log-probs at a temperature by row and completion, each token's by itself. The caller closes `sessions`. */
export async function scoreResponseTokens(
  options: {
    checkpoint: FrozenCheckpoint;
    adapter: Adapter | null;
    rows: readonly TokenRow[];
    temperature: number;
    device: string;
    sessions: SessionCache;
  },
  signal?: AbortSignal,
): Promise<number[][][]> {
  const { checkpoint, adapter, rows, temperature, device, sessions } = options;
  const results: number[][][] = rows.map(() => []);
  const graphOf = (model: ModelInputs, size: BatchSize) => tokenLogpsGraph(model, size, temperature);
  const onRow: RowReader = (index, outputs, r, { completions, span }) => {
    results[index] = (rows[index]?.completions ?? []).map((ids, k) => {
      const start = (r * completions + k) * span;
      return Array.from(outputs.logps?.data.slice(start, start + ids.length) as Float32Array);
    });
    if (!results[index].flat().every(Number.isFinite)) throw damagedWeights(checkpoint.folder);
  };
  await runRows(graphOf, checkpoint, adapter, rows, device, signal, onRow, sessions);
  return results;
}

/** Gets a row's number, its batch's outputs and its place in them. */
type RowReader = (index: number, outputs: Record<string, Tensor>, r: number, size: BatchSize) => void;

/** Runs the rows in batches; without a cache of the caller's, one session is open at a time. */
async function runRows(
  graphOf: typeof scoringGraph,
  checkpoint: FrozenCheckpoint,
  adapter: Adapter | null,
  rows: readonly TokenRow[],
  device: string,
  signal: AbortSignal | undefined,
  onRow: RowReader,
  cache?: SessionCache,
): Promise<void> {
  const lora = adapter ? adapterFeeds(adapter) : {};
  // Rows of like length share a batch, and batches of one size share a session.
  const order = rows.map((_, i) => i).sort((a, b) => rowLength(rows[a] as TokenRow) - rowLength(rows[b] as TokenRow));
  const sessions = cache ?? createSessionCache(1);
  try {
    for (let start = 0; start < order.length; start += rowsPerBatch) {
      throwIfCancelled(signal);
      const indices = order.slice(start, start + rowsPerBatch);
      const batch = indices.map((i) => rows[i] as TokenRow);
      const size = sizeOf(batch, rowsPerBatch);
      const open = () => openScoring(graphOf, checkpoint, adapter, size, device);
      const session = await sessions.get(JSON.stringify(size), open);
      const outputs = await session.run({ ...packRows(batch, size), ...lora });
      for (const [r, index] of indices.entries()) onRow(index, outputs, r, size);
      await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
    }
  } finally {
    if (!cache) await sessions.close();
  }
}

function openScoring(
  graphOf: typeof scoringGraph,
  checkpoint: FrozenCheckpoint,
  adapter: Adapter | null,
  size: BatchSize,
  device: string,
): Promise<Session> {
  const graph = buildScoring(graphOf, checkpoint, adapter, size);
  return openSession(graph, { folder: frozenFolder(checkpoint), device, keepMapped: true });
}

function buildScoring(
  graphOf: typeof scoringGraph,
  checkpoint: FrozenCheckpoint,
  adapter: Adapter | null,
  size: BatchSize,
) {
  const g = new GraphBuilder('score', checkpoint.compute);
  const weights = frozenWeights(g, checkpoint);
  const lora = adapter
    ? loraInputs(g, checkpoint.shapes, [...adapter.modules.keys()], adapter.shape.r, adapter.scale).source
    : noLora;
  return graphOf({ g, config: checkpoint.config, weights, lora }, size);
}

/** A hash of how `scoreRows` computes: it changes with the code, the model and the places of its weights. */
export function scoringHash(checkpoint: FrozenCheckpoint, adapter: Adapter | null): string {
  const graph = buildScoring(scoringGraph, checkpoint, adapter, { rows: 1, completions: 2, length: 16, span: 8 });
  return createHash('sha256').update(encodeModel(graph)).digest('hex');
}
