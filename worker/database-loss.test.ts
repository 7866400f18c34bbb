// The database dies in the middle of a job and comes back: what was acknowledged is there, nothing is doubled, and the
// job goes on.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { count, eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { closeDatabase, openDatabase } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { responses } from '../db/schema/data.ts';
import { tasks } from '../db/schema/labelling.ts';
import { getJob } from '../server/services/jobs.ts';
import { startSampling } from '../server/services/samplings.ts';
import { seedDemo } from '../test/demo.ts';
import { waitFor } from '../test/wait.ts';
import { runWorker } from './main.ts';

test('kill -9 of the database in the middle of sampling', { timeout: 180_000 }, async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-loss-'));
  chmodSync(dataDir, 0o755);
  let server = await startEmbeddedPostgres({ dataDir });
  await migrateDatabase(server.url);
  const db = openDatabase(server.url);
  const project = await seedDemo(db);
  const stop = new AbortController();
  const worker = runWorker(
    { databaseUrl: server.url, dataDir, secret: 'a secret for tests', device: 'cpu', log: () => undefined },
    stop.signal,
  );
  const promptCount = 160;
  const { jobRunId, samplingId } = await startSampling(db, {
    projectId: project.id,
    promptCount,
    n: 4,
    config: project.sampling,
  });
  await waitFor(
    'the sampling is under way',
    async () => ((await db.select({ count: count() }).from(tasks))[0]?.count ?? 0) > 3,
  );
  const before = await db.select({ id: responses.id }).from(responses);
  expect(before.length).toBeLessThan(promptCount * 4);
  process.kill(server.pid, 'SIGKILL');
  await server.gone;
  server = await startEmbeddedPostgres({ dataDir });
  const job = await waitFor(
    'the job ends',
    async () => {
      const found = await getJob(db, { jobRunId });
      return found.status !== 'running' && found;
    },
    120_000,
  );
  expect(job).toMatchObject({ status: 'done', done: promptCount });
  const after = await db.select().from(responses).where(eq(responses.samplingId, samplingId));
  expect(after).toHaveLength(promptCount * 4);
  const kept = new Set(after.map(({ id }) => id));
  expect(before.every(({ id }) => kept.has(id))).toBe(true);
  stop.abort();
  await worker;
  await closeDatabase(db);
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
