// A child process that is started again when it ends by itself, with growing pauses, until it is told to stop.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeptProcess {
  /** Ends the process and starts it anew, with what `start` gives then. */
  restart(): void;
  /** Asks it to end, and insists after `patienceMs`. */
  stop(patienceMs?: number): Promise<void>;
}

const longestPauseMs = 10_000;
/** A process that ran this long has not been failing to start. */
const soundAfterMs = 30_000;

export function keepRunning(name: string, start: () => ChildProcess, say: (line: string) => void): KeptProcess {
  const stopping = new AbortController();
  let child: ChildProcess | null = null;
  let restarting = false;
  const loop = (async () => {
    let pauseMs = 500;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      const running = start();
      child = running;
      const ending = await new Promise<string>((resolve) => {
        running.once('error', (error) => resolve(error.message));
        running.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      });
      if (stopping.signal.aborted) break;
      if (restarting) {
        restarting = false;
        continue;
      }
      pauseMs = Date.now() - startedAt > soundAfterMs ? 500 : Math.min(pauseMs * 2, longestPauseMs);
      say(`The ${name} process ended (${ending}) and is started again.`);
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    restart() {
      restarting = true;
      child?.kill('SIGTERM');
    },
    async stop(patienceMs = 15_000) {
      stopping.abort();
      const running = child;
      if (running && running.exitCode === null && running.signalCode === null) {
        running.kill('SIGTERM');
        const timer = setTimeout(() => running.kill('SIGKILL'), patienceMs);
        await loop;
        clearTimeout(timer);
      }
    },
  };
}
