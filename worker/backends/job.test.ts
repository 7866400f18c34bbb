// Responses from a server elsewhere on their way through the loop: sampled by a job, judged, and trained on as text.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { responses } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { backends, judges, projects } from '../../db/schema/project.ts';
import { samplingConfigSchema, trainConfigSchema } from '../../engine/config.ts';
import { openLocalArtifacts } from '../../server/artifacts.ts';
import type { User } from '../../server/auth.ts';
import { createBackend, listBackends, removeBackend } from '../../server/services/backends.ts';
import { getJob } from '../../server/services/jobs.ts';
import { createJudge, startJudging } from '../../server/services/judges.ts';
import { startRound } from '../../server/services/rounds.ts';
import { startSampling } from '../../server/services/samplings.ts';
import { seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { attemptJob } from '../attempt.ts';
import type { WorkerServices } from '../context.ts';
import { openEngine } from '../engine-client.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const secret = 'a secret for tests, long enough';
const apiKey = 'sk-very-secret-0123456789';
const config = samplingConfigSchema.parse({ max_new_tokens: 16 });
let database: TestDatabase;
let dataDir: string;
let services: WorkerServices;
let server: ScriptedServer;
let projectId: string;
let admin: User;
let backend: { backendId: string; policyId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  admin = await addPerson(database.db, 'admin');
  dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-backend-'));
  services = {
    db: database.db,
    engine: openEngine({ device: 'cpu' }),
    artifacts: openLocalArtifacts(path.join(dataDir, 'artifacts')),
    dataDir,
    modelsDir: path.join(dataDir, 'models'),
    hubEndpoint: 'http://127.0.0.1:9',
    secret,
  };
  // As Ollama: it passes over n, and tells no log-probs. Some answers are cut.
  server = await startScriptedServer(({ body }) => {
    const seed = Number(body.seed);
    const message = { content: `Yes, we have ${seed % 1000} of them.` };
    return { body: { choices: [{ message, finish_reason: seed % 3 === 0 ? 'length' : 'stop' }] } };
  });
  backend = await createBackend(database.db, secret, {
    projectId,
    name: 'llama',
    baseUrl: server.baseUrl,
    model: 'llama3',
    apiKey,
  });
});
afterAll(async () => {
  await server.close();
  await services.engine.close();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Does the one waiting job of this id. */
async function work(jobRunId: string): Promise<string> {
  const [job] = await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId));
  if (!job) throw new Error('no such job');
  const attempt = { number: 1, workerId: crypto.randomUUID(), stop: new AbortController().signal };
  await attemptJob(services, job.name, job.payload, attempt);
  const { status, error } = await getJob(database.db, { jobRunId });
  return error ?? status;
}
const sample = () =>
  startSampling(database.db, { projectId, policyId: backend.policyId, promptCount: 6, n: 3, config, seed: 4 });

test('a backend is listed without its key, which is stored encrypted', async () => {
  expect(await listBackends(database.db, { projectId })).toMatchObject([
    { name: 'llama', model: 'llama3', baseUrl: server.baseUrl, hasApiKey: true },
  ]);
  expect(JSON.stringify(await database.db.select().from(backends))).not.toContain(apiKey);
});

test('its responses are rows without token ids or log-prob, and tasks to rank', async () => {
  const { jobRunId, samplingId } = await sample();
  expect((await database.db.select().from(jobRuns))[0]?.name).toBe('sampleRemote');
  expect(await work(jobRunId)).toBe('done');
  const rows = await database.db.select().from(responses).where(eq(responses.samplingId, samplingId));
  expect(rows).toHaveLength(18);
  for (const row of rows) expect(row).toMatchObject({ tokenIds: null, logp: null, policyId: backend.policyId });
  expect(new Set(rows.map(({ finishReason }) => finishReason))).toEqual(new Set(['stop', 'length']));
  expect(await database.db.select().from(tasks)).toHaveLength(6);
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
});

test('their pairs train a round of our own policy, as text', { timeout: 120_000 }, async () => {
  const [oracle] = await database.db.select().from(judges).where(eq(judges.kind, 'oracle'));
  const judgeId = oracle?.id ?? '';
  // The oracle ties what is not of the demo's language.
  const { id: chance } = await createJudge(database.db, services, { projectId, name: 'x', judge: { kind: 'random' } });
  expect(await work((await startJudging(database.db, { projectId, judgeId: chance })).jobRunId)).toBe('done');
  const { jobRunId } = await startRound(database.db, admin, {
    projectId,
    config: trainConfigSchema.parse({ num_train_epochs: 1, per_device_train_batch_size: 2 }),
    pairPolicy: 'best-worst',
    reference: 'sft',
    judgeId,
    pairScope: 'all',
  });
  expect(await work(jobRunId)).toBe('done');
});

test('no round starts from it', async () => {
  const [project] = await database.db.select().from(projects);
  await database.db.update(projects).set({ currentPolicyId: backend.policyId });
  const [oracle] = await database.db.select().from(judges).where(eq(judges.kind, 'oracle'));
  const starting = startRound(database.db, admin, {
    projectId,
    config: trainConfigSchema.parse({}),
    pairPolicy: 'best-worst',
    reference: 'sft',
    judgeId: oracle?.id ?? '',
  });
  await expect(starting).rejects.toMatchObject({ code: 'CONFLICT', message: /llama is a model of a server elsewhere/ });
  await database.db.update(projects).set({ currentPolicyId: project?.currentPolicyId ?? null });
});

test('once removed it has no key and is sampled no more; what it gave stays', async () => {
  await removeBackend(database.db, { backendId: backend.backendId });
  await expect(sample()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await database.db.select().from(backends))[0]?.apiKeyEncrypted).toBeNull();
  expect(await database.db.select().from(responses)).toHaveLength(18);
  expect(await listBackends(database.db, { projectId })).toEqual([]);
});
