// The database that a process works on: DATABASE_URL, the embedded one that is running, or one that is started here.
import { closeDatabase, openDatabase } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { seedDatabase } from '../db/seed.ts';
import type { Environment } from '../server/env.ts';
import { issueSetupToken } from '../server/services/setup.ts';

export interface OpenedDatabase {
  url: string;
  /** Stops the embedded server if this process started it. */
  stop(): Promise<void>;
}

/** For `web` and `worker` alone: a server that is running already is left to whoever started it. */
export async function openProcessDatabase(environment: Environment): Promise<OpenedDatabase> {
  if (environment.databaseUrl) return { url: environment.databaseUrl, stop: async () => undefined };
  const server = await startEmbeddedPostgres({ dataDir: environment.dataDir });
  return { url: server.url, stop: async () => (server.adopted ? undefined : server.stop()) };
}

/** Migrations, the demo project on the first start, and a set-up token while there is no admin. */
export async function prepareDatabase(url: string): Promise<{ setupToken: string | null }> {
  await migrateDatabase(url);
  const db = openDatabase(url, { max: 2, applicationName: 'rankloop start' });
  try {
    await seedDatabase(db);
    return { setupToken: await issueSetupToken(db) };
  } finally {
    await closeDatabase(db);
  }
}
