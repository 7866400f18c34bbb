// A reward model from its training to the round that it judges: trained, put into the models directory, added as a judge,
// and asked. Real Postgres, real files, the real engine, and a worker's real service.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { prompts, responses } from '../db/schema/data.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { judgements, rankings } from '../db/schema/labelling.ts';
import { judges, projects } from '../db/schema/project.ts';
import { evaluationItems } from '../db/schema/training.ts';
import { pairRowSchema, parseJsonLines, toTrainingPair } from '../domain/formats.ts';
import { samplingConfigSchema, trainConfigSchema } from '../engine/config.ts';
import { rewardConfigSchema } from '../engine/reward-config.ts';
import { trainReward } from '../engine/training/reward.ts';
import { openRewardModel } from '../engine/training/reward-model.ts';
import type { User } from '../server/auth.ts';
import { getJob } from '../server/services/jobs.ts';
import { createJudge, listJudges, removeJudge, startJudging } from '../server/services/judges.ts';
import { registerFolder, removeModel } from '../server/services/models.ts';
import { summarizePairs } from '../server/services/pairs.ts';
import { createProject } from '../server/services/project-create.ts';
import { listRewardChoices } from '../server/services/reward-judges.ts';
import { getRound, startRound } from '../server/services/rounds.ts';
import { startSampling } from '../server/services/samplings.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { attemptOnce, openTestServices } from '../test/worker-services.ts';
import { attemptJob } from './attempt.ts';
import type { WorkerServices } from './context.ts';
import { heartbeat, signOff } from './liveness.ts';
import { openServing, type ServingService } from './serving.ts';

const fixtures = fileURLToPath(new URL('../engine/fixtures/', import.meta.url));

vi.setConfig({ testTimeout: 120_000 });

const worker = { id: crypto.randomUUID(), name: 'test', device: 'cpu' };
let database: TestDatabase;
let services: WorkerServices;
let serving: ServingService;
let beats: NodeJS.Timeout;
let admin: User;
let root: string;
let projectId: string;
let baseModelId: string;
const config = samplingConfigSchema.parse({ max_new_tokens: 12 });

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
  root = mkdtempSync(path.join(tmpdir(), 'rankloop-reward-judge-'));
  services = openTestServices(database.db, root);
  serving = await openServing(services);
  baseModelId = await register('llama', 'base');
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ prompt: `is the red parcel ${i} sent today?` }));
  const project = { modelId: baseModelId, name: 'Mine', prompts: lines.join('\n') };
  projectId = (await createProject(database.db, services.modelsDir, project)).projectId;
  await database.db.update(projects).set({ sampling: config });
});
afterAll(async () => {
  clearInterval(beats);
  await serving.close();
  await services.engine.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

/** One attempt at a job, as the queue would make it. */
async function work({ jobRunId }: { jobRunId: string }) {
  await attemptOnce(services, { jobRunId });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'done', error: null });
}

const place = (folder: string) => path.join(services.modelsDir, folder);
const copy = (fixture: string, folder: string) =>
  cpSync(path.join(fixtures, fixture), place(folder), { recursive: true });
async function register(fixture: string, folder: string): Promise<string> {
  copy(fixture, folder);
  const added = await registerFolder(database.db, services.modelsDir, { folder });
  await work(added);
  return added.modelId;
}

const add = (folder: string, base?: string) =>
  createJudge(database.db, services, {
    projectId,
    name: 'Reward',
    judge: { kind: 'reward', folder, baseModelId: base },
  });

test('without a worker that could look into it, no reward model is taken in', async () => {
  copy('llama-reward', 'given');
  await expect(add('given')).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
  const beat = () => heartbeat(database.db, { ...worker, serveUrl: serving.url });
  await beat();
  beats = setInterval(() => void beat(), 3_000);
});

describe('what is no reward model, or has another base, is refused with the reason:', () => {
  test("a policy's adapter", async () => {
    copy('llama-adapter', 'policy');
    await expect(add('policy')).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringContaining('has no value head "score": give the folder of a reward model'),
    });
  });

  test('a base of another shape', async () => {
    await expect(add('given', await register('mistral_mqa', 'narrow'))).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/belongs to another model|has no linear layer/),
    });
  });

  test('a whole model, a folder that is not there or leads out, one of hostile content', async () => {
    await expect(add('base')).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/^base is no reward model: its adapter_config\.json cannot be read/),
    });
    await expect(add('nowhere')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(add('../artifacts')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    mkdirSync(place('hostile'));
    const config = readFileSync(path.join(fixtures, 'llama-reward', 'adapter_config.json'));
    writeFileSync(path.join(place('hostile'), 'adapter_config.json'), config);
    writeFileSync(path.join(place('hostile'), 'adapter_model.safetensors'), Buffer.alloc(64, 0xff));
    await expect(add('hostile')).rejects.toMatchObject({ code: expect.stringMatching(/INVALID$/) });
  });

  test('and none of them became a judge', async () => {
    expect(await listJudges(database.db, { projectId })).toEqual([]);
  });
});

test('the page offers what lies there; a base that a judge stands on has to stay', async () => {
  const spare = await register('llama', 'spare');
  expect(await listRewardChoices(database.db, services)).toMatchObject({
    folders: expect.arrayContaining(['given', 'policy']),
    bases: expect.arrayContaining([{ id: spare, name: 'spare' }]),
  });
  const judge = await add('given', spare);
  await expect(removeModel(database.db, services.modelsDir, { modelId: spare })).rejects.toThrow(
    'The judge Reward of Mine stands on spare',
  );
  await removeJudge(database.db, { judgeId: judge.id });
  await removeModel(database.db, services.modelsDir, { modelId: spare });
});

test('trained, added, asked: its numbers are kept, rank the responses, filter the pairs and evaluate a round', async () => {
  const pairs = parseJsonLines(pairRowSchema, readFileSync(path.join(fixtures, 'pairs.jsonl'), 'utf8'), 'pairs');
  await trainReward(
    {
      model: place('base'),
      adapter: null,
      pairs: pairs.map((pair) => toTrainingPair(pair)),
      config: rewardConfigSchema.parse({ max_steps: 6, per_device_train_batch_size: 4, learning_rate: 3e-3 }),
      out: place('trained'),
      device: 'cpu',
    },
    () => undefined,
  );
  // Of the same shape as the base, and not the base.
  await expect(add('trained', await register('qwen2', 'twin'))).rejects.toMatchObject({
    code: 'ADAPTER_INVALID',
    message:
      'The adapter was trained on other weights than those in the model: give the base model that it was trained on.',
  });
  const judge = await add('trained');
  expect(judge).toMatchObject({ kind: 'reward', model: 'trained', baseModelDir: expect.stringContaining('base') });

  await work(await startSampling(database.db, { projectId, promptCount: 12, n: 3, config, seed: 3 }));
  // The judge stays what it was when it was added.
  cpSync(place('trained'), path.join(root, 'kept'), { recursive: true });
  rmSync(place('trained'), { recursive: true });
  await work(await startJudging(database.db, { projectId, judgeId: judge.id }));

  const model = await openRewardModel({ model: place('base'), adapter: path.join(root, 'kept'), device: 'cpu' });
  const stored = await database.db.select().from(rankings).where(eq(rankings.judgeId, judge.id));
  expect(stored).toHaveLength(12);
  const gaps: number[] = [];
  for (const { tiers, scores } of stored) {
    const answers = await database.db
      .select({ id: responses.id, text: responses.text, prompt: prompts.messages })
      .from(responses)
      .innerJoin(prompts, eq(prompts.id, responses.promptId))
      .where(inArray(responses.id, tiers.flat()));
    const completions = answers.map(({ text }) => [{ role: 'assistant', content: text }]);
    const rewards = await model.reward(answers[0]?.prompt ?? '', completions);
    for (const [i, { id }] of answers.entries()) expect(scores?.[id]).toBeCloseTo(rewards[i] ?? Number.NaN, 5);
    const inOrder = tiers.map((tier) => tier.map((id) => scores?.[id]));
    for (const tier of inOrder) expect(new Set(tier).size).toBe(1);
    expect(inOrder.flat()).toEqual(inOrder.flat().toSorted((one, other) => (other ?? 0) - (one ?? 0)));
    if (tiers.length > 1) gaps.push((inOrder[0]?.[0] ?? 0) - (inOrder.at(-1)?.[0] ?? 0));
  }
  await model.close();
  const calls = await database.db.select().from(judgements).where(eq(judgements.judgeId, judge.id));
  expect(calls.map(({ scores }) => scores)).toEqual(expect.arrayContaining(stored.map(({ scores }) => scores)));

  const middle = gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? 0;
  const far = gaps.filter((gap) => gap >= middle).length;
  expect(far).toBeLessThan(gaps.length);
  expect(await summarizePairs(database.db, { projectId, minMargin: middle })).toMatchObject({
    pairs: far,
    tooClose: gaps.length - far,
    withScores: gaps.length,
  });
  const { roundId, jobRunId } = await startRound(database.db, admin, {
    projectId,
    config: trainConfigSchema.parse({ max_steps: 2, per_device_train_batch_size: 2, lora: { r: 2 } }),
    pairPolicy: 'best-worst',
    minMargin: middle,
    reference: 'sft',
    judgeId: judge.id,
  });
  await work({ jobRunId });
  const [evaluation] = await database.db.select().from(jobRuns).where(eq(jobRuns.name, 'evaluate'));
  await work({ jobRunId: evaluation?.id ?? '' });
  const detail = await getRound(database.db, { roundId });
  expect(detail.dataset).toMatchObject({ pairCount: far, minMargin: middle });
  expect(detail.judge).toMatchObject({ kind: 'reward' });
  expect(detail.round.status).toBe('finished');
  const items = await database.db.select().from(evaluationItems);
  expect(items.length).toBeGreaterThan(0);
  for (const { verdict } of items) expect(verdict).toMatch(/^response 1: -?[\d.]+, response 2: -?[\d.]+$/);
});

test('a judge whose adapter is gone from the store says so', async () => {
  const [judge] = await database.db.select().from(judges).where(eq(judges.model, 'trained'));
  rmSync(path.join(root, 'artifacts', judge?.adapterKey ?? '-'), { recursive: true });
  await work(await startSampling(database.db, { projectId, promptCount: 1, n: 2, config, seed: 4 }));
  const { jobRunId } = await startJudging(database.db, { projectId, judgeId: judge?.id ?? '' });
  const [job] = await database.db.select().from(jobRuns).where(eq(jobRuns.id, jobRunId));
  const stop = new AbortController().signal;
  await attemptJob(services, 'judge', job?.payload, { number: 1, workerId: crypto.randomUUID(), stop });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/restore that folder/),
  });
  await signOff(database.db, worker.id);
});
