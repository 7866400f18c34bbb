// What a job's handler is given. Everything that it writes goes through `write`, which refuses a worker whose job has
// been taken up by another.
import { eq } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { AppError } from '../domain/errors.ts';
import type { JobName, JobPayload } from '../domain/jobs.ts';
import type { ArtifactStore } from '../server/artifacts.ts';
import { endJob } from '../server/services/job-end.ts';
import { notify } from '../server/services/notify.ts';
import type { Engine } from './engine-client.ts';

/** What a worker process has, whatever the job. */
export interface WorkerServices {
  db: Database;
  engine: Engine;
  artifacts: ArtifactStore;
  dataDir: string;
  modelsDir: string;
  /** The Hub, or a mirror of it. */
  hubEndpoint: string;
  /** The installation's secret: decrypts judges' API keys and the Hub token. */
  secret: string;
}

export interface JobContext extends WorkerServices {
  jobRunId: string;
  /** Grows with every start of the job. */
  fence: number;
  /** Fires when the job is cancelled, taken over, or the worker stops. */
  signal: AbortSignal;
  /** Locks the job in a transaction of the handler's own, or throws FENCED: for work too long to hold it all the while. */
  claim(tx: Transaction): Promise<void>;
  /** Runs `work` in a transaction if this attempt still owns the job; else FENCED, and nothing is written. */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Stores how far the job is, in the caller's `write`; the pages hear of it a few times a second at most. */
  progress(tx: Transaction, at: { done: number; total?: number; message?: string }): Promise<void>;
  /** Ends the job as done, in the caller's `write`. Every handler's last write calls it. */
  finish(tx: Transaction): Promise<void>;
}

export type JobHandler<N extends JobName> = (payload: JobPayload<N>, context: JobContext) => Promise<void>;

const notifyEveryMs = 400;

export function createContext(
  services: WorkerServices,
  job: typeof jobRuns.$inferSelect,
  signal: AbortSignal,
): JobContext {
  let notifiedAt = 0;
  const claim = async (tx: Transaction) => {
    const [row] = await tx
      .select({ fence: jobRuns.fence, status: jobRuns.status })
      .from(jobRuns)
      .where(eq(jobRuns.id, job.id))
      .for('update');
    if (row?.fence === job.fence && row.status === 'running') return;
    throw new AppError('FENCED', `Another worker has taken up this ${job.name} job: nothing was written.`);
  };
  return {
    ...services,
    jobRunId: job.id,
    fence: job.fence,
    signal,
    claim,
    write: (work) =>
      services.db.transaction(async (tx) => {
        await claim(tx);
        return work(tx);
      }),
    async progress(tx, at) {
      await tx.update(jobRuns).set(at).where(eq(jobRuns.id, job.id));
      if (Date.now() - notifiedAt < notifyEveryMs) return;
      notifiedAt = Date.now();
      await notify(tx, 'job', job.id);
    },
    finish: (tx) => endJob(tx, job, { status: 'done' }),
  };
}
