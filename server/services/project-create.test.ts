import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { policies } from '../../db/schema/project.ts';
import { models } from '../../db/schema/training.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { modelDirOf, removeModel } from './models.ts';
import { createProject } from './project-create.ts';
import { getProject } from './projects.ts';
import { listPrompts } from './prompt-list.ts';
import { startSampling } from './samplings.ts';
import { listTryable } from './try-model.ts';

let database: TestDatabase;
let modelsDir: string;
let modelId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  modelsDir = mkdtempSync(path.join(tmpdir(), 'rankloop-models-'));
  mkdirSync(path.join(modelsDir, 'tiny'));
  const [model] = await database.db
    .insert(models)
    .values({ name: 'Tiny', source: 'folder', folder: 'tiny', status: 'registering' })
    .returning();
  modelId = model?.id ?? '';
});
afterAll(async () => {
  await database.drop();
  rmSync(modelsDir, { recursive: true, force: true });
});

const lines = (count: number) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ prompt: `Question ${i}` })).join('\n');

test('a model that is not ready is no base for a project', async () => {
  await expect(
    createProject(database.db, modelsDir, { modelId, name: 'Mine', prompts: lines(20) }),
  ).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

test('a ready model becomes the SFT policy of a project that can be sampled from at once', async () => {
  await database.db.update(models).set({ status: 'ready' }).where(eq(models.id, modelId));
  const input = { modelId, name: 'Käse & more', prompts: lines(20) };
  const { projectId, prompts } = await createProject(database.db, modelsDir, input);
  expect(prompts).toBe(20);
  const place = await getProject(database.db, { projectId });
  expect(place.project).toMatchObject({ slug: 'kase-more', kind: 'custom' });
  expect(place.counts.prompts).toEqual({ train: 18, heldout: 2 });
  expect(place.policies.current?.name).toBe('Tiny');
  const [policy] = await database.db.select().from(policies).where(eq(policies.projectId, projectId));
  expect(policy).toMatchObject({ modelDir: modelDirOf(modelsDir, 'tiny'), adapterKey: null });
  const config = samplingConfigSchema.parse({});
  await startSampling(database.db, { projectId, promptCount: 5, n: 2, config });
  const again = await createProject(database.db, modelsDir, input);
  expect((await getProject(database.db, again)).project.slug).toBe('kase-more-2');
  expect((await listTryable(database.db)).policies).toHaveLength(2);
});

test('a model that a project stands on stays', async () => {
  await expect(removeModel(database.db, modelsDir, { modelId })).rejects.toThrow('stands on Tiny');
});

test('too few prompts, and a line that is none, are refused by their line', async () => {
  const create = (prompts: string) => createProject(database.db, modelsDir, { modelId, name: 'Mine', prompts });
  await expect(create(lines(9))).rejects.toThrow('at least 10');
  await expect(create(`${lines(12)}\n{"question": 1}`)).rejects.toThrow('line 13');
});

test('persona and tags come with a prompt; the same question with others is another prompt', async () => {
  const rows = [
    ...Array.from({ length: 10 }, (_, i) => ({ prompt: `Question ${i}` })),
    { prompt: 'Question 0', persona: 'You are a pirate.' },
    { prompt: 'Question 0', persona: 'You are a pirate.', tags: ['short'] },
    { prompt: 'Question 0', tags: ['short'] },
    // These say nothing that the first does not.
    { prompt: 'Question 0', persona: '', tags: [] },
    { prompt: 'Question 0', persona: null },
  ];
  const prompts = rows.map((row) => JSON.stringify(row)).join('\n');
  const created = await createProject(database.db, modelsDir, { modelId, name: 'Voices', prompts });
  expect(created.prompts).toBe(13);
  const { items } = await listPrompts(database.db, { projectId: created.projectId, search: 'Question 0', limit: 10 });
  expect(items.map(({ persona, tags }) => ({ persona, tags }))).toEqual([
    { persona: null, tags: [] },
    { persona: 'You are a pirate.', tags: [] },
    { persona: 'You are a pirate.', tags: ['short'] },
    { persona: null, tags: ['short'] },
  ]);
});
