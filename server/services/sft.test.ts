// What starting a supervised run refuses, what it stores, and what hangs on it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobRuns } from '../../db/schema/jobs.ts';
import { models, sftRuns } from '../../db/schema/training.ts';
import { type SftConfig, sftConfigSchema } from '../../engine/config.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { openLocalArtifacts } from '../artifacts.ts';
import type { User } from '../auth.ts';
import { openChangeFeed } from '../events.ts';
import { appRouter } from '../router.ts';
import { createCaller } from '../trpc.ts';
import { removeModel } from './models.ts';
import { cancelSftRun, getSftRun, listSftRuns, sftDataFile, startSft } from './sft.ts';

let database: TestDatabase;
let admin: User;
let root: string;
let modelId: string;
const config = sftConfigSchema.parse({ num_train_epochs: 2 });
const line = (i: number) => JSON.stringify({ prompt: `Question ${i}`, completion: `Answer ${i}` });
const data = [line(1), '', JSON.stringify({ messages: [user('Hi'), { role: 'assistant', content: 'Hello' }] })].join(
  '\n',
);

function user(content: string) {
  return { role: 'user', content };
}

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
  root = mkdtempSync(path.join(tmpdir(), 'rankloop-sft-'));
  mkdirSync(path.join(root, 'models', 'tiny'), { recursive: true });
  const [model] = await database.db
    .insert(models)
    .values({ name: 'Tiny', source: 'folder', folder: 'tiny', status: 'registering' })
    .returning();
  modelId = model?.id ?? '';
});
afterAll(async () => {
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

const artifactsDir = () => path.join(root, 'artifacts');
const modelsDir = () => path.join(root, 'models');
const places = () => ({ modelsDir: modelsDir(), artifacts: openLocalArtifacts(artifactsDir()) });
const start = (input: { name?: string; data?: string; config?: SftConfig } = {}) =>
  startSft(database.db, admin, places(), { modelId, name: 'tiny-sft', config, data, dataName: 'chat.jsonl', ...input });

async function stored() {
  const queued = await database.db.execute(sql`select 1 from graphile_worker.jobs`);
  return {
    runs: (await database.db.select().from(sftRuns)).length,
    jobs: (await database.db.select().from(jobRuns)).length,
    queued: queued.rows.length,
    artifacts: existsSync(artifactsDir()) ? readdirSync(artifactsDir()).length : 0,
  };
}
const nothing = { runs: 0, jobs: 0, queued: 0, artifacts: 0 };

test('a model that is not ready is not trained', async () => {
  await expect(start()).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await stored()).toEqual(nothing);
  await database.db.update(models).set({ status: 'ready' }).where(eq(models.id, modelId));
});

test.each([
  ['no JSON', `${line(1)}\n{"prompt": `, /^chat\.jsonl line 2: this is not JSON/],
  ['neither kind', `${line(1)}\n\n{"question": 1}`, /^chat\.jsonl line 3: the line must be an object/],
  ['no line', '\n\n', /^chat\.jsonl holds no line/],
])('data with %s is refused in a sentence, and nothing is stored', async (_, bad, words) => {
  await expect(start({ data: bad })).rejects.toThrow(words);
  expect(await stored()).toEqual(nothing);
});

test('settings that would give an adapter are refused, and nothing is stored', async () => {
  const adapter = sftConfigSchema.parse({ lora: { r: 4 } });
  await expect(start({ config: adapter })).rejects.toThrow('lora gives an adapter');
  expect(await stored()).toEqual(nothing);
});

test('settings that judge by held-out examples, of which there are none, are refused, and nothing is stored', async () => {
  for (const asked of [{ early_stopping_patience: 2 }, { load_best_model_at_end: true }, { save_strategy: 'best' }]) {
    await expect(start({ config: sftConfigSchema.parse(asked) })).rejects.toThrow('set eval_split');
  }
  expect(await stored()).toEqual(nothing);
});

test('a name that a folder or a model has is refused before anything is stored', async () => {
  mkdirSync(path.join(modelsDir(), 'there'));
  await expect(start({ name: 'there' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(start({ name: 'tiny' })).rejects.toThrow('taken');
  expect(await stored()).toEqual(nothing);
});

test('a run, its job and its examples are stored together; its name is then taken and its model stays', async () => {
  const { sftRunId, jobRunId } = await start();
  const { run, job, startedBy, result } = await getSftRun(database.db, { sftRunId });
  expect(run).toMatchObject({ status: 'queued', modelName: 'Tiny', exampleCount: 2, dataName: 'chat.jsonl', config });
  expect(job).toMatchObject({ id: jobRunId, name: 'sft', status: 'queued' });
  expect([startedBy, result]).toEqual([admin.name, null]);
  const folder = await openLocalArtifacts(artifactsDir()).openFolder(run.dataKey);
  expect(readFileSync(path.join(folder, sftDataFile), 'utf8')).toBe(data);
  expect(readdirSync(artifactsDir())).toEqual([run.dataKey]);

  const before = await stored();
  await expect(start()).rejects.toThrow('taken');
  expect(await stored()).toEqual(before);
  await expect(removeModel(database.db, modelsDir(), { modelId })).rejects.toThrow('tiny-sft is being fine-tuned from');

  await cancelSftRun(database.db, { sftRunId });
  expect((await getSftRun(database.db, { sftRunId })).run).toMatchObject({ status: 'cancelled', error: null });
  expect((await stored()).queued).toBe(0);
  await expect(cancelSftRun(database.db, { sftRunId })).rejects.toMatchObject({ code: 'CONFLICT' });

  // Now both are free again: the same name, and the model with what was trained from it still told.
  await cancelSftRun(database.db, await start());
  await removeModel(database.db, modelsDir(), { modelId });
  expect((await listSftRuns(database.db)).map(({ name, modelId, modelName }) => [name, modelId, modelName])).toEqual([
    ['tiny-sft', null, 'Tiny'],
    ['tiny-sft', null, 'Tiny'],
  ]);
});

test('only admins reach it, and input is checked before it', async () => {
  const events = openChangeFeed(database.url);
  const callerOf = (person: User | null) =>
    createCaller(appRouter)({ ...places(), db: database.db, user: person, events, secret: 'test', hubEndpoint: '' });
  const input = { modelId, name: 'other', config, data, dataName: 'chat.jsonl' };
  const before = await stored();
  await expect(callerOf(null).sft.start(input)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  const annotator = await addPerson(database.db);
  await expect(callerOf(annotator).sft.start(input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  for (const name of ['../out', 'a/b', '.hidden', '', 'a b']) {
    await expect(callerOf(admin).sft.start({ ...input, name })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  const unknown = { ...config, epochs: 3 };
  await expect(callerOf(admin).sft.start({ ...input, config: unknown })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  const sftRunId = crypto.randomUUID();
  await expect(callerOf(admin).sft.get({ sftRunId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await stored()).toEqual(before);
  await events.close();
});
