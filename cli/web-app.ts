// The built pages: built anew when their sources have changed, and served by a process of its own (next-server.mjs).
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../domain/errors.ts';
import { compressAssets } from './compress-assets.ts';

export const projectRoot = path.resolve(fileURLToPath(new URL('..', import.meta.url)));
const nextChild = path.join(projectRoot, 'cli/next-child.mjs');

/** What the pages are made of. */
const sources = [
  'app',
  'db',
  'domain',
  // What may be asked for, and in which words it fails: the engine's files outside its folders.
  ...readdirSync(path.join(projectRoot, 'engine'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `engine/${name}`),
  'server',
  'next.config.ts',
  'package-lock.json',
  'package.json',
  'postcss.config.mjs',
  'proxy.ts',
  'tsconfig.json',
];
const stampFile = path.join(projectRoot, '.next', 'rankloop-sources');

function hashSources(): string {
  const hash = createHash('sha256');
  for (const source of sources) {
    const at = path.join(projectRoot, source);
    if (!existsSync(at)) continue;
    const files = statSync(at).isFile() ? [at] : listFiles(at);
    for (const file of files) hash.update(path.relative(projectRoot, file)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Builds the pages unless the build at hand is of these sources. The build's own words go to `logFile`. */
export async function ensureBuilt(logFile: string, say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  if (existsSync(path.join(projectRoot, '.next', 'BUILD_ID')) && readStamp() === hashSources()) return;
  say('Building the pages (only on the first start and after an update; about half a minute) ...');
  mkdirSync(path.dirname(logFile), { recursive: true });
  const output = openSync(logFile, 'w');
  const build = fork(nextChild, ['build'], {
    cwd: projectRoot,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    execArgv: [],
    stdio: ['ignore', output, output, 'ipc'],
  });
  const stop = () => build.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  const code = await new Promise<number | null>((resolve) => build.once('exit', resolve));
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) throw new AppError('CANCELLED', 'Stopped.');
  if (code !== 0) {
    const reason = readFileSync(logFile, 'utf8')
      .split('\n')
      .find((line) => /error|not found|no space/i.test(line));
    throw new AppError(
      'CONFLICT',
      `The pages could not be built: ${reason?.trim() ?? 'no reason given'} (see ${logFile}).`,
    );
  }
  await compressAssets(path.join(projectRoot, '.next', 'static'));
  // Asked again: the build itself may put tsconfig.json right.
  writeFileSync(stampFile, hashSources());
}

function readStamp(): string {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
}

export interface WebAddress {
  host: string;
  port: number;
}

export function startWeb({ host, port }: WebAddress, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(nextChild, ['start', '--hostname', host, '--port', String(port)], {
    cwd: projectRoot,
    env: { ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    execArgv: [],
    // Next's banner names another address; what goes wrong comes on stderr.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** One clear sentence before anything is started, rather than a stack trace after. */
export async function requireFreePort({ host, port }: WebAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(asPortError(error, { host, port })));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

function asPortError(error: NodeJS.ErrnoException, { host, port }: WebAddress): Error {
  if (error.code === 'EADDRINUSE') {
    return new AppError(
      'PORT_IN_USE',
      `Port ${port} is in use: end the program that uses it, or choose another one with --port.`,
    );
  }
  if (error.code === 'EACCES') {
    return new AppError('PORT_IN_USE', `This user may not use port ${port}: choose one above 1023 with --port.`);
  }
  return new AppError(
    'PORT_IN_USE',
    `Nothing can listen on ${host}:${port} (${error.message}): check --host and --port.`,
  );
}

/** The address that a person opens: a host that means "everywhere" is not one. */
export function addressOf({ host, port }: WebAddress): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Settles once the pages answer; false when `signal` fired first. */
export async function waitForWeb(address: WebAddress, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await fetch(`${addressOf(address)}/icon.svg`, { signal, redirect: 'manual' });
      return true;
    } catch {
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}
