// The pool. Migrations are in migrate.ts: the pages' build takes this file in, and their folder would not be found.
import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import * as schema from './schema.ts';

export type Database = NodePgDatabase<typeof schema> & { $client: pg.Pool };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** What a read needs: the pool or an open transaction. */
export type Queryable = Database | Transaction;

export function openDatabase(url: string, options: { max?: number; applicationName?: string } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'rankloop',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // Without a listener, an idle connection that the server closes ends the whole process.
  pool.on('error', (error) => console.error(`Database connection lost: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return drizzle(pool, { schema });
}

/** A pool waits for every client to come back; one that was out when its server was killed may never do so. */
const closePatienceMs = 5_000;

export async function closeDatabase(db: Database): Promise<void> {
  await Promise.race([db.$client.end(), sleep(closePatienceMs, undefined, { ref: false })]);
}
