import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { migrateDatabase } from './migrate.ts';

const migrationCount = readdirSync(new URL('./migrations', import.meta.url)).filter((name) =>
  name.endsWith('.sql'),
).length;

let empty: TestDatabase;
beforeAll(async () => {
  empty = await createTestDatabase({ migrated: false });
});
afterAll(() => empty.drop());

test('migrations run once, however many processes start at the same moment, and again without effect', async () => {
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(empty.url)));
  await migrateDatabase(empty.url);
  const { rows } = await empty.db.$client.query('select count(*)::int as count from drizzle.__drizzle_migrations');
  expect(rows[0].count).toBe(migrationCount);
  await empty.db.$client.query("select graphile_worker.add_job('nothing', '{}'::json)");
});

test('a database that cannot be reached is one clear sentence', async () => {
  await expect(migrateDatabase('postgresql://nobody:x@127.0.0.1:1/none')).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringMatching(/^The database could not be prepared: .*ECONNREFUSED/),
  });
});

test('the pool survives the loss of its connections', async () => {
  const { db } = empty;
  await db.$client.query('select 1');
  const killer = new pg.Client({ connectionString: empty.url });
  await killer.connect();
  await killer.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  );
  await killer.end();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { rows } = await db.$client.query('select 1 as one');
  expect(rows[0].one).toBe(1);
});
