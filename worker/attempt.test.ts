// Fencing and the ends of a job, without a queue: attempts called by hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../db/client.ts';
import { samplingPrompts } from '../db/schema/data.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { judgements, rankings, tasks } from '../db/schema/labelling.ts';
import { judges } from '../db/schema/project.ts';
import { samplingConfigSchema } from '../engine/config.ts';
import { createRandom } from '../engine/random.ts';
import { openLocalArtifacts } from '../server/artifacts.ts';
import { getJob } from '../server/services/jobs.ts';
import { createJudge, startJudging } from '../server/services/judges.ts';
import { startSampling } from '../server/services/samplings.ts';
import { addTasks, seedDemo } from '../test/demo.ts';
import { copyModel } from '../test/hostile/model-folder.ts';
import { templateCases } from '../test/hostile/templates.ts';
import { tokenizerCases } from '../test/hostile/tokenizers.ts';
import { rankTask, requireNextTask } from '../test/labelling.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { attemptJob } from './attempt.ts';
import { createContext, type WorkerServices } from './context.ts';
import { openEngine } from './engine-client.ts';
import { heartbeat, reap } from './liveness.ts';

let database: TestDatabase;
let projectId: string;
let services: WorkerServices;
let dataDir: string;
const secret = 'a secret for tests, long enough';

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-attempt-'));
  services = {
    db: database.db,
    engine: openEngine({ device: 'cpu' }),
    artifacts: openLocalArtifacts(path.join(dataDir, 'artifacts')),
    dataDir,
    modelsDir: path.join(dataDir, 'models'),
    hubEndpoint: 'http://127.0.0.1:9',
    secret,
  };
});
afterAll(async () => {
  await services.engine.close();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const attempt = (number = 1) => ({ number, workerId: crypto.randomUUID(), stop: new AbortController().signal });
const config = samplingConfigSchema.parse({ max_new_tokens: 16 });
const sample = (promptCount: number) => startSampling(database.db, { projectId, promptCount, n: 2, config, seed: 1 });
const payloadOf = async (jobRunId: string) =>
  (await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId)))[0]?.payload;
const oracleOf = async () => (await database.db.select().from(judges).where(eq(judges.kind, 'oracle')))[0]?.id ?? '';

test('a job is enqueued with its transaction or not at all', async () => {
  const before = await database.db.select().from(samplingPrompts);
  await expect(
    database.db.transaction(async (tx: Transaction) => {
      await startSampling(tx as unknown as typeof database.db, { projectId, promptCount: 3, n: 2, config });
      throw new Error('the rest failed');
    }),
  ).rejects.toThrow('the rest failed');
  expect(await database.db.select().from(samplingPrompts)).toEqual(before);
  expect(await database.db.select().from(jobRuns)).toEqual([]);
  expect((await database.db.execute(sql`select 1 from graphile_worker.jobs`)).rows).toEqual([]);
});

test("a worker whose job was taken up by another cannot write, and does not end the other's job", async () => {
  const { jobRunId } = await sample(2);
  const [slow] = await database.db
    .update(jobRuns)
    .set({ status: 'running', fence: 1 })
    .where(eq(jobRuns.id, jobRunId))
    .returning();
  if (!slow) throw new Error('no job');
  const context = createContext(services, slow, new AbortController().signal);
  await context.write((tx) => context.progress(tx, { done: 1 }));
  await database.db.update(jobRuns).set({ fence: 2 }).where(eq(jobRuns.id, jobRunId));
  await expect(context.write((tx) => context.finish(tx))).rejects.toMatchObject({ code: 'FENCED' });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'running', done: 1 });
  await attemptJob(services, 'sample', slow.payload, attempt());
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'done', done: 2 });
  // The queue may offer an ended job once more, when a worker died between its end and the queue's.
  await attemptJob(services, 'sample', slow.payload, attempt());
  expect((await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId)))[0]?.fence).toBe(3);
});

test('a person who holds a task comes before a judge', async () => {
  await database.db.delete(tasks);
  await addTasks(database.db, projectId, 2);
  const { jobRunId } = await startJudging(database.db, { projectId, judgeId: await oracleOf() });
  const ann = await addPerson(database.db);
  const held = await requireNextTask(database.db, ann, { projectId });
  await attemptJob(services, 'judge', await payloadOf(jobRunId), attempt());
  expect(await database.db.select().from(judgements)).toHaveLength(2);
  expect(await database.db.select().from(rankings)).toHaveLength(1);
  await rankTask(database.db, ann, projectId, held);
});

test('a judge that is down is tried again, then fails the job with one clear sentence', async () => {
  await database.db.delete(tasks);
  await addTasks(database.db, projectId, 2);
  const judge = { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1', model: 'none' } as const;
  const { id: judgeId } = await createJudge(database.db, services, { projectId, name: 'Down', judge });
  const { jobRunId } = await startJudging(database.db, { projectId, judgeId });
  const payload = await payloadOf(jobRunId);
  await expect(attemptJob(services, 'judge', payload, attempt(1))).rejects.toMatchObject({ code: 'JUDGE_UNAVAILABLE' });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'running', message: /^Trying again: / });
  await attemptJob(services, 'judge', payload, attempt(5));
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'failed', error: /127\.0\.0\.1:9/ });
  expect(await database.db.select().from(tasks).where(eq(tasks.status, 'open'))).toHaveLength(2);
});

test('a failed sampling frees its prompts', async () => {
  const { jobRunId, samplingId } = await sample(3);
  await database.db.execute(sql`update policies set model_dir = '/nowhere'`);
  await attemptJob(services, 'sample', await payloadOf(jobRunId), attempt());
  await database.db.execute(sql`update policies set model_dir = 'demo/model'`);
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'failed', error: /\/nowhere/ });
  expect(await database.db.select().from(samplingPrompts).where(eq(samplingPrompts.samplingId, samplingId))).toEqual(
    [],
  );
});

test.each(['template: nested loops', 'tokenizer: a pattern that backtracks over words'])(
  'a model that never ends (%s) fails its job in a sentence, and the next job is done',
  async (name) => {
    const model = path.join(dataDir, name.replaceAll(/\W/g, '-'));
    await copyModel(model);
    const hostile = [...templateCases, ...tokenizerCases].find((each) => each.name === name);
    await hostile?.spoil(model, createRandom(1));
    const { jobRunId } = await sample(2);
    await database.db.execute(sql`update policies set model_dir = ${model}`);
    await attemptJob(services, 'sample', await payloadOf(jobRunId), attempt());
    await database.db.execute(sql`update policies set model_dir = 'demo/model'`);
    expect(await getJob(database.db, { jobRunId })).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/keeps working without end\.$/),
    });
    const next = await sample(2);
    await attemptJob(services, 'sample', await payloadOf(next.jobRunId), attempt());
    expect(await getJob(database.db, next)).toMatchObject({ status: 'done', done: 2 });
  },
);

test("a silent worker's job is freed; a living one's is not", async () => {
  const { jobRunId } = await sample(2);
  const [dead, alive] = [crypto.randomUUID(), crypto.randomUUID()];
  const lockBy = (name: string) =>
    database.db.execute(
      sql`update graphile_worker._private_jobs set locked_by = ${name}, locked_at = now() - interval '1 minute' where key = ${jobRunId}`,
    );
  const holder = async () =>
    (await database.db.execute(sql`select locked_by from graphile_worker.jobs where key = ${jobRunId}`)).rows[0]
      ?.locked_by;
  await heartbeat(database.db, { id: alive, name: 'alive', device: 'cpu' });
  await heartbeat(database.db, { id: dead, name: 'dead', device: 'cpu' });
  await database.db.execute(sql`update workers set heartbeat_at = now() - interval '16 seconds' where id = ${dead}`);
  await lockBy(`${alive}:engine`);
  await reap(database.db);
  expect(await holder()).toBe(`${alive}:engine`);
  await lockBy(`${dead}:engine`);
  await reap(database.db);
  expect(await holder()).toBeNull();
});
