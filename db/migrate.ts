// Migrations under an advisory lock, so that several processes may start at once.
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { AppError } from '../domain/errors.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any number that no other program is likely to lock. */
const migrationLock = 7_265_501;

/** Brings the app's tables and the queue's up to date. Safe to call twice, and from several processes at once. */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'rankloop migrations' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await requireSupportedVersion(client);
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await migrate(drizzle(client), { migrationsFolder });
    await runMigrations({ connectionString: url, logger: silentLogger });
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new AppError('DATABASE_UNAVAILABLE', `The database could not be prepared: ${reason}`, { cause: error });
  } finally {
    // The lock goes with the connection.
    await client.end().catch(() => undefined);
  }
}

async function requireSupportedVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
  const version = Number(rows[0]?.server_version_num);
  if (version < 140_000) {
    throw new AppError(
      'DATABASE_UNAVAILABLE',
      `DATABASE_URL names PostgreSQL ${Math.floor(version / 10_000)}, but Rankloop needs 14 or newer.`,
    );
  }
}

/** The queue's own lines would drown the app's; its errors still arrive as exceptions. */
export const silentLogger = new Logger(() => () => undefined);
