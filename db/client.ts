// The pool. Migrations are in migrate.ts: the pages' build takes this file in, and their folder would not be found.
import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';

export type Database = NodePgDatabase & { $client: pg.Pool };
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
  return Object.assign(drizzle(pool), { transaction: transactionOn(pool) });
}

/**
 * Drizzle's own transaction on a pool keeps the client for ever when `begin` fails, as it does on a connection that has
 * just broken: ten of those and the pool is empty. Here the client always goes back; a broken one the pool drops.
 */
function transactionOn(pool: pg.Pool): NodePgDatabase['transaction'] {
  return async (work, config) => {
    const client = await pool.connect();
    try {
      return await drizzle(client).transaction(work, config);
    } finally {
      client.release();
    }
  };
}

/** A pool waits for every client to come back; a job that did not stop in time may hold one still. */
const closePatienceMs = 5_000;

export async function closeDatabase(db: Database): Promise<void> {
  await Promise.race([db.$client.end(), sleep(closePatienceMs, undefined, { ref: false })]);
}
