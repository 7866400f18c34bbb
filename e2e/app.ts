// Starts the app as a newcomer does (`rankloop start`), on a free port and an empty data folder, and stops it again.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../db/free-port.ts';

const root = path.resolve(fileURLToPath(new URL('..', import.meta.url)));
const startTimeoutMs = 5 * 60_000;

export interface RunningApp {
  url: string;
  /** The one-time address that the console printed. */
  setupUrl: string;
  /** The supervisor's, whose children are the database, the pages and the worker. */
  pid: number;
  dataDir: string;
  /** Everything that its console has said so far. */
  log(): string;
  stop(): Promise<void>;
}

function keepLog(child: ChildProcess): () => string {
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  return () => log;
}

/** Resolves with what `pattern` finds in the log; fails with the whole log when the app ends before. */
function waitForLog(child: ChildProcess, log: () => string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${reason}. It said:\n${log()}`));
    const timer = setTimeout(() => fail('The app did not start in time'), startTimeoutMs);
    const look = () => {
      const match = pattern.exec(log())?.[1];
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`The app ended with code ${code}`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

export async function startApp(): Promise<RunningApp> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-e2e-'));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'cli/main.ts', 'start', '--port', String(port), '--data-dir', dataDir, '--device', 'cpu'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const clean = async () => {
    await stop(child);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const log = keepLog(child);
  try {
    const setupUrl = await waitForLog(child, log, /(http:\S+\/setup\?token=\S+)/);
    return { url: new URL(setupUrl).origin, setupUrl, pid: child.pid ?? 0, dataDir, log, stop: clean };
  } catch (error) {
    await clean();
    throw error;
  }
}
