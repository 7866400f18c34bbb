// One DPO run, top to bottom: pairs to token rows, reference log-probs once, then LoRA steps on a static graph per
// batch size, and a PEFT adapter at the end.
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type Adapter, createAdapter, readAdapter, writeAdapter } from '../checkpoint/peft.ts';
import type { TrainConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { loraInputs, loraName } from '../models/lora.ts';
import { checkpointWeights } from '../models/weights.ts';
import { createAdamWState } from '../optimizer.ts';
import type { Reference, TrainingPair, TrainJob, TrainMetrics, TrainResult } from '../ports.ts';
import { adapterFeeds } from '../runtime/adapter-feeds.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { createSessionCache, openSession } from '../runtime/session.ts';
import { type BatchSize, packRows, sizeOf, type TokenRow } from './batch.ts';
import { dpoGraph } from './graph.ts';
import { type BatchResult, optimize } from './loop.ts';
import { type PairOutcome, preferenceMetrics } from './metrics.ts';
import { fingerprintOf, type TrainableTensors } from './resume.ts';
import { longestSequence, scoreRows, tokenizePair } from './score.ts';

/** A pair ready to train on: its tokens, and what the reference makes of them. */
interface ReferencedRow extends TokenRow {
  reference: { chosen: number; rejected: number };
}

/** Trains an adapter on pairs and writes it to `job.out`. Stops between steps when the signal fires (CANCELLED). */
export async function train(
  job: TrainJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<TrainResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const checkpoint = await openCheckpoint(job.model);
  assertWeightsFit(checkpoint.tensors.values(), checkpoint.folder);
  const initial = job.adapter ? await readAdapter(job.adapter, checkpoint.shapes) : null;
  const adapter = initial ? copyOf(initial) : createAdapter(config.lora, checkpoint.shapes, config.seed);

  const dropped: Record<string, number> = {};
  const rows = usableRows(checkpoint, job.pairs, config, dropped);
  if (rows.length === 0) {
    throw new EngineError(
      'DATA_INVALID',
      `No pair is left to train on: ${describeDropped(dropped, job.pairs.length)}.`,
    );
  }
  const evalRows = usableRows(checkpoint, job.evalPairs ?? [], config, {});
  const referenceAdapter = await openReference(job.reference, initial, checkpoint);
  const withReference = async (plain: TokenRow[]): Promise<ReferencedRow[]> => {
    const logps = await scoreRows(checkpoint, referenceAdapter, plain, device, signal);
    return plain.map((row, i) => ({ ...row, reference: { chosen: logps[i]?.[0] ?? 0, rejected: logps[i]?.[1] ?? 0 } }));
  };
  const trainingRows = await withReference(rows);
  const evaluationRows = await withReference(evalRows);

  const tensors = trainableTensors(adapter);
  const lora = adapterFeeds(adapter);
  const sessions = createSessionCache();
  const sessionOf = (size: BatchSize) =>
    sessions.get(JSON.stringify(size), () => openDpoSession(checkpoint, adapter, size, config, device));
  const runBatch = async (
    batch: readonly ReferencedRow[],
    stepRows: readonly unknown[],
  ): Promise<BatchResult<PairOutcome>> => {
    const size = sizeOf(batch, config.per_device_train_batch_size);
    const session = await sessionOf(size);
    const reference = new Float32Array(size.rows * 2);
    const pairWeights = new Float32Array(size.rows).fill(1 / stepRows.length, 0, batch.length);
    for (const [r, row] of batch.entries()) reference.set([row.reference.chosen, row.reference.rejected], r * 2);
    const outputs = await session.run({
      ...packRows(batch, size),
      ...lora,
      reference: { dtype: 'float32', shape: [size.rows, 2], data: reference },
      pair_weights: { dtype: 'float32', shape: [size.rows], data: pairWeights },
    });
    const logps = outputs.logps?.data as Float32Array;
    return {
      loss: Number(outputs.loss?.data[0]),
      gradients: new Map([...tensors.keys()].map((name) => [name, outputs[`d ${name}`]?.data as Float32Array])),
      outcomes: batch.map(({ reference }, r) => ({
        policy: { chosen: logps[r * 2] as number, rejected: logps[r * 2 + 1] as number },
        reference,
      })),
    };
  };
  try {
    const steps = await optimize<ReferencedRow, PairOutcome>({
      rows: trainingRows,
      tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(checkpoint.config, config, job.reference, trainingRows, adapter.shape),
      resumeFrom: job.resumeFrom,
      runBatch,
      summarise: (outcomes) => preferenceMetrics(outcomes, config.beta),
      afterStep: async (step, isLast) => {
        const isDue = evaluationRows.length > 0 && (step % config.eval_steps === 0 || isLast);
        return isDue ? evaluate(evaluationRows, config, runBatch) : {};
      },
      onMetrics,
      signal,
    });
    await writeAdapter(job.out, adapter, job.model);
    const seconds = (performance.now() - started) / 1000;
    return { adapter: job.out, steps, trainedPairs: rows.length, dropped, seconds };
  } finally {
    await sessions.close();
  }
}

/** Loss and metrics on held-out pairs, under TRL's `eval_` names. */
async function evaluate(
  rows: readonly ReferencedRow[],
  config: TrainConfig,
  runBatch: (batch: readonly ReferencedRow[], all: readonly unknown[]) => Promise<BatchResult<PairOutcome>>,
): Promise<Record<string, number>> {
  let loss = 0;
  const outcomes: PairOutcome[] = [];
  for (let start = 0; start < rows.length; start += config.per_device_train_batch_size) {
    const batch = await runBatch(rows.slice(start, start + config.per_device_train_batch_size), rows);
    loss += batch.loss;
    outcomes.push(...batch.outcomes);
  }
  const values = { loss, ...preferenceMetrics(outcomes, config.beta) };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`eval_${name}`, value]));
}

function usableRows(
  checkpoint: Checkpoint,
  pairs: readonly TrainingPair[],
  config: TrainConfig,
  dropped: Record<string, number>,
): TokenRow[] {
  const limit = Math.min(config.max_length, checkpoint.config.maxPositions);
  return pairs.flatMap((pair, i) => {
    const row = tokenize(checkpoint, pair, i);
    const [chosen, rejected] = row.completions;
    const reason =
      String(chosen) === String(rejected)
        ? 'chosen and rejected are the same'
        : row.prompt.length > config.max_prompt_length
          ? `prompt longer than max_prompt_length ${config.max_prompt_length}`
          : longestSequence(row) > limit
            ? `longer than ${limit} tokens`
            : null;
    if (reason === null) return [row];
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    return [];
  });
}

function tokenize(checkpoint: Checkpoint, pair: TrainingPair, index: number): TokenRow {
  try {
    return tokenizePair(checkpoint, pair);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, `Pair ${index + 1}: ${error.message}`, { cause: error });
  }
}

function describeDropped(dropped: Readonly<Record<string, number>>, total: number): string {
  if (total === 0) return 'there were none';
  return Object.entries(dropped)
    .map(([reason, count]) => `${count} of ${total} dropped (${reason})`)
    .join(', ');
}

async function openReference(
  reference: Reference,
  initial: Adapter | null,
  checkpoint: Checkpoint,
): Promise<Adapter | null> {
  if (reference === 'base') return null;
  if (reference === 'initial') return initial;
  return readAdapter(reference.adapter, checkpoint.shapes);
}

/** Training changes matrices in place; the initial adapter may also be the reference. */
function copyOf(adapter: Adapter): Adapter {
  const copy = ({ shape, data }: { shape: readonly number[]; data: Float32Array }) => ({ shape, data: data.slice() });
  return {
    ...adapter,
    modules: new Map([...adapter.modules].map(([module, { a, b }]) => [module, { a: copy(a), b: copy(b) }])),
  };
}

function trainableTensors(adapter: Adapter): TrainableTensors {
  return new Map(
    [...adapter.modules].flatMap(([module, { a, b }]) => [
      [loraName(module, 'A'), { ...a, state: createAdamWState(a.data.length) }] as const,
      [loraName(module, 'B'), { ...b, state: createAdamWState(b.data.length) }] as const,
    ]),
  );
}

function openDpoSession(
  checkpoint: Checkpoint,
  adapter: Adapter,
  size: BatchSize,
  config: TrainConfig,
  device: string,
) {
  const g = new GraphBuilder('dpo');
  const weights = checkpointWeights(g, checkpoint.tensors);
  const lora = loraInputs(g, checkpoint.shapes, [...adapter.modules.keys()], adapter.shape.r, adapter.scale);
  const [loss = 'sigmoid'] = config.loss_type;
  const settings = { loss, beta: config.beta, labelSmoothing: config.label_smoothing };
  const graph = dpoGraph({ g, config: checkpoint.config, weights, lora: lora.source }, size, lora.values, settings);
  return openSession(graph, { folder: checkpoint.folder, device, keepMapped: true });
}
