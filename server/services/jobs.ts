// Background jobs as the web side sees them: enqueued in the transaction that needs them, and watched.
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { AppError } from '../../domain/errors.ts';
import { type JobName, type JobPayload, jobPayloads, maxAttempts } from '../../domain/jobs.ts';
import { notify } from './notify.ts';

export interface JobScope {
  /** What the job belongs to: a project (and perhaps its round), a model, or a supervised run. */
  projectId?: string;
  roundId?: string;
  modelId?: string;
  sftRunId?: string;
  /** How many items the job will count up to. */
  total: number;
}

/** Writes the job's row and hands it to the queue; both or neither, with the caller's transaction. */
export async function enqueue<N extends JobName>(
  tx: Transaction,
  name: N,
  payload: Omit<JobPayload<N>, 'jobRunId'>,
  scope: JobScope,
): Promise<string> {
  const jobRunId = crypto.randomUUID();
  const whole = jobPayloads[name].parse({ ...payload, jobRunId });
  await tx.insert(jobRuns).values({
    id: jobRunId,
    name,
    payload: whole,
    projectId: scope.projectId ?? null,
    roundId: scope.roundId ?? null,
    modelId: scope.modelId ?? null,
    sftRunId: scope.sftRunId ?? null,
    total: scope.total,
  });
  await tx.execute(
    sql`select graphile_worker.add_job(identifier => ${name}::text, payload => ${JSON.stringify(whole)}::json,
          max_attempts => ${maxAttempts[name]}::int, job_key => ${jobRunId}::text)`,
  );
  await notify(tx, 'job', jobRunId);
  return jobRunId;
}

export const jobColumns = {
  id: jobRuns.id,
  name: jobRuns.name,
  projectId: jobRuns.projectId,
  roundId: jobRuns.roundId,
  status: jobRuns.status,
  done: jobRuns.done,
  total: jobRuns.total,
  message: jobRuns.message,
  error: jobRuns.error,
  cancelRequested: jobRuns.cancelRequested,
  createdAt: jobRuns.createdAt,
  startedAt: jobRuns.startedAt,
  finishedAt: jobRuns.finishedAt,
};

/** Waiting and running jobs, oldest first. */
export async function listActiveJobs(db: Queryable, params: { projectId: string }) {
  return db
    .select(jobColumns)
    .from(jobRuns)
    .where(and(eq(jobRuns.projectId, params.projectId), inArray(jobRuns.status, ['queued', 'running'])))
    .orderBy(asc(jobRuns.createdAt));
}

export async function getJob(db: Queryable, params: { jobRunId: string }) {
  const [job] = await db.select(jobColumns).from(jobRuns).where(eq(jobRuns.id, params.jobRunId));
  if (!job) throw new AppError('NOT_FOUND', 'There is no such job.');
  return job;
}

/** The newest job of a round: training, then evaluation. */
export async function findRoundJob(db: Queryable, roundId: string) {
  const [job] = await db
    .select(jobColumns)
    .from(jobRuns)
    .where(eq(jobRuns.roundId, roundId))
    .orderBy(desc(jobRuns.createdAt))
    .limit(1);
  return job ?? null;
}
