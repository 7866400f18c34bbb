// `rankloop bench web`, its load: how fast the API answers two hundred annotators, and whether all that it said it stored
// is there, once, also where the server is killed in the middle.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Latency, latencyOf } from '../statistics.ts';
import { type Books, readBooks } from './books.ts';
import { runLoad } from './load.ts';
import { castLoad } from './people.ts';
import type { ServedApp } from './served-app.ts';

export interface LoadBenchOptions {
  annotators: number;
  seconds: number;
  everyMs: number;
  overlap: number;
  /** Kills the server this often, evenly over the time. */
  kills: number;
}

export interface LoadReport extends LoadBenchOptions {
  latency: { all: Latency } & Record<string, Latency>;
  failures: Record<string, number>;
  acknowledged: number;
  refused: string[];
  events: number;
  books: Books;
  holds: boolean;
}

/** The goals: the 95th percentile of all calls, in milliseconds. */
export const apiGoalMs = 100;

export async function benchLoad(
  app: ServedApp,
  options: LoadBenchOptions,
  log: (line: string) => void,
): Promise<LoadReport> {
  const { annotators, seconds, everyMs, overlap, kills } = options;
  // A fifth more than they can rank, so that nobody waits for work.
  const tasks = Math.ceil((1.2 * annotators * (seconds * 1_000)) / everyMs / overlap) + 3 * annotators;
  const cast = await castLoad(app.db, app.authSecret, { annotators, tasks, overlap, responses: 4, words: 120 });
  log(`${annotators} annotators, ${tasks} tasks, overlap ${overlap}, ${seconds} s${kills ? `, ${kills} kills` : ''}`);
  const killing = killEvenly(app, options);
  const result = await runLoad({ ...cast, origin: app.origin, seconds, everyMs, persists: kills > 0 });
  await killing;
  const books = await readBooks(app.db, cast.projectId, result.acknowledged);
  const latency = Object.fromEntries([...result.times].map(([name, times]) => [name, latencyOf(times)]));
  const all = latencyOf([...result.times.values()].flat());
  const failures = Object.fromEntries(result.failures);
  const isWhole =
    books.wrongOverlap + books.overRanked + books.duplicates + books.lost === 0 && result.refused.length === 0;
  // Where the server is killed calls must fail; what counts there is the books.
  const isFast = kills > 0 || (all.p95 <= apiGoalMs && result.failures.size === 0);
  return {
    ...options,
    latency: { ...latency, all },
    failures,
    acknowledged: result.acknowledged.length,
    refused: [...new Set(result.refused)].slice(0, 10),
    events: result.events,
    books,
    holds: isWhole && isFast,
  };
}

async function killEvenly(app: ServedApp, { kills, seconds }: LoadBenchOptions): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await sleep((seconds * 1_000) / (kills + 1));
    app.killServer();
  }
}
