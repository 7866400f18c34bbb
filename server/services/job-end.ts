// How a job ends: cancelled by a person, done or failed in a worker; with it end its round's, run's or model's status and its claims.
import { eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { AppError } from '../../domain/errors.ts';
import { jobPayloads } from '../../domain/jobs.ts';
import { markModelFailed } from './model-status.ts';
import { notify } from './notify.ts';
import { applyRoundEvent } from './rounds-status.ts';
import { releaseUnsampledPrompts } from './samplings.ts';
import { applySftEvent } from './sft-status.ts';

/** A waiting job ends at once; a running one is asked to stop and ends within seconds. */
export async function cancelJob(
  db: Database,
  params: { jobRunId: string },
): Promise<{ status: 'cancelled' | 'stopping' }> {
  return db.transaction(async (tx) => {
    const [job] = await tx.select().from(jobRuns).where(eq(jobRuns.id, params.jobRunId)).for('update');
    if (!job) throw new AppError('NOT_FOUND', 'There is no such job.');
    if (job.status === 'cancelled') return { status: 'cancelled' };
    if (job.status !== 'queued' && job.status !== 'running') {
      throw new AppError('CONFLICT', 'This job has already ended.');
    }
    if (job.status === 'running') {
      await tx.update(jobRuns).set({ cancelRequested: true }).where(eq(jobRuns.id, job.id));
      await notify(tx, 'job', job.id);
      return { status: 'stopping' };
    }
    await tx.execute(sql`select graphile_worker.remove_job(${job.id})`);
    await endJob(tx, job, { status: 'cancelled' });
    return { status: 'cancelled' };
  });
}

/** Closes a job's row and what hangs on it: its round, its run, its model, or the prompts that it had claimed. */
export async function endJob(
  tx: Transaction,
  job: Pick<typeof jobRuns.$inferSelect, 'id' | 'name' | 'payload' | 'roundId' | 'modelId' | 'sftRunId'>,
  end: { status: 'done' } | { status: 'cancelled' } | { status: 'failed'; error: string },
): Promise<void> {
  const error = end.status === 'failed' ? end.error : null;
  await tx.update(jobRuns).set({ status: end.status, error, finishedAt: new Date() }).where(eq(jobRuns.id, job.id));
  if (end.status !== 'done') {
    if (job.roundId) await applyRoundEvent(tx, job.roundId, end.status === 'failed' ? 'fail' : 'cancel', { error });
    if (job.sftRunId) await applySftEvent(tx, job.sftRunId, end.status === 'failed' ? 'fail' : 'cancel', { error });
    if (job.modelId) await markModelFailed(tx, job.modelId, error ?? 'It was stopped before it was complete.');
    if (job.name === 'sample' || job.name === 'sampleRemote') {
      await releaseUnsampledPrompts(tx, jobPayloads[job.name].parse(job.payload).samplingId);
    }
  }
  await notify(tx, 'job', job.id);
}
