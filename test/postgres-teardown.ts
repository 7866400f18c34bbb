// Vitest's global set-up: names the run, and at its end stops the embedded server if a test file started it.
import { existsSync, rmSync } from 'node:fs';
import { databaseUrlFile } from '../db/database-url.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { testServerDir } from './postgres.ts';

export default function setup(): () => Promise<void> {
  process.env.RANKLOOP_TEST_RUN = `${process.pid}-${Date.now().toString(36)}`;
  return async () => {
    const dataDir = testServerDir();
    if (existsSync(databaseUrlFile(dataDir))) await (await startEmbeddedPostgres({ dataDir })).stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
