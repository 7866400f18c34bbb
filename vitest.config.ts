// Unit tests stand beside their source; tests that need Postgres share one embedded server (test/postgres.ts).
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.next/**', 'e2e/**', '.data/**'],
    globalSetup: ['./test/postgres-teardown.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // No number of an earlier run, and nothing in the home folder.
    env: { RANKLOOP_CACHE_DIR: join(tmpdir(), `rankloop-test-cache-${process.pid}`) },
    pool: 'forks',
  },
});
