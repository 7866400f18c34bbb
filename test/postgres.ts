// A database of its own for each test file, on one embedded server for the whole run: the first file that asks starts
// it, test/postgres-teardown.ts stops it. The schema is migrated once, into a template that the others copy.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { closeDatabase, type Database, openDatabase } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrateDatabase } from '../db/migrate.ts';

export interface TestDatabase {
  db: Database;
  url: string;
  drop(): Promise<void>;
}

/** Named by the run, so that two runs on one machine do not meet. */
export function testServerDir(): string {
  return path.join(tmpdir(), `rankloop-test-${process.env.RANKLOOP_TEST_RUN ?? process.ppid}`);
}

/** Speed over safety: nobody misses a test's data after a power cut. */
const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

async function serverUrl(): Promise<string> {
  const dataDir = testServerDir();
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const server = await startEmbeddedPostgres({ dataDir, settings });
  return server.url;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function withAdmin<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const template = 'rankloop_template';

async function prepareTemplate(url: string): Promise<void> {
  await withAdmin(url, async (client) => {
    await client.query('select pg_advisory_lock(1)');
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount) return;
    await client.query('drop database if exists rankloop_template_draft');
    await client.query('create database rankloop_template_draft');
    await migrateDatabase(withDatabase(url, 'rankloop_template_draft'));
    await client.query(`alter database rankloop_template_draft rename to ${template}`);
  });
}

/** An empty, migrated database. `migrated: false` gives one without any table. */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  if (options.migrated === false) {
    await withAdmin(server, (client) => client.query(`create database ${name}`));
  } else {
    await prepareTemplate(server);
    await withAdmin(server, (client) => client.query(`create database ${name} template ${template}`));
  }
  const url = withDatabase(server, name);
  const db = openDatabase(url);
  return {
    db,
    url,
    async drop() {
      await closeDatabase(db);
      await withAdmin(server, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
