// Models, registered and brought from a server that speaks the Hub's API. Real Postgres, real files, the real engine.
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobRuns } from '../db/schema/jobs.ts';
import { settings } from '../db/schema/people.ts';
import { models } from '../db/schema/training.ts';
import { openLocalArtifacts } from '../server/artifacts.ts';
import { setHubToken } from '../server/services/hub-token.ts';
import { cancelJob } from '../server/services/job-end.ts';
import { getJob } from '../server/services/jobs.ts';
import { addFromHub, registerFolder, removeModel, requireModel, retryModel } from '../server/services/models.ts';
import { type HubServer, startHubServer } from '../test/hub-server.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { spawnScript } from '../test/tsx.ts';
import { waitFor } from '../test/wait.ts';
import { attemptJob } from './attempt.ts';
import type { WorkerServices } from './context.ts';
import { openEngine } from './engine-client.ts';
import { openHub } from './hub.ts';

const fixture = fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url));
const workerScript = fileURLToPath(new URL('../test/start-worker.ts', import.meta.url));
const secret = 'a secret for tests, long enough';
const commit = 'c'.repeat(40);
const weights = readFileSync(path.join(fixture, 'model.safetensors'));

let database: TestDatabase;
let hub: HubServer;
let services: WorkerServices;
let root: string;
let modelsDir: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  hub = await startHubServer();
  root = mkdtempSync(path.join(tmpdir(), 'rankloop-models-'));
  modelsDir = path.join(root, 'models');
  mkdirSync(modelsDir);
  services = {
    db: database.db,
    engine: openEngine({ device: 'cpu' }),
    artifacts: openLocalArtifacts(path.join(root, 'artifacts')),
    dataDir: root,
    modelsDir,
    hubEndpoint: hub.url,
    secret,
  };
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await services.engine.close();
  await hub.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  hub.repositories.clear();
  hub.repositories.set('tiny/llama', { folder: fixture, commits: { main: commit } });
  hub.requests.length = 0;
  hub.slowly = null;
  hub.cutAfter = null;
});

/** One attempt at a model's job, as the queue would make it. */
async function work({ jobRunId }: { jobRunId: string }, number = 1) {
  const [job] = await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId));
  const stop = new AbortController().signal;
  const name = job?.name === 'download' ? 'download' : 'inspect';
  await attemptJob(services, name, job?.payload, { number, workerId: crypto.randomUUID(), stop });
}

const modelOf = ({ modelId }: { modelId: string }) => requireModel(database.db, modelId);
const forget = ({ modelId }: { modelId: string }) => removeModel(database.db, modelsDir, { modelId });

describe('a folder', () => {
  test('is looked into by the engine and becomes ready with what it is', async () => {
    cpSync(fixture, path.join(modelsDir, 'own', 'llama'), { recursive: true });
    const added = await registerFolder(database.db, modelsDir, { folder: 'own/llama' });
    await work(added);
    const model = await modelOf(added);
    expect(model).toMatchObject({ status: 'ready', name: 'llama', source: 'folder', folder: 'own/llama', error: null });
    expect(model.facts).toMatchObject({ architecture: 'LlamaForCausalLM', dtypes: ['F32'], hasChatTemplate: true });
    expect(model.facts?.memory.needs[0]).toMatchObject({ device: 'cpu', precision: 'fp32' });
    await expect(registerFolder(database.db, modelsDir, { folder: 'own/llama' })).rejects.toThrow('registered already');
    await forget(added);
    expect(existsSync(path.join(modelsDir, 'own', 'llama', 'config.json'))).toBe(true);
  });

  test('that cannot be used says why, and can be looked into again once mended', async () => {
    const folder = path.join(modelsDir, 'cut');
    cpSync(fixture, folder, { recursive: true });
    writeFileSync(path.join(folder, 'model.safetensors'), weights.subarray(0, weights.length - 100));
    const added = await registerFolder(database.db, modelsDir, { folder: 'cut' });
    await work(added);
    const failed = await modelOf(added);
    expect(failed.status).toBe('failed');
    expect(failed.error).toContain('model.safetensors');
    writeFileSync(path.join(folder, 'model.safetensors'), weights);
    await work(await retryModel(database.db, added));
    expect(await modelOf(added)).toMatchObject({ status: 'ready', error: null });
    await forget(added);
  });

  test.each(['../outside', '/etc', 'a/../../outside', '.', '.hidden', 'a\\b', ''])(
    'called "%s" is refused',
    async (folder) => {
      await expect(registerFolder(database.db, modelsDir, { folder })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    },
  );

  test('that is, or holds, a link out of the models directory is refused', async () => {
    const outside = path.join(root, 'outside');
    cpSync(fixture, outside, { recursive: true });
    symlinkSync(outside, path.join(modelsDir, 'escape'));
    mkdirSync(path.join(modelsDir, 'mixed'));
    symlinkSync(path.join(outside, 'config.json'), path.join(modelsDir, 'mixed', 'config.json'));
    for (const folder of ['escape', 'mixed']) {
      await expect(registerFolder(database.db, modelsDir, { folder })).rejects.toThrow(
        'leads out of the models directory',
      );
    }
    // A link that is set after registering is met by the worker.
    cpSync(fixture, path.join(modelsDir, 'later'), { recursive: true });
    const added = await registerFolder(database.db, modelsDir, { folder: 'later' });
    rmSync(path.join(modelsDir, 'later'), { recursive: true });
    symlinkSync(outside, path.join(modelsDir, 'later'));
    await work(added);
    expect(await modelOf(added)).toMatchObject({ status: 'failed', error: expect.stringContaining('leads out') });
  });

  test("of a Hub cache, whose files are links inside its tree, is one of the directory's own", async () => {
    const cache = path.join(modelsDir, 'models--tiny--llama');
    const snapshot = path.join(cache, 'snapshots', commit);
    cpSync(fixture, path.join(cache, 'blobs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    for (const name of [
      'config.json',
      'generation_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors',
      'chat_template.jinja',
    ]) {
      symlinkSync(path.join('..', '..', 'blobs', name), path.join(snapshot, name));
    }
    const added = await registerFolder(database.db, modelsDir, { folder: `models--tiny--llama/snapshots/${commit}` });
    await work(added);
    expect(await modelOf(added)).toMatchObject({ status: 'ready' });
    await forget(added);
  });
});

describe('a Hub model', () => {
  const target = () => path.join(modelsDir, `tiny--llama--${commit.slice(0, 12)}`);

  test('is pinned to its commit, downloaded whole and recognised; its token stays with the Hub', async () => {
    hub.repositories.set('tiny/llama', { folder: fixture, commits: { main: commit }, token: 'hf_right' });
    await setHubToken(database.db, secret, 'hf_right');
    expect(JSON.stringify(await database.db.select().from(settings))).not.toContain('hf_right');
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    await work(added);
    expect(await modelOf(added)).toMatchObject({ status: 'ready', hubRevision: 'main', hubCommit: commit });
    expect(readFileSync(path.join(target(), 'model.safetensors')).equals(weights)).toBe(true);
    expect(existsSync(path.join(target(), 'README.md'))).toBe(false);
    const job = await getJob(database.db, added);
    expect(job).toMatchObject({ status: 'done' });
    expect(job.done).toBeGreaterThanOrEqual(job.total - 1);
    const fromStore = hub.requests.filter(({ origin }) => origin === 'store');
    expect(fromStore.length).toBeGreaterThan(0);
    expect(fromStore.every(({ token }) => token === null)).toBe(true);
    // Every file is asked for by the commit, so that a branch that moves changes nothing.
    expect(hub.requests.filter(({ path: at }) => at.includes('/resolve/main/'))).toEqual([]);

    const again = await addFromHub(database.db, { hubId: 'tiny/llama', revision: commit });
    await work(again);
    expect(await modelOf(again)).toMatchObject({ status: 'failed', error: expect.stringContaining('already') });
    await forget(again);
    expect(existsSync(target())).toBe(true);
    await forget(added);
    expect(existsSync(target())).toBe(false);
    await setHubToken(database.db, secret, null);
  });

  test('goes on by range where the connection was cut', async () => {
    hub.cutAfter = 50_000;
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    await expect(work(added)).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    await work(added, 2);
    expect(await modelOf(added)).toMatchObject({ status: 'ready' });
    const ranges = hub.requests.filter(({ range }) => range && range !== 'bytes=0-0');
    expect(ranges.map(({ origin }) => origin)).toEqual(['hub', 'store']);
    expect(ranges[0]?.range).not.toMatch(/^bytes=0-/);
    expect(readFileSync(path.join(target(), 'model.safetensors')).equals(weights)).toBe(true);
    await forget(added);
  });

  test('goes on where a killed worker stood', async () => {
    hub.slowly = { bytes: 20_000, pauseMs: 150 };
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    const worker = spawnScript(workerScript, [database.url, root], { ...process.env, RANKLOOP_HUB_ENDPOINT: hub.url });
    started.push(worker);
    const part = path.join(modelsDir, `.partial-${added.modelId}`, 'model.safetensors.part');
    await waitFor('a part of the weights', async () => existsSync(part) && readFileSync(part).length > 40_000);
    worker.kill('SIGKILL');
    const kept = readFileSync(part).length;
    expect(kept).toBeLessThan(weights.length);
    hub.slowly = null;
    // The branch moves meanwhile: the model stays what it was pinned to.
    hub.repositories.set('tiny/llama', { folder: fixture, commits: { main: 'd'.repeat(40), old: commit } });
    hub.requests.length = 0;
    await work(added, 2);
    expect(await modelOf(added)).toMatchObject({ status: 'ready', hubCommit: commit });
    const range = hub.requests.find(({ range }) => range && range !== 'bytes=0-0')?.range ?? '';
    expect(Number(/^bytes=(\d+)-/.exec(range)?.[1])).toBeGreaterThanOrEqual(kept - 20_000);
    expect(
      createHash('sha256')
        .update(readFileSync(path.join(target(), 'model.safetensors')))
        .digest('hex'),
    ).toBe(createHash('sha256').update(weights).digest('hex'));
    await forget(added);
  });

  test('starts a file again whose kept part is wrong, and refuses one that stays wrong', async () => {
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    const partial = path.join(modelsDir, `.partial-${added.modelId}`);
    mkdirSync(partial, { recursive: true });
    writeFileSync(path.join(partial, 'model.safetensors.part'), Buffer.alloc(1000, 1));
    await work(added);
    expect(await modelOf(added)).toMatchObject({ status: 'ready' });
    await forget(added);

    const changed = Buffer.from(weights);
    changed[weights.length - 1] = (changed[weights.length - 1] ?? 0) ^ 1;
    for (const tampered of [changed, weights.subarray(0, 1000)]) {
      hub.repositories.set('tiny/llama', {
        folder: fixture,
        commits: { main: commit },
        tampered: { 'model.safetensors': tampered },
      });
      const wrong = await addFromHub(database.db, { hubId: 'tiny/llama' });
      await work(wrong);
      expect(await modelOf(wrong)).toMatchObject({ status: 'failed', error: expect.stringContaining('size or hash') });
      expect(existsSync(target())).toBe(false);
      await forget(wrong);
    }
  });

  test('that is gated, private, missing or no transformers model says so', async () => {
    hub.repositories.set('gated/llama', { folder: fixture, commits: { main: commit }, token: 'hf_right' });
    const empty = path.join(root, 'empty');
    mkdirSync(empty);
    hub.repositories.set('tiny/gguf', { folder: empty, commits: { main: commit } });
    const refusal = async (hubId: string, revision = 'main') => {
      const added = await addFromHub(database.db, { hubId, revision });
      await work(added);
      const { error } = await modelOf(added);
      await forget(added);
      return error;
    };
    expect(await refusal('gated/llama')).toContain('enter a token');
    expect(await refusal('no/such')).toContain('enter a token');
    expect(await refusal('tiny/llama', 'nowhere')).toContain('does not exist');
    expect(await refusal('tiny/gguf')).toContain('has no config.json');
    // An unknown architecture is refused before its weights have come.
    const unknown = path.join(root, 'unknown');
    cpSync(fixture, unknown, { recursive: true });
    const config = JSON.parse(readFileSync(path.join(unknown, 'config.json'), 'utf8'));
    writeFileSync(
      path.join(unknown, 'config.json'),
      JSON.stringify({ ...config, architectures: ['MambaForCausalLM'] }),
    );
    hub.repositories.set('tiny/mamba', { folder: unknown, commits: { main: commit } });
    expect(await refusal('tiny/mamba')).toContain('MambaForCausalLM');
    expect(hub.requests.filter(({ path: at }) => at.includes('mamba') && at.endsWith('.safetensors'))).toEqual([]);
    await setHubToken(database.db, secret, 'hf_wrong');
    expect(await refusal('gated/llama')).toContain('accept its terms');
    expect(await refusal('no/such')).toContain('does not exist');
    expect(JSON.stringify(await database.db.select().from(jobRuns))).not.toContain('hf_wrong');
    await setHubToken(database.db, 'another secret, also long enough', 'hf_right');
    expect(await refusal('gated/llama')).toContain('enter it again');
    await setHubToken(database.db, secret, null);
  });

  test('that the disk has no room for is refused before it comes', async () => {
    const sizes = { 'model.safetensors': 1e15 };
    hub.repositories.set('tiny/llama', { folder: fixture, commits: { main: commit }, sizes });
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    await work(added);
    expect(await modelOf(added)).toMatchObject({ status: 'failed', error: expect.stringContaining('make room') });
    await forget(added);
  });

  test('is given up on a connection over which nothing comes', async () => {
    hub.slowly = { bytes: 10_000, pauseMs: 1_000 };
    const options = { endpoint: hub.url, token: null, signal: new AbortController().signal, silenceMs: 200 };
    const silent = openHub(options);
    const file = (await silent.list('tiny/llama', commit)).find(({ path: at }) => at === 'model.safetensors');
    if (!file) throw new Error('no weights');
    const reading = silent.read('tiny/llama', commit, file, 0, async () => true);
    await expect(reading).rejects.toMatchObject({
      code: 'HUB_UNAVAILABLE',
      message: expect.stringContaining('nothing came'),
    });
  });

  test('that is cancelled keeps its part and goes on later; it cannot be removed while it comes', async () => {
    hub.slowly = { bytes: 10_000, pauseMs: 100 };
    const added = await addFromHub(database.db, { hubId: 'tiny/llama' });
    const running = work(added);
    await waitFor('the download', async () => (await getJob(database.db, added)).done > 0);
    await expect(forget(added)).rejects.toMatchObject({ code: 'CONFLICT' });
    await cancelJob(database.db, added);
    await running;
    expect(await getJob(database.db, added)).toMatchObject({ status: 'cancelled' });
    expect(await modelOf(added)).toMatchObject({ status: 'failed', error: expect.stringContaining('stopped') });
    hub.slowly = null;
    await work(await retryModel(database.db, added));
    expect(await modelOf(added)).toMatchObject({ status: 'ready' });
    await forget(added);
    expect((await database.db.select().from(models).where(eq(models.id, added.modelId))).length).toBe(0);
  });
});
