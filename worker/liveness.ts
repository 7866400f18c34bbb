// Who is alive. Each worker renews its row; whoever sees jobs held by a silent one gives them back to the queue, which
// by itself would hold them for four hours.
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { jobRuns, workers } from '../db/schema/jobs.ts';
import { workerSilenceSeconds } from '../domain/jobs.ts';
import { readDeviceMemory } from '../engine/runtime/device-memory.ts';
import { endJob } from '../server/services/job-end.ts';

export interface WorkerRow {
  id: string;
  name: string;
  device: string;
  /** Where its internal service answers. */
  serveUrl?: string;
}

export async function heartbeat(db: Database, worker: WorkerRow): Promise<void> {
  await db
    .insert(workers)
    .values(worker)
    .onConflictDoUpdate({ target: workers.id, set: { heartbeatAt: sql`now()` } });
}

/** What the worker's device has, for the models page; null where it cannot be asked. */
export async function reportMemory(db: Database, worker: { id: string; device: string }): Promise<void> {
  const memory = await readDeviceMemory(worker.device).catch(() => null);
  await db.update(workers).set({ memory }).where(eq(workers.id, worker.id));
}

/** A worker that ends in good order gives its jobs back at once. */
export async function signOff(db: Database, workerId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.delete(workers).where(eq(workers.id, workerId));
    await tx.execute(
      sql`select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
          from graphile_worker.jobs where locked_by like ${`${workerId}:%`} having count(*) > 0`,
    );
  });
}

/** Frees the jobs of silent workers, forgets those workers, and fails jobs that the queue will never try again. */
export async function reap(db: Database): Promise<void> {
  const silence = sql`make_interval(secs => ${workerSilenceSeconds})`;
  await db.execute(
    sql`select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
        from graphile_worker.jobs j
        where locked_by is not null and locked_at < now() - ${silence}
          and not exists (select 1 from workers w
            where w.heartbeat_at > now() - ${silence} and j.locked_by like w.id::text || ':%')
        having count(*) > 0`,
  );
  await db.delete(workers).where(sql`${workers.heartbeatAt} < now() - interval '1 day'`);
  await failExhausted(db);
}

async function failExhausted(db: Database): Promise<void> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select r.id from job_runs r left join graphile_worker.jobs j on j.key = r.id::text
        where r.status in ('queued', 'running') and r.created_at < now() - interval '1 minute'
          and (j.id is null or (j.locked_by is null and j.attempts >= j.max_attempts))`,
  );
  for (const { id } of rows) {
    await db.transaction(async (tx) => {
      const [job] = await tx.select().from(jobRuns).where(eq(jobRuns.id, id)).for('update', { skipLocked: true });
      if (job?.status !== 'queued' && job?.status !== 'running') return;
      await endJob(tx, job, { status: 'failed', error: `The ${job.name} job was given up: it never came to an end.` });
    });
  }
}
