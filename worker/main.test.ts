// The whole round on the demo's own model, and what a killed, cancelled or overtaken job leaves behind. Real Postgres,
// real worker processes, the real engine.
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { asc, count, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { responses, samplingPrompts, samplings } from '../db/schema/data.ts';
import { jobRuns, workers } from '../db/schema/jobs.ts';
import { judgements, rankings, tasks } from '../db/schema/labelling.ts';
import { datasetVersions, judges, projects } from '../db/schema/project.ts';
import { evaluationItems, roundMetrics } from '../db/schema/training.ts';
import { trainConfigSchema } from '../engine/config.ts';
import type { User } from '../server/auth.ts';
import { exportPairs } from '../server/services/export.ts';
import { cancelJob } from '../server/services/job-end.ts';
import { getJob } from '../server/services/jobs.ts';
import { startJudging } from '../server/services/judges.ts';
import {
  decideRound,
  getRound,
  listRoundMetrics,
  listRoundSamples,
  listRoundWarnings,
  startRound,
} from '../server/services/rounds.ts';
import { startSampling } from '../server/services/samplings.ts';
import { seedDemo } from '../test/demo.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { firstLine, spawnScript } from '../test/tsx.ts';
import { waitFor } from '../test/wait.ts';

const workerScript = fileURLToPath(new URL('../test/start-worker.ts', import.meta.url));

// A killed worker's job waits for its silence to be noticed, and other tests want the processor too.
vi.setConfig({ testTimeout: 240_000 });

let database: TestDatabase;
let dataDir: string;
let project: typeof projects.$inferSelect;
let admin: User;
let oracleId: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-worker-'));
  project = await seedDemo(database.db);
  admin = await addPerson(database.db, 'admin');
  const [oracle] = await database.db.select().from(judges).where(eq(judges.kind, 'oracle'));
  oracleId = oracle?.id ?? '';
});

afterAll(async () => {
  await Promise.all(started.map(stopWorker));
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function startWorker(): Promise<ChildProcess> {
  const worker = spawnScript(workerScript, [database.url, dataDir]);
  started.push(worker);
  await firstLine(worker);
  return worker;
}

function stopWorker(worker: ChildProcess): Promise<unknown> {
  if (worker.exitCode !== null || worker.signalCode !== null) return Promise.resolve();
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGTERM');
  return exited;
}

const job = (jobRunId: string) => getJob(database.db, { jobRunId });
const ended = (jobRunId: string) =>
  waitFor(
    `job ${jobRunId} ends`,
    async () => {
      const found = await job(jobRunId);
      return found.status !== 'queued' && found.status !== 'running' && found;
    },
    120_000,
  );
const countOf = async (table: typeof responses | typeof tasks) =>
  (await database.db.select({ count: count() }).from(table))[0]?.count ?? 0;
const sampling = (promptCount: number, n = 4) =>
  startSampling(database.db, { projectId: project.id, promptCount, n, config: project.sampling, seed: 7 });

test('a worker killed in the middle of sampling: another goes on within 30 s, and nothing is doubled or lost', async () => {
  const promptCount = 120;
  const { jobRunId, samplingId } = await sampling(promptCount);
  const first = await startWorker();
  await waitFor('the sampling is under way', async () => (await countOf(tasks)) >= 5);
  first.kill('SIGKILL');
  const killedAt = Date.now();
  const before = await database.db.select({ id: responses.id }).from(responses);
  expect(before.length).toBeLessThan(promptCount * 4);
  await startWorker();
  await waitFor('the job is taken up', async () => {
    const [row] = await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId));
    return row?.fence === 2;
  });
  expect(Date.now() - killedAt).toBeLessThan(30_000);
  expect(await ended(jobRunId)).toMatchObject({ status: 'done', done: promptCount, total: promptCount });
  const after = await database.db.select().from(responses).where(eq(responses.samplingId, samplingId));
  expect(after).toHaveLength(promptCount * 4);
  const kept = new Set(after.map(({ id }) => id));
  expect(before.every(({ id }) => kept.has(id))).toBe(true);
  expect(await countOf(tasks)).toBe(promptCount);
});

test('a judge ranks what is open; each call is stored', async () => {
  const { jobRunId, tasks: open } = await startJudging(database.db, { projectId: project.id, judgeId: oracleId });
  expect(open).toBe(120);
  expect(await ended(jobRunId)).toMatchObject({ status: 'done', done: 120 });
  const calls = await database.db.select().from(judgements);
  const ranked = await database.db.select().from(rankings);
  expect(calls).toHaveLength(120);
  expect(ranked).toHaveLength(120);
  await expect(startJudging(database.db, { projectId: project.id, judgeId: oracleId })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

const config = trainConfigSchema.parse({
  learning_rate: 1e-3,
  per_device_train_batch_size: 4,
  num_train_epochs: 1,
  save_steps: 5,
  max_prompt_length: 18, // the longest prompts have 19: their warning is stored
});
const newRound = () =>
  startRound(database.db, admin, {
    projectId: project.id,
    config,
    pairPolicy: 'best-worst',
    reference: 'sft',
    judgeId: oracleId,
  });

test('a round: killed in the middle of training it resumes from its checkpoint, is evaluated and promoted', async () => {
  const { roundId, jobRunId } = await newRound();
  await expect(newRound()).rejects.toMatchObject({ code: 'CONFLICT', message: /Round 1 is still running/ });
  const checkpoints = () =>
    readdirSync(path.join(dataDir, 'rounds', roundId, '1')).filter((name) => name.startsWith('checkpoint-'));
  await waitFor('a checkpoint', async () => {
    const metrics = await listRoundMetrics(database.db, { roundId });
    return metrics.length > 7 && checkpoints().length > 0;
  });
  for (const worker of started) worker.kill('SIGKILL');
  const before = await listRoundMetrics(database.db, { roundId });
  await startWorker();
  expect(await ended(jobRunId)).toMatchObject({ status: 'done' });
  const metrics = await listRoundMetrics(database.db, { roundId });
  expect(metrics.map(({ step }) => step)).toEqual(metrics.map((_, index) => index + 1));
  expect(metrics.length).toBe(metrics[0]?.maxSteps);
  // Steps before the checkpoint were not done again; those after it came out the same.
  const fences = await database.db
    .select()
    .from(roundMetrics)
    .where(eq(roundMetrics.roundId, roundId))
    .orderBy(asc(roundMetrics.step));
  expect(fences.slice(0, 5).every(({ fence }) => fence === 1)).toBe(true);
  expect(fences.at(-1)?.fence).toBe(2);
  for (const { step, values } of before)
    expect(metrics[step - 1]?.values.loss).toBeCloseTo(values.loss ?? Number.NaN, 5);
  expect(metrics[0]?.values.loss).toBeCloseTo(Math.log(2), 5);

  const warnings = await listRoundWarnings(database.db, { roundId });
  expect(warnings[0]).toMatchObject({ kind: 'truncated', step: 0, figures: { rows: 120, count: expect.any(Number) } });
  expect(new Set(warnings.map(({ kind }) => kind)).size).toBe(warnings.length);

  await waitFor(
    'the evaluation',
    async () => (await getRound(database.db, { roundId })).round.status === 'finished',
    120_000,
  );
  const result = await getRound(database.db, { roundId });
  expect(result.evaluation?.winRate).toBeGreaterThan(0.5);
  expect(result.evaluation?.kl).toBeGreaterThan(0);
  const [items] = await database.db.select({ count: count() }).from(evaluationItems);
  expect(items?.count).toBe(480);
  const page = await listRoundSamples(database.db, { roundId, limit: 20 });
  expect(page.items).toHaveLength(20);
  expect(page.nextCursor).toBe(20);

  await decideRound(database.db, admin, { roundId, decision: 'promote', note: 'better' });
  const [promoted] = await database.db.select().from(projects);
  expect(promoted?.currentPolicyId).toBe(result.round.policyId);
  await expect(decideRound(database.db, admin, { roundId, decision: 'reject' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

test("a dataset version's content hash is the SHA-256 of its export", async () => {
  const [version] = await database.db.select().from(datasetVersions);
  const { chunks } = await exportPairs(database.db, {
    projectId: project.id,
    format: 'trl',
    datasetVersionId: version?.id,
  });
  const hash = createHash('sha256');
  let lines = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    lines += chunk.split('\n').length - 1;
  }
  expect(hash.digest('hex')).toBe(version?.contentHash);
  expect(lines).toBe(version?.pairCount);
});

test("the promoted policy is sampled next, SFT's evaluation answers are used again", async () => {
  const { jobRunId, samplingId } = await sampling(4, 2);
  expect(await ended(jobRunId)).toMatchObject({ status: 'done' });
  const [row] = await database.db.select().from(samplings).where(eq(samplings.id, samplingId));
  expect(row?.policyId).not.toBe(project.sftPolicyId);
});

test('a cancelled sampling stops within seconds, keeps what it has and frees the other prompts', async () => {
  const { jobRunId, samplingId } = await sampling(200, 8);
  await waitFor('it is under way', async () => (await job(jobRunId)).done > 0);
  expect(await cancelJob(database.db, { jobRunId })).toEqual({ status: 'stopping' });
  const cancelledAt = Date.now();
  const { status, done } = await ended(jobRunId);
  expect(status).toBe('cancelled');
  expect(Date.now() - cancelledAt).toBeLessThan(12_000);
  const claimed = await database.db.select().from(samplingPrompts).where(eq(samplingPrompts.samplingId, samplingId));
  expect(claimed).toHaveLength(done);
});

test('a waiting job is cancelled at once, and its round with it', async () => {
  await Promise.all(started.map(stopWorker));
  const { roundId, jobRunId } = await startRound(database.db, admin, {
    projectId: project.id,
    config,
    pairPolicy: 'best-worst',
    reference: 'previous',
    judgeId: oracleId,
    pairScope: 'all',
  });
  expect(await cancelJob(database.db, { jobRunId })).toEqual({ status: 'cancelled' });
  expect((await getRound(database.db, { roundId })).round.status).toBe('cancelled');
  const { rows } = await database.db.execute(sql`select 1 from graphile_worker.jobs where key = ${jobRunId}`);
  expect(rows).toEqual([]);
});

test('a worker that is told to stop gives its job back at once', async () => {
  const worker = await startWorker();
  const { jobRunId } = await sampling(90, 8);
  await waitFor('it is under way', async () => (await job(jobRunId)).done > 0);
  await stopWorker(worker);
  expect(worker.exitCode).toBe(0);
  expect(await database.db.select().from(workers).where(sql`heartbeat_at > now() - interval '3 seconds'`)).toEqual([]);
  const { rows } = await database.db.execute(sql`select locked_by from graphile_worker.jobs where key = ${jobRunId}`);
  expect(rows).toEqual([{ locked_by: null }]);
});
