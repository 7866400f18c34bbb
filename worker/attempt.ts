// One attempt at a job: taking it up (which fences off every earlier attempt), watching for a cancel or a successor,
// and saying how it ended.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { asKnownError } from '../domain/errors.ts';
import { type JobName, type JobPayload, jobPayloads } from '../domain/jobs.ts';
import { isConnectionError } from '../server/database-errors.ts';
import { endJob } from '../server/services/job-end.ts';
import { notify } from '../server/services/notify.ts';
import { createContext, type JobHandler, type WorkerServices } from './context.ts';
import { EngineDied } from './engine-client.ts';
import { handlers } from './handlers.ts';

type JobRun = typeof jobRuns.$inferSelect;

/** Errors that may pass are tried again this often, with growing pauses; a killed worker's attempts count too. */
const attemptsOnError = 5;
const watchMs = 1_000;

/**
 * Does one attempt. Throws when the queue should try again; returns when there is nothing left to do: done, failed,
 * cancelled, or someone else's.
 */
export async function attemptJob<N extends JobName>(
  services: WorkerServices,
  name: N,
  rawPayload: unknown,
  attempt: { number: number; workerId: string; stop: AbortSignal },
): Promise<void> {
  const payload = jobPayloads[name].parse(rawPayload) as JobPayload<N>;
  const job = await takeUp(services.db, payload.jobRunId, attempt.workerId);
  if (!job) return;
  const watch = watchJob(services.db, job);
  const signal = AbortSignal.any([attempt.stop, watch.signal]);
  try {
    const handler: JobHandler<N> = handlers[name];
    if (!job.cancelRequested) await handler(payload, createContext(services, job, signal));
    else watch.cancel();
    signal.throwIfAborted();
  } catch (error) {
    if (attempt.stop.aborted) throw error;
    await settle(services.db, job, watch.isCancelled(), error, attempt.number);
  } finally {
    watch.end();
  }
}

/** Starts the attempt and raises the fence; null when the job has ended or is gone. */
async function takeUp(db: Database, jobRunId: string, workerId: string): Promise<JobRun | null> {
  const [job] = await db
    .update(jobRuns)
    .set({
      status: 'running',
      workerId,
      fence: sql`${jobRuns.fence} + 1`,
      startedAt: sql`coalesce(${jobRuns.startedAt}, now())`,
      message: null,
    })
    .where(and(eq(jobRuns.id, jobRunId), inArray(jobRuns.status, ['queued', 'running'])))
    .returning();
  if (job) await notify(db, 'job', job.id);
  return job ?? null;
}

/** Asks every second whether the job was cancelled or has a new owner. */
function watchJob(db: Database, job: JobRun) {
  const controller = new AbortController();
  let cancelled = false;
  const look = async () => {
    const [row] = await db
      .select({ fence: jobRuns.fence, cancelRequested: jobRuns.cancelRequested })
      .from(jobRuns)
      .where(eq(jobRuns.id, job.id));
    if (row?.cancelRequested) cancel();
    else if (row?.fence !== job.fence) controller.abort();
  };
  const cancel = () => {
    cancelled = true;
    controller.abort();
  };
  // A database that is away for a moment is no reason to stop: the next write will tell.
  const timer = setInterval(() => void look().catch(() => undefined), watchMs);
  return { signal: controller.signal, cancel, isCancelled: () => cancelled, end: () => clearInterval(timer) };
}

async function settle(db: Database, job: JobRun, cancelled: boolean, error: unknown, attempt: number): Promise<void> {
  const known = asKnownError(error);
  if (known?.code === 'FENCED') return;
  if (cancelled) return ifStillOurs(db, job, (tx) => endJob(tx, job, { status: 'cancelled' }));
  const mayPass = known?.traits.retry || error instanceof EngineDied || isConnectionError(error);
  const message = wordsOf(job, error);
  if (mayPass && attempt < attemptsOnError) {
    await ifStillOurs(db, job, async (tx) => {
      await tx
        .update(jobRuns)
        .set({ message: `Trying again: ${message}` })
        .where(eq(jobRuns.id, job.id));
      await notify(tx, 'job', job.id);
    }).catch(() => undefined);
    throw error;
  }
  await ifStillOurs(db, job, (tx) => endJob(tx, job, { status: 'failed', error: message }));
}

function wordsOf(job: JobRun, error: unknown): string {
  if (error instanceof EngineDied || asKnownError(error)) return (error as Error).message;
  if (isConnectionError(error)) return 'The database could not be reached.';
  console.error(`${job.name} job ${job.id}:`, error);
  return `The ${job.name} job met an unexpected error: ${error instanceof Error ? error.message : String(error)}`;
}

async function ifStillOurs(db: Database, job: JobRun, work: (tx: Transaction) => Promise<void>): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .select({ fence: jobRuns.fence, status: jobRuns.status })
      .from(jobRuns)
      .where(eq(jobRuns.id, job.id))
      .for('update');
    if (row?.fence === job.fence && row.status === 'running') await work(tx);
  });
}
