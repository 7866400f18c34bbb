// What a run makes of examples that it does not train on.
import { throwIfCancelled } from '../errors.ts';
import type { EvaluationConfig } from '../run-config.ts';
import type { BatchResult, Evaluation } from './loop.ts';

type RunBatch<R, O> = (batch: readonly R[], of: readonly R[]) => Promise<BatchResult<O>>;
type Summarise<O> = (outcomes: readonly O[]) => Record<string, number>;

/** A run's evaluations: none where it holds nothing out. */
export function evaluationOf<R, O>(
  rows: readonly R[],
  config: EvaluationConfig,
  run: RunBatch<R, O>,
  summarise: Summarise<O>,
  signal?: AbortSignal,
): Evaluation | undefined {
  if (rows.length === 0) return undefined;
  return { config, run: () => evaluate(rows, config.per_device_eval_batch_size, run, summarise, signal) };
}

/** Loss and metrics of all rows, `capacity` at a time, under TRL's `eval_` names. */
export async function evaluate<R, O>(
  rows: readonly R[],
  capacity: number,
  run: RunBatch<R, O>,
  summarise: Summarise<O>,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  let loss = 0;
  const outcomes: O[] = [];
  for (let start = 0; start < rows.length; start += capacity) {
    throwIfCancelled(signal);
    const batch = await run(rows.slice(start, start + capacity), rows);
    loss += batch.loss;
    outcomes.push(...batch.outcomes);
    await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
  }
  const values = { loss, ...summarise(outcomes) };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`eval_${name}`, value]));
}
