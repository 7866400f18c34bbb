// What a worker's jobs need, in a folder of the test's own, and one attempt at a job as the queue would make it.
import path from 'node:path';
import { eq } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { openLocalArtifacts } from '../server/artifacts.ts';
import { attemptJob } from '../worker/attempt.ts';
import type { WorkerServices } from '../worker/context.ts';
import { openEngine } from '../worker/engine-client.ts';

/** The real engine on the CPU; `root` holds the data and, under models/, the models. Close the engine at the end. */
export function openTestServices(db: Database, root: string): WorkerServices {
  return {
    db,
    engine: openEngine({ device: 'cpu' }),
    artifacts: openLocalArtifacts(path.join(root, 'artifacts')),
    dataDir: root,
    modelsDir: path.join(root, 'models'),
    hubEndpoint: '',
    secret: 'a secret for tests, long enough',
  };
}

export async function attemptOnce(services: WorkerServices, { jobRunId }: { jobRunId: string }): Promise<void> {
  const [job] = await services.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId));
  if (!job) throw new Error('no such job');
  const stop = new AbortController().signal;
  await attemptJob(services, job.name, job.payload, { number: 1, workerId: crypto.randomUUID(), stop });
}
