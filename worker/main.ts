// The worker process: takes jobs from the queue, keeps its heartbeat, gives silent workers' jobs back. Engine jobs run
// one at a time; judging and downloads, which mostly wait for a
// network, looks into models and imports have lanes of their own beside them.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { type Runner, run, type TaskList } from 'graphile-worker';
import { closeDatabase, type Database, openDatabase } from '../db/client.ts';
import { silentLogger } from '../db/migrate.ts';
import { heartbeatSeconds, type JobName, jobNames } from '../domain/jobs.ts';
import { artifactsDirOf, openLocalArtifacts } from '../server/artifacts.ts';
import { isConnectionError } from '../server/database-errors.ts';
import { attemptJob } from './attempt.ts';
import type { WorkerServices } from './context.ts';
import { openEngine } from './engine-client.ts';
import { heartbeat, reap, reportMemory, signOff } from './liveness.ts';
import { openServing, type ServingOptions } from './serving.ts';

export interface WorkerOptions {
  databaseUrl: string;
  dataDir: string;
  secret: string;
  device: string;
  /** The only place that models are read from (default: `models` in the data folder). */
  modelsDir?: string;
  /** The Hub, or a mirror of it (default: huggingface.co). */
  hubEndpoint?: string;
  /** Where the internal service listens. */
  serving?: ServingOptions;
  log?: (line: string) => void;
}

const laneNames = ['engine', 'remote', 'judge', 'inspect', 'download', 'import'] as const;
type Lane = (typeof laneNames)[number];
const lanes: { [N in JobName]: Lane } = {
  sample: 'engine',
  sampleRemote: 'remote',
  train: 'engine',
  evaluate: 'engine',
  judge: 'judge',
  inspect: 'inspect',
  download: 'download',
  sft: 'engine',
  import: 'import',
};

/** How long running jobs have to come to a halt when the worker stops. */
const stopPatienceMs = 12_000;
/** How often the device's memory is asked for: a card's answer is a program's run. */
const memorySeconds = 20;

/** Works until `stop` fires. Outlives the database: when the queue is lost, it begins again under a new name. */
export async function runWorker(options: WorkerOptions, stop: AbortSignal): Promise<void> {
  const log = options.log ?? console.error;
  const db = openDatabase(options.databaseUrl, { applicationName: 'rankloop worker' });
  const artifactsDir = artifactsDirOf(options.dataDir);
  mkdirSync(artifactsDir, { recursive: true });
  const engine = openEngine({ device: options.device, cacheDir: path.join(options.dataDir, 'cache') });
  const services: WorkerServices = {
    db,
    engine,
    artifacts: openLocalArtifacts(artifactsDir),
    dataDir: options.dataDir,
    modelsDir: options.modelsDir ?? path.join(options.dataDir, 'models'),
    hubEndpoint: options.hubEndpoint ?? 'https://huggingface.co',
    secret: options.secret,
  };
  const serving = await openServing(services, options.serving).catch(async (error: unknown) => {
    await closeDatabase(db);
    throw error;
  });
  try {
    while (!stop.aborted) {
      try {
        await workUnderOneName(services, options, serving.url, stop, log);
      } catch (error) {
        if (stop.aborted) break;
        log(`The queue was lost (${error instanceof Error ? error.message : String(error)}): trying again.`);
        await sleep(1_000, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  } finally {
    await serving.close();
    await engine.close();
    await closeDatabase(db);
  }
}

/** A name of its own for each life: what an earlier life left locked is then seen as left behind. */
async function workUnderOneName(
  services: WorkerServices,
  options: WorkerOptions,
  serveUrl: string,
  stop: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const { db } = services;
  const worker = { id: randomUUID(), name: `${hostname()}:${process.pid}`, device: options.device, serveUrl };
  await heartbeat(db, worker);
  const lifeEnds = new AbortController();
  const stopJobs = AbortSignal.any([stop, lifeEnds.signal]);
  const running = new Set<Promise<void>>();

  const tasksOf = (lane: Lane): TaskList =>
    Object.fromEntries(
      jobNames
        .filter((name) => lanes[name] === lane)
        .map((name) => [
          name,
          async (payload, { job }) => {
            const attempt = attemptJob(services, name, payload, {
              number: job.attempts,
              workerId: worker.id,
              stop: stopJobs,
            });
            running.add(attempt);
            try {
              await attempt;
            } catch (error) {
              // Told to stop: the job keeps its place. Were this to fail, the queue would make it wait.
              if (stopJobs.aborted) await new Promise(() => undefined);
              // The queue gives up on a worker whose job it cannot put back: it must find the database there again.
              if (isConnectionError(error)) await untilReachable(db, stopJobs);
              throw error;
            } finally {
              running.delete(attempt);
            }
          },
        ]),
    );
  const runLane = (lane: Lane) =>
    run({
      connectionString: options.databaseUrl,
      maxPoolSize: 3,
      taskList: tasksOf(lane),
      // With one job at a time the lane may have a name that we know: who holds a job is then plain to see.
      workerId: `${worker.id}:${lane}`,
      concurrency: 1,
      pollInterval: 1_000,
      noHandleSignals: true,
      logger: silentLogger,
      gracefulShutdownAbortTimeout: 60_000,
    } as Parameters<typeof run>[0]);

  const liveness = keepAlive(async () => {
    await heartbeat(db, worker);
    await reap(db);
  }, heartbeatSeconds);
  const memory = keepAlive(() => reportMemory(db, worker), memorySeconds);
  const runners = await Promise.all(laneNames.map(runLane));
  log(`Worker ${worker.name} is ready (device ${options.device}).`);
  try {
    await Promise.race([...runners.map(whenEnded), whenAborted(stop)]);
    if (!stop.aborted) throw new Error('its worker stopped');
  } finally {
    lifeEnds.abort();
    for (const runner of runners) void runner.stop().catch(() => undefined);
    await Promise.race([Promise.allSettled(running), sleep(stopPatienceMs)]);
    liveness.end();
    memory.end();
    await signOff(db, worker.id).catch(() => undefined);
  }
}

/** A lane whose only worker has stopped would wait for ever without saying so. */
function whenEnded(runner: Runner): Promise<void> {
  return new Promise((resolve, reject) => {
    runner.events.once('worker:stop', () => resolve());
    runner.promise.then(resolve, reject);
  });
}

async function untilReachable(db: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await db.execute(sql`select 1`);
      return;
    } catch {
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Calls `beat` now and every few seconds, one call at a time; a failed one is followed by the next. */
function keepAlive(beat: () => Promise<void>, everySeconds: number): { end(): void } {
  let busy = false;
  const once = async () => {
    if (busy) return;
    busy = true;
    await beat().catch(() => undefined);
    busy = false;
  };
  const timer = setInterval(() => void once(), everySeconds * 1_000);
  void once();
  return { end: () => clearInterval(timer) };
}
