// From callbacks to a loop: what some work emits, for a reader that may leave early.

/**
 * What `start` emits, until it ends; its failure is the loop's. A reader that leaves aborts the signal that `start` was
 * given, and waits until it has ended: nothing goes on for nobody.
 */
export async function* streamed<T>(
  start: (onItem: (item: T) => void, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const queue: T[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const finished = start((item) => {
    queue.push(item);
    wake();
  }, both).finally(() => {
    ended = true;
    wake();
  });
  finished.catch(() => undefined);
  try {
    for (;;) {
      const item = queue.shift();
      if (item !== undefined) yield item;
      else if (ended) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    await finished;
  } finally {
    if (!ended) stop.abort();
    await finished.catch(() => undefined);
  }
}
