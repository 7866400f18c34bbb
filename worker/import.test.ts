// An import as a job, from the bytes that a signed-in browser sends to the tasks that come of it: the real route with the
// real sign-in behind a real HTTP server, a real database, and attempts as the queue would make them.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { count, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POST } from '../app/api/import/route.ts';
import { batches, prompts } from '../db/schema/data.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { members } from '../db/schema/members.ts';
import { importOptionsSchema } from '../domain/imports/options.ts';
import { createAuth, findUser } from '../server/auth.ts';
import { type ChangeFeed, openChangeFeed } from '../server/events.ts';
import { createEndpoint } from '../server/openai/endpoint.ts';
import { getBatch } from '../server/services/batches.ts';
import { mostUploadBytes, startImport } from '../server/services/imports.ts';
import { cancelJob } from '../server/services/job-end.ts';
import { getJob } from '../server/services/jobs.ts';
import { createPerson } from '../server/services/people.ts';
import { seedDemo } from '../test/demo.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { type RequestServer, startRequestServer } from '../test/request-server.ts';
import { attemptOnce, openTestServices } from '../test/worker-services.ts';
import { createContext, type WorkerServices } from './context.ts';
import { importUpload } from './jobs/import.ts';

const root = mkdtempSync(path.join(tmpdir(), 'rankloop-import-job-'));
const password = 'correct horse';
let database: TestDatabase;
let services: WorkerServices;
let server: RequestServer;
let events: ChangeFeed;
let projectId: string;
let actor: { id: string };
const cookies: Record<'admin' | 'projectAdmin' | 'member', string> = { admin: '', projectAdmin: '', member: '' };

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  projectId = (await seedDemo(db)).id;
  services = openTestServices(db, root);
  events = openChangeFeed(database.url);
  const auth = createAuth(db, 'a secret of at least thirty-two characters');
  const { secret, modelsDir, artifacts, hubEndpoint } = services;
  const endpoint = createEndpoint({ db, secret });
  const findVisitor = (headers: Headers) => findUser(auth, headers);
  Object.assign(globalThis, {
    rankloopServer: { db, auth, findVisitor, events, endpoint, secret, modelsDir, artifacts, hubEndpoint },
  });
  server = await startRequestServer(POST);
  const signIn = async (email: string) => {
    const request = new Request('http://rankloop.test/api/auth/sign-in/email', {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: 'rankloop.test', origin: 'http://rankloop.test' },
      body: JSON.stringify({ email, password }),
    });
    const response = await auth.handler(request);
    return response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  };
  for (const kind of ['admin', 'projectAdmin', 'member'] as const) {
    const email = `${kind.toLowerCase()}@x.test`;
    const made = await createPerson(db, {
      name: kind,
      email,
      password,
      role: kind === 'admin' ? 'admin' : 'annotator',
    });
    cookies[kind] = await signIn(email);
    if (kind === 'admin') actor = { id: made.userId };
    else await setProjectRole(made.userId, kind === 'projectAdmin' ? 'admin' : 'annotator');
  }
});
afterAll(async () => {
  Object.assign(globalThis, { rankloopServer: undefined });
  await server.close();
  await events.close();
  await services.engine.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

async function setProjectRole(userId: string, role: 'admin' | 'annotator') {
  const values = { projectId, userId, role };
  const target = [members.projectId, members.userId];
  await database.db.insert(members).values(values).onConflictDoUpdate({ target, set: { role } });
}

function send(
  body: string | Uint8Array<ArrayBuffer>,
  cookie: string,
  headers: Record<string, string> = {},
  project = projectId,
) {
  return fetch(`${server.url}/api/import?projectId=${project}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', cookie, ...headers },
    body,
  });
}

const file = (name: string, rows = 1_200) =>
  Array.from({ length: rows }, (_, index) =>
    JSON.stringify({ prompt: `${name} ${index}`, chosen: 'good', rejected: 'bad' }),
  ).join('\n');

async function start(name: string, rows?: number) {
  const response = await send(file(name, rows), cookies.projectAdmin);
  expect(response.status).toBe(200);
  const { key } = (await response.json()) as { key: string };
  const upload = { key, fileName: `${name}.jsonl` };
  return startImport(database.db, actor, services.artifacts, {
    projectId,
    upload,
    options: importOptionsSchema.parse({ name }),
  });
}
const promptCount = async () => (await database.db.select({ n: count() }).from(prompts))[0]?.n ?? 0;
const batchCount = async () => (await database.db.select({ n: count() }).from(batches))[0]?.n ?? 0;

test('a file that is sent becomes prompts and tasks, and its batch has the report', async () => {
  const before = await promptCount();
  const { jobRunId, batchId } = await start('Sent');
  await attemptOnce(services, { jobRunId });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'done', error: null });
  expect(await promptCount()).toBe(before + 1_200);
  expect(await getBatch(database.db, { projectId, batchId })).toMatchObject({
    name: 'Sent',
    format: 'trl-preference',
    createdBy: 'admin',
    prompts: 1_200,
    report: { train: 1_200, tasks: 1_200, rankings: 0 },
  });
  const job = await getJob(database.db, { jobRunId });
  expect(job.done).toBe(job.total);
});

test.each<[string, () => Promise<Response>, number]>([
  ['a stranger', () => send('{}', ''), 401],
  ['a member who is no admin of the project', () => send('{}', cookies.member), 403],
  ['an admin of another project', () => send('{}', cookies.projectAdmin, {}, crypto.randomUUID()), 404],
  ["another site's form", () => send('{}', cookies.admin, { 'content-type': 'text/plain' }), 400],
  ['an empty file', () => send('', cookies.admin), 400],
  ['no project', () => send('{}', cookies.admin, {}, 'none'), 400],
])('%s is refused, and nothing is kept', async (_, sending, status) => {
  const kept = () => readdirSync(path.join(root, 'artifacts')).sort();
  const before = kept();
  expect((await sending()).status).toBe(status);
  expect(kept()).toEqual(before);
});

test('a file beyond the bound is refused by its own word, before its bytes', async () => {
  const headers = { 'content-type': 'application/octet-stream', cookie: cookies.admin };
  const request = new Request(`http://x.test/api/import?projectId=${projectId}`, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(mostUploadBytes + 1) },
    body: '{}',
  });
  const response = await POST(request);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: expect.stringContaining('512 MiB') });
});

test('a cancelled import leaves nothing', async () => {
  const before = [await promptCount(), await batchCount()];
  const waiting = await start('Cancelled');
  expect(await cancelJob(database.db, waiting)).toEqual({ status: 'cancelled' });
  const running = await start('Stopped');
  await database.db.update(jobRuns).set({ status: 'running' }).where(eq(jobRuns.id, running.jobRunId));
  expect(await cancelJob(database.db, running)).toEqual({ status: 'stopping' });
  await attemptOnce(services, running);
  expect(await getJob(database.db, running)).toMatchObject({ status: 'cancelled' });
  expect([await promptCount(), await batchCount()]).toEqual(before);
});

test("a slow worker's attempt, taken up by another, leaves nothing, and the other's is whole", async () => {
  const before = await promptCount();
  const { jobRunId, batchId } = await start('Fenced');
  const [slow] = await database.db
    .update(jobRuns)
    .set({ status: 'running', fence: 1 })
    .where(eq(jobRuns.id, jobRunId))
    .returning();
  if (!slow) throw new Error('no job');
  await database.db.update(jobRuns).set({ fence: 2 }).where(eq(jobRuns.id, jobRunId));
  const context = createContext(services, slow, new AbortController().signal);
  const payload = slow.payload as Parameters<typeof importUpload>[0];
  await expect(importUpload(payload, context)).rejects.toMatchObject({ code: 'FENCED' });
  expect(await promptCount()).toBe(before);
  await attemptOnce(services, { jobRunId });
  expect(await promptCount()).toBe(before + 1_200);
  expect(await getBatch(database.db, { projectId, batchId })).toMatchObject({ prompts: 1_200 });
});
