// Whose turn it is on the device: what somebody waits for goes before the next run of a job in the same process.
import { AsyncLocalStorage } from 'node:async_hooks';

const urgent = new AsyncLocalStorage<true>();
const underWay = new Set<Promise<void>>();

/** A job's run stands back no longer than this, so that a busy endpoint slows a round and does not stop it. */
const longestWaitMs = 2_000;

/** Does work that somebody waits for: until it ends, runs outside it stand back. */
export function urgently<T>(work: () => Promise<T>): Promise<T> {
  const result = urgent.run(true, work);
  const ended = result.then(
    () => void underWay.delete(ended),
    () => void underWay.delete(ended),
  );
  underWay.add(ended);
  return result;
}

/** Before a run: waits, within bounds, for what is more urgent. What opens a model takes many short waits itself, and
 * each would cost it a whole run of the job. */
export async function standBack(): Promise<void> {
  if (underWay.size === 0 || urgent.getStore()) return;
  let timer: NodeJS.Timeout | undefined;
  const longest = new Promise((resolve) => {
    timer = setTimeout(resolve, longestWaitMs);
  });
  await Promise.race([Promise.all(underWay), longest]);
  clearTimeout(timer);
}
