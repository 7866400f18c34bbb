// One request at a time, the others in line: only so many, and only for so long, since somebody waits for each.
import { AppError } from '../domain/errors.ts';

export interface WaitingRoom {
  /**
   * Runs `work` when its turn comes. Throws WORKER_BUSY when the line is full or the wait too long, CANCELLED when
   * `signal` fires first.
   */
  enter<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createWaitingRoom({ places, patienceMs }: { places: number; patienceMs: number }): WaitingRoom {
  let isBusy = false;
  const line: (() => void)[] = [];

  function turn(signal: AbortSignal): Promise<void> {
    if (!isBusy) {
      isBusy = true;
      return Promise.resolve();
    }
    if (line.length >= places) {
      throw new AppError('WORKER_BUSY', `${places} requests are waiting for the model already: try again later.`);
    }
    return new Promise((resolve, reject) => {
      const leave = (error: Error) => {
        line.splice(line.indexOf(go), 1);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        reject(error);
      };
      const go = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => leave(new AppError('CANCELLED', 'Cancelled.'));
      const timer = setTimeout(
        () =>
          leave(
            new AppError(
              'WORKER_BUSY',
              `The model was busy with other requests for ${patienceMs / 1_000} s: try again later.`,
            ),
          ),
        patienceMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      line.push(go);
    });
  }

  return {
    async enter(work, signal) {
      if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      await turn(signal);
      try {
        return await work();
      } finally {
        // The turn is handed over, not given up, so that no newcomer slips in between.
        const next = line.shift();
        if (next) next();
        else isBusy = false;
      }
    },
  };
}
