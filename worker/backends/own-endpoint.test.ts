// Our two ends of OpenAI's protocol, one against the other: a remote sampler that asks our own endpoint gives what the
// engine gives.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplingConfigSchema } from '../../engine/config.ts';
import { createEndpoint } from '../../server/openai/endpoint.ts';
import { createApiKey } from '../../server/services/api-keys.ts';
import { seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { type RequestServer, startRequestServer } from '../../test/request-server.ts';
import { openLocalArtifacts } from '../artifacts.ts';
import { type Engine, openEngine } from '../engine-client.ts';
import { heartbeat } from '../liveness.ts';
import { modelFolder } from '../sampling.ts';
import { openServing, type ServingService } from '../serving.ts';
import { openRemoteSampler } from './openai.ts';

const secret = 'a secret for tests, long enough';
let database: TestDatabase;
let folder: string;
let engine: Engine;
let serving: ServingService;
let web: RequestServer;
let apiKey: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(path.join(tmpdir(), 'rankloop-own-'));
  await seedDemo(database.db);
  engine = openEngine({ device: 'cpu' });
  serving = await openServing({ engine, artifacts: openLocalArtifacts(folder), secret });
  await heartbeat(database.db, { id: crypto.randomUUID(), name: 'test', device: 'cpu', serveUrl: serving.url });
  const endpoint = createEndpoint({ db: database.db, secret });
  web = await startRequestServer((request) =>
    request.url.endsWith('/chat/completions') ? endpoint.chatCompletions(request) : endpoint.completions(request),
  );
  apiKey = (await createApiKey(database.db, await addPerson(database.db, 'admin'), { name: 'test' })).key;
});
afterAll(async () => {
  await web.close();
  await serving.close();
  await engine.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

test('the same texts, ends and log-probs as from the engine itself', async () => {
  const requests = [
    { id: 'chat', prompt: [{ role: 'user', content: 'Is the red teapot in stock?' }], n: 3, seed: 11 },
    { id: 'text', prompt: 'Is the', n: 2, seed: 12 },
    { id: 'ids', prompt: { tokenIds: [5, 6, 7] }, n: 1, seed: 13 },
  ];
  const config = samplingConfigSchema.parse({ temperature: 1.5, top_k: 30, max_new_tokens: 20, stop: ['.'] });
  const remote = openRemoteSampler({ baseUrl: `${web.url}/v1`, model: 'sft', apiKey });
  const theirs = new Map<string, { text: string; finishReason: string; logp: number | null }>();
  for await (const chunk of remote.sample(requests, config)) {
    if (chunk.type === 'response') theirs.set(`${chunk.id} ${chunk.index}`, chunk.response);
  }
  const model = { model: modelFolder('demo/model'), adapter: null };
  let compared = 0;
  for await (const chunk of engine.sample(model, requests, config)) {
    if (chunk.type !== 'response') continue;
    const { text, finishReason, logp } = chunk.response;
    const other = theirs.get(`${chunk.id} ${chunk.index}`);
    expect(other).toMatchObject({ text, finishReason });
    expect(other?.logp).toBeCloseTo(logp, 4);
    compared++;
  }
  expect(compared).toBe(6);
  expect(theirs.size).toBe(6);
});

test('a wrong key is told as such', async () => {
  const remote = openRemoteSampler({ baseUrl: `${web.url}/v1`, model: 'sft', apiKey: 'rl-wrong' });
  const asked = remote.sample([{ id: 'a', prompt: 'x', n: 1, seed: 1 }], samplingConfigSchema.parse({}));
  await expect(asked[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'BACKEND_REFUSED',
    message: expect.stringContaining('does not accept the API key'),
  });
});
