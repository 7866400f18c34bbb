// The pages as `rankloop web` serves them, on a free port over an embedded database of their own, and the means to kill
// the serving process in the middle of its work.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closeDatabase, type Database, openDatabase } from '../../db/client.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { freePort } from '../../db/free-port.ts';
import { readEnvironment } from '../../server/env.ts';
import { authSecret, installationSecret } from '../../server/secrets.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyWithinMs = 15 * 60_000;

export interface ServedApp {
  origin: string;
  db: Database;
  /** What sessions are signed with. */
  authSecret: string;
  /** Ends the process that answers requests at once, as a crash would. Its supervisor starts another. */
  killServer(): void;
  close(): Promise<void>;
}

export async function serveApp(log: (line: string) => void): Promise<ServedApp> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-bench-web-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = { ...process.env, DATABASE_URL: postgres.url, DATA_DIR: dataDir };
  const supervisor = spawn(
    process.execPath,
    ['--import', 'tsx', 'cli/main.ts', 'web', '--port', String(port), '--data-dir', dataDir],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  supervisor.stderr?.on('data', (chunk: Buffer) => log(chunk.toString().trim()));
  const db = openDatabase(postgres.url, { max: 4, applicationName: 'rankloop bench' });
  const close = async () => {
    await stop(supervisor);
    await closeDatabase(db);
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await waitUntilServed(origin, supervisor);
  } catch (error) {
    await close();
    throw error;
  }
  const secret = installationSecret(readEnvironment({ ...env }));
  return { origin, db, authSecret: authSecret(secret), killServer: () => killChild(supervisor), close };
}

async function waitUntilServed(origin: string, supervisor: ChildProcess): Promise<void> {
  const end = Date.now() + readyWithinMs;
  while (Date.now() < end) {
    if (supervisor.exitCode !== null) throw new Error(`rankloop web ended with code ${supervisor.exitCode}.`);
    const answer = await fetch(`${origin}/api/health`).catch(() => null);
    if (answer?.ok) return;
    await sleep(200);
  }
  throw new Error('rankloop web did not answer within a quarter of an hour.');
}

/** The supervisor's one child is the server. */
function killChild(supervisor: ChildProcess): void {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(supervisor.pid)], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').map(Number)) if (pid > 0) process.kill(pid, 'SIGKILL');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
