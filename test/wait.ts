// Waiting in tests: for a state, never for a time.
import { setTimeout as sleep } from 'node:timers/promises';

/** What `look` gives once it is neither null, undefined nor false. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1_000} s`);
    await sleep(50);
  }
}
