// The OpenAI-compatible endpoint for tests: the demo project, a worker's service on the real engine, and real HTTP.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLocalArtifacts } from '../server/artifacts.ts';
import type { User } from '../server/auth.ts';
import { createEndpoint } from '../server/openai/endpoint.ts';
import { createApiKey } from '../server/services/api-keys.ts';
import { type Engine, openEngine } from '../worker/engine-client.ts';
import { heartbeat } from '../worker/liveness.ts';
import { openServing } from '../worker/serving.ts';
import { seedDemo } from './demo.ts';
import { addPerson } from './people.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { startRequestServer } from './request-server.ts';

export interface TestEndpoint {
  database: TestDatabase;
  engine: Engine;
  admin: User;
  /** The demo's SFT policy. */
  policyId: string;
  /** Ends with /v1. */
  baseUrl: string;
  apiKey: string;
  secret: string;
  close(): Promise<void>;
}

export async function startTestEndpoint(): Promise<TestEndpoint> {
  const secret = 'a secret for tests, long enough';
  const database = await createTestDatabase();
  const { db } = database;
  const dataDir = mkdtempSync(path.join(tmpdir(), 'rankloop-endpoint-'));
  const policyId = (await seedDemo(db)).sftPolicyId ?? '';
  const admin = await addPerson(db, 'admin');
  const engine = openEngine({ device: 'cpu' });
  const serving = await openServing({ engine, artifacts: openLocalArtifacts(dataDir), secret });
  const worker = { id: crypto.randomUUID(), name: 'test', device: 'cpu', serveUrl: serving.url };
  await heartbeat(db, worker);
  const beats = setInterval(() => void heartbeat(db, worker), 3_000);
  const endpoint = createEndpoint({ db, secret });
  const web = await startRequestServer((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/v1/models') return endpoint.listModels(request);
    const [, model] = /^\/v1\/models\/(.+)$/.exec(pathname) ?? [];
    if (model) return endpoint.getModel(request, decodeURIComponent(model));
    return pathname === '/v1/completions' ? endpoint.completions(request) : endpoint.chatCompletions(request);
  });
  const { key: apiKey } = await createApiKey(db, admin, { name: 'tests' });
  return {
    database,
    engine,
    admin,
    policyId,
    baseUrl: `${web.url}/v1`,
    apiKey,
    secret,
    async close() {
      clearInterval(beats);
      await web.close();
      await serving.close();
      await engine.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
