// Imports on a real database: what a file adds, what it leaves alone, and that it is all or nothing, once.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asc, count, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { batches, prompts, responses, samplings } from '../../db/schema/data.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { type ImportOptions, importOptionsSchema } from '../../domain/imports/options.ts';
import { sourceOf } from '../../domain/imports/rows.ts';
import { samplingConfigSchema, trainConfigSchema } from '../../engine/config.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { askerOf } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { openLocalArtifacts } from '../artifacts.ts';
import type { User } from '../auth.ts';
import { nextTasks } from './assignment.ts';
import { changeBatch, getBatch, listBatches } from './batches.ts';
import { importFile, openUpload, previewImport, startImport, storeUpload, sweepUploads } from './imports.ts';
import { getJob } from './jobs.ts';
import { listJudges } from './judges.ts';
import { listPairs, summarizePairs } from './pairs.ts';
import { getPrompt } from './prompts.ts';
import { startRound } from './rounds.ts';
import { startSampling } from './samplings.ts';
import { listServedModels } from './served-models.ts';
import { listTryable, tryModel } from './try-model.ts';

let database: TestDatabase;
let projectId: string;
let admin: User;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.execute(sql`truncate ${projects} cascade`);
  projectId = (await seedDemo(database.db)).id;
});

const lines = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const optionsOf = (given: Partial<ImportOptions> = {}) => importOptionsSchema.parse({ name: 'A file', ...given });
const run = (text: string, given: Partial<ImportOptions> = {}, signal?: AbortSignal) =>
  database.db.transaction((tx) =>
    importFile(
      tx,
      sourceOf('a.jsonl', text),
      { projectId, options: optionsOf(given), createdBy: admin.id },
      { signal },
    ),
  );
const counted = async () => {
  const [[p], [r], [t], [k], [b], [s], [y]] = await Promise.all([
    database.db.select({ n: count() }).from(prompts),
    database.db.select({ n: count() }).from(responses),
    database.db.select({ n: count() }).from(tasks),
    database.db.select({ n: count() }).from(rankings),
    database.db.select({ n: count() }).from(batches),
    database.db.select({ n: count() }).from(samplings),
    database.db.select({ n: count() }).from(policies),
  ]);
  return [p?.n, r?.n, t?.n, k?.n, b?.n, s?.n, y?.n];
};
const promptsOf = (batchId: string) =>
  database.db
    .select()
    .from(prompts)
    .where(eq(prompts.batchId, batchId))
    .orderBy(asc(prompts.createdAt), asc(prompts.id));

const given = async () => {
  const next = await nextTasks(database.db, await askerOf(database.db, admin, projectId), { holding: [], count: 1 });
  return next.tasks;
};

const pair = { prompt: 'Name a river.', chosen: 'The Nile.', rejected: 'A hill.' };

describe('prompts', () => {
  test('come in the order of the file, with what is added to all of them', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => ({ prompt: `Question ${index}`, tags: ['own'] }));
    const { batchId, report, shape } = await run(lines(...rows), {
      tags: ['new', 'own'],
      language: 'pt-br',
      qualifications: ['medicine'],
      priority: 5,
    });
    expect(shape).toBe('rankloop');
    expect(report).toMatchObject({ rows: 1_200, train: 1_200, heldOut: 0, tasks: 0 });
    const stored = await promptsOf(batchId);
    expect(stored.map(({ messages }) => messages[0]?.content)).toEqual(rows.map(({ prompt }) => prompt));
    expect(stored[7]).toMatchObject({
      split: 'train',
      tags: ['own', 'new'],
      language: 'pt-BR',
      qualifications: ['medicine'],
      priority: 5,
    });
  });

  test('that the project has, or that the file repeats, are named and not added', async () => {
    const first = await run(lines({ prompt: 'One' }, { prompt: 'Two' }, { prompt: 'One' }));
    expect(first.report).toMatchObject({ train: 2, skipped: { duplicate: { count: 1 } } });
    expect(first.report.skipped.duplicate?.examples).toEqual([{ place: { unit: 'line', number: 3 }, detail: '' }]);
    const again = await run(lines({ prompt: 'One' }, { prompt: 'Two' }, { prompt: 'Three' }));
    expect(again.report).toMatchObject({ train: 1, skipped: { 'in-project': { count: 2 } } });
  });

  test('never leave their split', async () => {
    await run(lines({ prompt: 'Held' }), { split: 'heldout' });
    await run(lines({ prompt: 'Trained' }));
    const toTrain = await run(lines({ prompt: 'Held' }), { split: 'train' });
    expect(toTrain.report.skipped['other-split']).toMatchObject({ count: 1, examples: [{ detail: 'it is held out' }] });
    const toHold = await run(lines({ prompt: 'Trained', split: 'heldout' }), { split: 'train' });
    expect(toHold.report.skipped['other-split']?.count).toBe(1);
  });

  test('are held out by share, by their content: the same file splits alike', async () => {
    const file = lines(...Array.from({ length: 400 }, (_, index) => ({ prompt: `Question ${index}` })));
    const { report, batchId } = await run(file, { split: 'share', heldOutShare: 0.25 });
    expect(report.train + report.heldOut).toBe(400);
    expect(report.heldOut).toBeGreaterThan(60);
    expect(report.heldOut).toBeLessThan(140);
    const heldBefore = (await promptsOf(batchId))
      .filter(({ split }) => split === 'heldout')
      .map(({ messages }) => messages);
    await database.db.delete(prompts).where(eq(prompts.batchId, batchId));
    const again = await run(file, { split: 'share', heldOutShare: 0.25 });
    const heldAgain = (await promptsOf(again.batchId)).filter(({ split }) => split === 'heldout');
    expect(heldAgain.map(({ messages }) => messages)).toEqual(heldBefore);
  });
});

describe('responses that come with the data', () => {
  test('are a task to rank, given out like any other, from a policy that is no model', async () => {
    const { batchId, report } = await run(lines(pair), { priority: 9, qualifications: ['rivers'], language: 'en' });
    expect(report).toMatchObject({ train: 1, responses: 2, tasks: 1, rankings: 0 });
    const [task] = await database.db.select().from(tasks).where(eq(tasks.batchId, batchId));
    expect(task).toMatchObject({ status: 'open', priority: 9, qualifications: ['rivers'], language: 'en' });
    expect(await given()).toMatchObject([{ taskId: task?.id }]);
    const [policy] = await database.db.select().from(policies).where(isNull(policies.modelDir));
    expect(policy).toMatchObject({ name: 'Imported: A file', backendId: null });
  });

  test('bring the preferences along where they are taken: then nobody is asked again', async () => {
    const ranked = { prompt: 'Rank', responses: ['a', 'b', 'c'], tiers: [[2], [0, 1]] };
    const { batchId, report } = await run(lines(pair), { rankings: 'take' });
    expect(report).toMatchObject({ tasks: 1, rankings: 1 });
    expect((await run(lines(ranked), { rankings: 'take' })).report).toMatchObject({ tasks: 1, rankings: 1 });
    const [task] = await database.db.select().from(tasks).where(eq(tasks.batchId, batchId));
    expect(task?.status).toBe('ranked');
    expect(await given()).toEqual([]);
    const pairs = await listPairs(database.db, { projectId, limit: 10 });
    expect(
      pairs.items.map(({ chosen, rejected, source }) => [chosen.text, rejected.text, source.kind, source.name]),
    ).toEqual(
      expect.arrayContaining([
        ['The Nile.', 'A hill.', 'import', 'A file'],
        ['c', expect.stringMatching(/a|b/), 'import', 'A file'],
      ]),
    );
    const detail = await getPrompt(database.db, { promptId: task?.promptId ?? '' });
    expect(detail.samplings[0]).toMatchObject({ isImported: true });
    expect(detail.rankings[0]?.source).toEqual({ kind: 'import', name: 'A file' });
  });

  test('several rankings of several people are several rankings', async () => {
    const file = readFileSync(new URL('../../domain/imports/fixtures/argilla-v2.json', import.meta.url), 'utf8');
    expect((await run(file, { rankings: 'take' })).report).toMatchObject({ tasks: 2, rankings: 3 });
  });

  test('of one prompt in several rows are several tasks; the same ones twice are one', async () => {
    const other = { ...pair, rejected: 'A lake.' };
    const turned = { ...pair, chosen: pair.rejected, rejected: pair.chosen };
    const { report, batchId } = await run(lines(pair, other, pair, turned));
    expect(report).toMatchObject({ train: 1, known: 0, tasks: 2, skipped: { duplicate: { count: 2 } } });
    expect(await database.db.select().from(tasks).where(eq(tasks.batchId, batchId))).toHaveLength(2);
  });

  test('reach a prompt that the project has already, once', async () => {
    await run(lines({ prompt: pair.prompt }));
    const { report, batchId } = await run(lines(pair));
    expect(report).toMatchObject({ train: 0, known: 1, tasks: 1 });
    expect(await database.db.select().from(tasks).where(eq(tasks.batchId, batchId))).toHaveLength(1);
    expect((await run(lines(pair))).report).toMatchObject({
      known: 0,
      tasks: 0,
      skipped: { 'in-project': { count: 1 } },
    });
  });

  test('of held-out prompts, and of gold, are left out', async () => {
    const held = await run(lines(pair), { split: 'heldout' });
    expect(held.report).toMatchObject({ heldOut: 1, tasks: 0, leftOut: { 'held-out-responses': { count: 1 } } });
    const [taskId] = await addTasks(database.db, projectId, 1);
    const [gold] = await database.db
      .select({ messages: prompts.messages })
      .from(tasks)
      .innerJoin(prompts, eq(prompts.id, tasks.promptId))
      .where(eq(tasks.id, taskId ?? ''));
    await database.db.insert(goldTasks).values({ taskId: taskId ?? '', tiers: [], use: 'silent' });
    const row = { prompt: gold?.messages, responses: ['one', 'two'] };
    expect((await run(lines(row))).report).toMatchObject({ tasks: 0, skipped: { gold: { count: 1 } } });
  });

  test('stay behind where they are not wanted', async () => {
    expect((await run(lines(pair), { responses: 'leave' })).report).toMatchObject({ train: 1, responses: 0, tasks: 0 });
  });
});

describe('all or nothing', () => {
  const file = lines(...Array.from({ length: 1_500 }, (_, index) => ({ ...pair, prompt: `Question ${index}` })));

  test('an import that is cancelled leaves nothing', async () => {
    const before = await counted();
    const stop = new AbortController();
    const cancelled = database.db.transaction((tx) =>
      importFile(
        tx,
        sourceOf('a.jsonl', file),
        { projectId, options: optionsOf(), createdBy: null },
        {
          signal: stop.signal,
          onChunk: async ({ train }) => {
            if (train >= 1_000) stop.abort();
          },
        },
      ),
    );
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await counted()).toEqual(before);
  });

  test('a file that breaks off in its middle leaves nothing', async () => {
    const before = await counted();
    const csv = `prompt,tags\n${Array.from({ length: 900 }, (_, index) => `Q ${index},x`).join('\n')}\n"never ends`;
    const broken = database.db.transaction((tx) =>
      importFile(tx, sourceOf('a.csv', csv), { projectId, options: optionsOf(), createdBy: null }),
    );
    await expect(broken).rejects.toMatchObject({ code: 'DATA_INVALID' });
    expect(await counted()).toEqual(before);
  });

  test('a preview says exactly what the import then does, and stores nothing', async () => {
    const before = await counted();
    const mixed = lines(pair, pair, { prompt: 'x' }, { nothing: 1 });
    const preview = await previewImport(database.db, sourceOf('a.jsonl', mixed), { projectId, options: optionsOf() });
    expect(await counted()).toEqual(before);
    expect(preview).toMatchObject({ container: 'jsonl', shape: 'trl-preference', isWhole: true });
    expect(preview.prompts[0]?.prompt.responses.map(({ text }) => text)).toEqual(['The Nile.', 'A hill.']);
    expect((await run(mixed)).report).toEqual(preview.report);
    const long = await previewImport(database.db, sourceOf('a.jsonl', file), { projectId, options: optionsOf() });
    expect(long).toMatchObject({ isWhole: false, report: { rows: 500, train: 500 } });
  });

  test('two imports of one file at once add it once', async () => {
    const reports = await Promise.all([run(file), run(file)]);
    const trains = reports.map(({ report }) => report.train).sort();
    expect(trains).toEqual([0, 1_500]);
    expect(reports.map(({ report }) => report.skipped['in-project']?.count ?? 0).sort()).toEqual([0, 1_500]);
  });

  test('a file of no known format is refused with its fields, or shown them', async () => {
    const odd = lines({ ask: 'Why?', answer: 'Because.' });
    await expect(run(odd)).rejects.toThrow('Its fields are ask, answer');
    const preview = await previewImport(database.db, sourceOf('a.jsonl', odd), { projectId, options: optionsOf() });
    expect(preview).toMatchObject({ shape: null, columns: ['ask', 'answer'] });
    const mapping = { prompt: 'ask', responses: [], isBestFirst: false };
    expect((await run(odd, { mapping })).report.train).toBe(1);
  });
});

describe('uploads', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rankloop-import-'));
  const artifacts = openLocalArtifacts(folder);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const store = (text: string) => storeUpload(artifacts, sourceOf('x', text).stream());

  test('are kept as they are, and become a job with its batch', async () => {
    const key = await store(lines(pair));
    expect(await store(lines(pair))).toBe(key);
    const upload = { key, fileName: 'pairs.jsonl' };
    expect(Buffer.from(await (await openUpload(artifacts, upload)).slice(0, 1000)).toString()).toBe(lines(pair));
    const started = await startImport(database.db, admin, artifacts, { projectId, upload, options: optionsOf() });
    expect(await getJob(database.db, started)).toMatchObject({ name: 'import', status: 'queued', projectId });
  });

  test('that nobody came back to are removed after a day; those of an import that waits, and other artifacts, stay', async () => {
    const [waiting, left] = [await store(lines(pair)), await store(lines({ prompt: 'left' }))];
    const other = await artifacts.putFile('adapter', 'weights');
    const upload = { key: waiting, fileName: 'pairs.jsonl' };
    await startImport(database.db, admin, artifacts, { projectId, upload, options: optionsOf() });
    await sweepUploads(database.db, artifacts);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([waiting, left, other]));
    const inTwoDays = new Date(Date.now() + 2 * 24 * 3_600_000);
    await sweepUploads(database.db, artifacts, inTwoDays);
    expect(readdirSync(folder).sort()).toEqual([waiting, other].sort());
  });

  test('that are empty, unknown, or of no known format start nothing', async () => {
    await expect(store('')).rejects.toThrow('empty');
    const options = optionsOf();
    const start = (key: string) =>
      startImport(database.db, admin, artifacts, { projectId, upload: { key, fileName: 'x' }, options });
    await expect(start('0'.repeat(64))).rejects.toThrow();
    await expect(start(await store('{"ask": "Why?"}'))).rejects.toThrow('none of the known formats');
  });
});

test('batches are listed with what became of them', async () => {
  const { batchId } = await run(lines(pair, { prompt: 'Two', chosen: 'a', rejected: 'b' }), {
    name: 'Rivers',
    rankings: 'take',
  });
  await run(lines({ prompt: 'Other' }), { name: 'Second' });
  const listed = await listBatches(database.db, { projectId });
  expect(listed.map(({ name }) => name)).toEqual(['Second', 'Rivers']);
  expect(listed[1]).toMatchObject({ prompts: 2, tasks: 2, ranked: 2, createdBy: admin.name, format: 'trl-preference' });
  expect(await getBatch(database.db, { projectId, batchId })).toMatchObject({
    name: 'Rivers',
    report: { rankings: 2 },
  });
  await expect(getBatch(database.db, { projectId: crypto.randomUUID(), batchId })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a batch is paused, resumed and moved forward as one; another project has no such batch', async () => {
  const { batchId } = await run(lines(pair, { ...pair, prompt: 'Name a lake.' }));
  const change = (change: { isPaused?: boolean; priority?: number }, project = projectId) =>
    changeBatch(database.db, { projectId: project, batchId, ...change });
  await change({ isPaused: true });
  expect(await given()).toEqual([]);
  expect(await getBatch(database.db, { projectId, batchId })).toMatchObject({ isPaused: true, priority: 0 });
  await change({ priority: 7 });
  expect((await promptsOf(batchId)).map(({ priority }) => priority)).toEqual([7, 7]);
  const stored = await database.db.select().from(tasks).where(eq(tasks.batchId, batchId));
  expect(stored.map(({ priority, isPaused }) => [priority, isPaused])).toEqual([
    [7, true],
    [7, true],
  ]);
  await change({ isPaused: false });
  expect(await given()).toHaveLength(1);
  const [other] = await database.db
    .insert(projects)
    .values({
      name: 'Other',
      slug: 'other',
      kind: 'custom',
      responsesPerPrompt: 2,
      sampling: samplingConfigSchema.parse({}),
    })
    .returning();
  await expect(change({ priority: 1 }, other?.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe('a policy of imported texts', () => {
  test('is no model: nothing is sampled from it, tried on it or started from it', async () => {
    await run(lines(pair));
    const [policy] = await database.db.select().from(policies).where(isNull(policies.modelDir));
    const policyId = policy?.id ?? '';
    const config = (await database.db.select().from(projects))[0]?.sampling;
    if (!config) throw new Error('no project');
    expect((await listServedModels(database.db)).map((model) => model.policyId)).not.toContain(policyId);
    expect((await listTryable(database.db)).policies.map(({ id }) => id)).not.toContain(policyId);
    const ask = { message: 'Hi', policyId, config, seed: 1 };
    const context = { db: database.db, secret: 'x', modelsDir: '/nowhere' };
    await expect(tryModel(context, ask, new AbortController().signal).next()).rejects.toThrow(
      'texts that were imported',
    );
    await expect(startSampling(database.db, { projectId, policyId, promptCount: 1, n: 2, config })).rejects.toThrow(
      'texts that were imported',
    );
    await database.db.update(projects).set({ currentPolicyId: policyId });
    const judgeId = (await listJudges(database.db, { projectId }))[0]?.id ?? '';
    const round = {
      projectId,
      config: trainConfigSchema.parse({}),
      pairPolicy: 'best-worst' as const,
      reference: 'sft' as const,
      judgeId,
    };
    await expect(startRound(database.db, admin, round)).rejects.toThrow('texts that were imported: no round starts');
  });

  test("gives pairs to a round that takes imported ones, and none to one of the current policy's alone", async () => {
    await run(lines(pair), { rankings: 'take' });
    const pairsIn = async (scope: 'current' | 'imported' | 'all') =>
      (await summarizePairs(database.db, { projectId, scope })).byImports;
    expect([await pairsIn('current'), await pairsIn('imported'), await pairsIn('all')]).toEqual([0, 1, 1]);
  });
});
