// A worker's internal service over real HTTP, with the real engine: who may call it, what it streams, and that a person
// is answered while a round trains.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServedChunk, ServedRequest } from '../domain/serving.ts';
import { samplingConfigSchema, trainConfigSchema } from '../engine/config.ts';
import type { TrainingPair } from '../engine/ports.ts';
import { openLocalArtifacts } from '../server/artifacts.ts';
import { serveSample } from '../server/services/serving.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { waitFor } from '../test/wait.ts';
import { type Engine, openEngine } from './engine-client.ts';
import { heartbeat, signOff } from './liveness.ts';
import { modelFolder } from './sampling.ts';
import { openServing, type ServingService } from './serving.ts';
import { createWaitingRoom } from './waiting-room.ts';

const secret = 'a secret for tests, long enough';
const worker = { id: crypto.randomUUID(), name: 'test', device: 'cpu' };
let database: TestDatabase;
let dataDir: string;
let engine: Engine;
let serving: ServingService;
let beats: NodeJS.Timeout;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-serving-'));
  engine = openEngine({ device: 'cpu' });
  const artifacts = openLocalArtifacts(path.join(dataDir, 'artifacts'));
  serving = await openServing({ engine, artifacts, secret }, { patienceMs: 400, places: 1 });
});
afterAll(async () => {
  clearInterval(beats);
  await serving.close();
  await engine.close();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const question = [{ role: 'user', content: 'Is the blue teapot in stock?' }];
const request = (more: Partial<ServedRequest> = {}): ServedRequest => ({
  modelDir: 'demo/model',
  adapterKey: null,
  prompts: [question],
  n: 1,
  seed: 7,
  config: samplingConfigSchema.parse({ max_new_tokens: 24 }),
  stream: false,
  ...more,
});
/** Nobody's end of sequence, so that it takes its time. */
const long = () =>
  request({ stream: true, n: 8, config: samplingConfigSchema.parse({ max_new_tokens: 240, temperature: 9 }) });
const serve = (asked: ServedRequest, signal = new AbortController().signal) =>
  serveSample({ db: database.db, secret }, asked, signal);
async function collect(chunks: AsyncIterable<ServedChunk>): Promise<ServedChunk[]> {
  const all: ServedChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

describe('finding a worker', () => {
  test('without one, or with silent ones only, is told', async () => {
    await expect(collect(serve(request()))).rejects.toMatchObject({
      code: 'WORKER_UNAVAILABLE',
      message: expect.stringContaining('No worker is running'),
    });
  });

  test('one that is gone is passed over; the next one answers', async () => {
    const beat = () => heartbeat(database.db, { ...worker, serveUrl: serving.url });
    await beat();
    beats = setInterval(() => void beat(), 3_000);
    const dead = { id: crypto.randomUUID(), name: 'dead', device: 'cpu', serveUrl: 'http://127.0.0.1:1' };
    await heartbeat(database.db, dead);
    expect(await collect(serve(request()))).toHaveLength(1);
    await signOff(database.db, dead.id);
  });

  test('another secret is not accepted', async () => {
    const stranger = serveSample(
      { db: database.db, secret: 'another secret' },
      request(),
      new AbortController().signal,
    );
    await expect(collect(stranger)).rejects.toMatchObject({
      code: 'WORKER_UNAVAILABLE',
      message: expect.stringContaining('RANKLOOP_SECRET'),
    });
    for (const authorization of [undefined, 'Bearer ', 'Bearer x', 'Basic x']) {
      const response = await fetch(`${serving.url}/sample`, {
        method: 'POST',
        body: JSON.stringify(request()),
        headers: authorization ? { authorization } : {},
      });
      expect(response.status).toBe(401);
    }
  });
});

describe('a request', () => {
  test('gives each response once, with its tokens, the same as a job would', async () => {
    const prompts = [question, 'Is the', { tokenIds: [5, 6, 7] }];
    const chunks = await collect(serve(request({ prompts, n: 2 })));
    expect(chunks.map(({ prompt, index }) => `${prompt} ${index}`).sort()).toEqual([
      '0 0',
      '0 1',
      '1 0',
      '1 1',
      '2 0',
      '2 1',
    ]);
    const jobs = new Map<string, string>();
    const requests = prompts.map((prompt, i) => ({ id: String(i), prompt, n: 2, seed: 7 }));
    const model = { model: modelFolder('demo/model'), adapter: null };
    for await (const chunk of engine.sample(model, requests, request().config)) {
      if (chunk.type === 'response') jobs.set(`${chunk.id} ${chunk.index}`, chunk.response.text);
    }
    for (const chunk of chunks) {
      if (chunk.type !== 'response') throw new Error('no stream was asked for');
      expect(chunk.text).toBe(jobs.get(`${chunk.prompt} ${chunk.index}`));
      expect(chunk.tokens.join('')).toBe(chunk.text);
      expect(chunk.tokenLogps).toHaveLength(chunk.tokens.length);
      if (chunk.prompt === 2) expect(chunk.promptTokens).toBe(3);
    }
  });

  test('streams the text as it grows', async () => {
    const chunks = await collect(serve({ ...long(), n: 1 }));
    const texts = chunks.map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(3);
    for (const [i, text] of texts.slice(1).entries()) expect(text.startsWith(texts[i] ?? '')).toBe(true);
    expect(chunks.at(-1)?.type).toBe('response');
  });

  test("keeps the engine's words when it cannot be answered, and what is no request is refused", async () => {
    await expect(collect(serve(request({ prompts: [''] })))).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(collect(serve(request({ modelDir: 'demo/none' })))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
    });
    await expect(collect(serve(request({ n: 0 })))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('is cancelled on the worker when its reader leaves, and the next one is served', async () => {
    const started = performance.now();
    for await (const chunk of serve(long())) {
      expect(chunk.type).toBe('progress');
      break;
    }
    expect(await collect(serve(request()))).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  test('waits its turn, but not for long, and a full line is told at once', async () => {
    const controller = new AbortController();
    const first = collect(serve({ ...long(), n: 64 }, controller.signal));
    await sleep(100);
    const second = collect(serve(request()));
    await sleep(50);
    await expect(collect(serve(request()))).rejects.toMatchObject({
      code: 'WORKER_BUSY',
      message: expect.stringContaining('waiting'),
    });
    await expect(second).rejects.toMatchObject({ code: 'WORKER_BUSY', message: expect.stringContaining('0.4 s') });
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    await waitFor('the place is free again', () => collect(serve(request())).catch(() => null));
  });
});

test('a person is answered while a job samples from the same model, and the job comes out the same', async () => {
  const model = { model: modelFolder('demo/model'), adapter: null };
  // Several batches: when the first response is there, most are still to come.
  const requests = Array.from({ length: 24 }, (_, i) => ({ id: String(i), prompt: question, n: 8, seed: i }));
  const texts = { alone: new Map<string, string>(), beside: new Map<string, string>() };
  const sampleInto = async (into: Map<string, string>) => {
    for await (const chunk of engine.sample(model, requests, { ...long().config, max_new_tokens: 64 })) {
      if (chunk.type === 'response') into.set(`${chunk.id} ${chunk.index}`, chunk.response.text);
    }
  };
  await sampleInto(texts.alone);
  const job = sampleInto(texts.beside);
  await waitFor('the job is under way', async () => texts.beside.size > 0);
  expect(await collect(serve(request()))).toHaveLength(1);
  expect(texts.beside.size).toBeLessThan(requests.length * 8);
  await job;
  expect(texts.beside).toEqual(texts.alone);
});

test('a line is served in order; who leaves it does not hold it up', async () => {
  const room = createWaitingRoom({ places: 3, patienceMs: 10_000 });
  const order: number[] = [];
  const leaver = new AbortController();
  const enter = (number: number, signal = new AbortController().signal) =>
    room.enter(async () => {
      await sleep(5);
      order.push(number);
    }, signal);
  const gone = enter(0).then(() => undefined);
  const waiting = [enter(1), enter(2, leaver.signal), enter(3)];
  leaver.abort();
  const outcomes = await Promise.allSettled([gone, ...waiting]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual([0, 1, 3]);
});

test('a person is answered while a round trains, and the round comes out the same', { timeout: 240_000 }, async () => {
  const pairs: TrainingPair[] = Array.from({ length: 48 }, (_, i) => ({
    prompt: [{ role: 'user', content: `Is the ${['blue', 'red', 'grey'][i % 3]} teapot in stock?` }],
    chosen: `Yes, we have ${i} of the teapots here.`,
    rejected: `No, ${i} go away.`,
  }));
  const config = trainConfigSchema.parse({
    learning_rate: 1e-3,
    per_device_train_batch_size: 4,
    num_train_epochs: 6,
    max_prompt_length: 128,
  });
  const trainInto = (out: string, onStep: (step: number) => void) =>
    engine.train(
      { model: modelFolder('demo/model'), adapter: null, reference: 'base', pairs, config, out },
      async ({ step }) => onStep(step),
    );
  const hashOf = (folder: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, 'adapter_model.safetensors')))
      .digest('hex');

  const alone = await trainInto(path.join(dataDir, 'alone'), () => undefined);
  let step = 0;
  let isTraining = true;
  const beside = trainInto(path.join(dataDir, 'beside'), (at) => {
    step = at;
  }).finally(() => {
    isTraining = false;
  });
  await waitFor('training is under way', async () => step >= 3);
  const waits: number[] = [];
  for (let asked = 0; asked < 2; asked++) {
    const started = performance.now();
    const [answer] = await collect(serve(request()));
    waits.push(performance.now() - started);
    expect(answer?.type).toBe('response');
    expect(isTraining).toBe(true);
  }
  const stepWhenAnswered = step;
  const result = await beside;
  expect(result.steps).toBe(alone.steps);
  expect(stepWhenAnswered).toBeLessThan(result.steps);
  expect(hashOf(path.join(dataDir, 'beside'))).toBe(hashOf(path.join(dataDir, 'alone')));
  console.log(
    `answered in ${waits.map(Math.round).join(' and ')} ms beside a training of ${result.seconds.toFixed(1)} s`,
  );
});
