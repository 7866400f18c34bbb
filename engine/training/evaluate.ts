// What a run makes of examples that it does not train on.
import { throwIfCancelled } from '../errors.ts';
import type { BatchResult } from './loop.ts';

/** Loss and metrics of all rows, `capacity` at a time, under TRL's `eval_` names. */
export async function evaluate<R, O>(
  rows: readonly R[],
  capacity: number,
  run: (batch: readonly R[], of: readonly R[]) => Promise<BatchResult<O>>,
  summarise: (outcomes: readonly O[]) => Record<string, number>,
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
