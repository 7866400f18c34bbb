// Work that must not all run at once: requests to a judge's server, questions to a local model.

/** Runs a task now, or once fewer than the limit are running. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

export function createLimiter(limit: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed over, not given up, so that no newcomer slips in between.
      if (next) next();
      else running--;
    }
  };
}
