import { afterAll, beforeAll, expect, test } from 'vitest';
import { models } from '../../db/schema/training.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { type TryRequest, tryModel } from './try-model.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function codeOf(request: Pick<TryRequest, 'modelId' | 'policyId'>): Promise<string> {
  const context = { db: database.db, secret: 'a secret for tests, long enough', modelsDir: '/nowhere' };
  const config = samplingConfigSchema.parse({});
  const lines = tryModel(context, { ...request, message: 'Hello', config, seed: 1 }, new AbortController().signal);
  return lines.next().then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
}

test('what is not there, not ready, or has no worker to run on is refused by its reason', async () => {
  const add = async (status: 'failed' | 'ready') => {
    const [model] = await database.db
      .insert(models)
      .values({ name: status, source: 'folder', folder: status, status })
      .returning();
    return model?.id ?? '';
  };
  expect(await codeOf({})).toBe('NOT_FOUND');
  expect(await codeOf({ policyId: crypto.randomUUID() })).toBe('NOT_FOUND');
  expect(await codeOf({ modelId: crypto.randomUUID() })).toBe('NOT_FOUND');
  expect(await codeOf({ modelId: await add('failed') })).toBe('CONFLICT');
  expect(await codeOf({ modelId: await add('ready') })).toBe('WORKER_UNAVAILABLE');
});
