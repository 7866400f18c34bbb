import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { models, policies } from '../../db/schema.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { modelDirOf, removeModel } from './models.ts';
import { createProject } from './project-create.ts';
import { getProject } from './projects.ts';
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
