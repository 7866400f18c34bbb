// A connection that breaks must not cost the pool its place.
import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../test/postgres.ts';
import { openDatabase } from './client.ts';

test('a connection that breaks before its transaction begins goes back to the pool, which then closes', async () => {
  const { url, drop } = await createTestDatabase();
  const db = openDatabase(url, { max: 1 });
  await db.execute(sql`select 1`);
  db.$client.once('acquire', (client) =>
    (client as pg.Client & { connection: pg.Connection }).connection.stream.destroy(),
  );
  await expect(db.transaction(async (tx) => tx.execute(sql`select 1`))).rejects.toThrow();
  const { rows } = await db.transaction(async (tx) => tx.execute<{ one: number }>(sql`select 1 as one`));
  expect(rows).toEqual([{ one: 1 }]);
  await db.$client.end();
  await drop();
});
