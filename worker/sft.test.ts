// Supervised fine-tuning as a job, from examples to a registered model that a project stands on. Real Postgres, real
// files, the real engine, and a real worker that is killed.
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jobRuns } from '../db/schema/jobs.ts';
import { models, sftRuns } from '../db/schema/training.ts';
import { samplingConfigSchema, sftConfigSchema } from '../engine/config.ts';
import type { User } from '../server/auth.ts';
import { cancelJob } from '../server/services/job-end.ts';
import { enqueue, getJob } from '../server/services/jobs.ts';
import { registerFolder, removeModel, sftFolder } from '../server/services/models.ts';
import { createProject } from '../server/services/project-create.ts';
import { getSftRun, listSftMetrics, listSftWarnings, startSft } from '../server/services/sft.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { firstLine, spawnScript } from '../test/tsx.ts';
import { waitFor } from '../test/wait.ts';
import { attemptOnce, openTestServices } from '../test/worker-services.ts';
import type { WorkerServices } from './context.ts';

const fixture = fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url));
const workerScript = fileURLToPath(new URL('../test/start-worker.ts', import.meta.url));

// A killed worker's job is taken up once its silence is noticed, and other tests want the processor too.
vi.setConfig({ testTimeout: 180_000 });

let database: TestDatabase;
let services: WorkerServices;
let admin: User;
let root: string;
let modelsDir: string;
let modelId: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
  root = mkdtempSync(path.join(tmpdir(), 'rankloop-sft-'));
  modelsDir = path.join(root, 'models');
  cpSync(fixture, path.join(modelsDir, 'base'), { recursive: true });
  services = openTestServices(database.db, root);
  const added = await registerFolder(database.db, modelsDir, { folder: 'base' });
  modelId = added.modelId;
  await work(added);
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await services.engine.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

const work = (job: { jobRunId: string }) => attemptOnce(services, job);

const examples = Array.from({ length: 12 }, (_, i) =>
  JSON.stringify(
    i % 2 === 0
      ? { prompt: `Say ${i}`, completion: ` It is ${i}.` }
      : {
          messages: [
            { role: 'user', content: `Say ${i}` },
            { role: 'assistant', content: `It is ${i}.` },
          ],
        },
  ),
).join('\n');

const settings = { learning_rate: 1e-3, per_device_train_batch_size: 4, num_train_epochs: 4, save_steps: 2 };
const start = (name: string, config: object = {}, data = examples) =>
  startSft(database.db, admin, services, {
    modelId,
    name,
    config: sftConfigSchema.parse({ ...settings, ...config }),
    data,
    dataName: 'examples.jsonl',
  });
const detail = (run: { sftRunId: string }) => getSftRun(database.db, run);
const weightsOf = (name: string) => readFileSync(path.join(modelsDir, name, 'model.safetensors'));

test('trains, tells its metrics, and ends as a model that a project can be started on', async () => {
  const begun = await start('tuned');
  await work(begun);
  const { run, job, result } = await detail(begun);
  expect(run).toMatchObject({ status: 'done', error: null, outcome: { steps: 12, examples: 12, dropped: 0 } });
  expect(run.startedAt && run.finishedAt && run.finishedAt >= run.startedAt).toBe(true);
  expect(job).toMatchObject({ status: 'done', done: 12, total: 12 });

  const metrics = await listSftMetrics(database.db, begun);
  expect(metrics.map(({ step, maxSteps }) => [step, maxSteps])).toEqual(
    Array.from({ length: 12 }, (_, i) => [i + 1, 12]),
  );
  const losses = metrics.map(({ values }) => values.loss ?? Number.NaN);
  expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
  expect(await listSftMetrics(database.db, { ...begun, afterStep: 10 })).toEqual(metrics.slice(10));

  expect(result).toMatchObject({ name: 'tuned', status: 'ready' });
  expect(weightsOf('tuned').equals(weightsOf('base'))).toBe(false);
  expect(readdirSync(path.join(modelsDir, 'tuned')).filter((name) => name.startsWith('checkpoint'))).toEqual([]);
  expect(JSON.parse(readFileSync(path.join(modelsDir, 'tuned', 'fine-tuning.json'), 'utf8'))).toMatchObject({
    run: run.id,
    model: 'base',
    data: run.dataKey,
  });
  expect(existsSync(sftFolder(modelsDir, run.id))).toBe(false);

  const [model] = await database.db
    .select()
    .from(models)
    .where(eq(models.id, result?.id ?? ''));
  expect(model?.facts).toMatchObject({ architecture: 'LlamaForCausalLM', hasChatTemplate: true });
  const prompts = Array.from({ length: 10 }, (_, i) => JSON.stringify({ prompt: `Say ${i}` })).join('\n');
  const project = await createProject(database.db, modelsDir, { modelId: result?.id ?? '', name: 'Mine', prompts });
  expect(project.prompts).toBe(10);
  const sampled = services.engine.sample(
    { model: path.join(modelsDir, 'tuned'), adapter: null },
    [{ id: 'one', prompt: 'Say 2', n: 1, seed: 1 }],
    samplingConfigSchema.parse({ max_new_tokens: 4 }),
  );
  for await (const chunk of sampled)
    if (chunk.type === 'response') expect(chunk.response.tokenIds.length).toBeGreaterThan(0);
});

test('with a share held out it is judged along the way, stops early and gives the best; what its examples show is told', async () => {
  const judged = {
    eval_split: 0.25,
    eval_steps: 1,
    early_stopping_patience: 2,
    load_best_model_at_end: true,
    learning_rate: 0.02,
    num_train_epochs: 100,
  };
  const copies = [examples, ...examples.split('\n').slice(0, 2)].join('\n');
  const begun = await start('judged', judged, copies);
  await work(begun);
  const { run, job } = await detail(begun);
  expect(run).toMatchObject({ status: 'done', error: null, outcome: { stoppedEarly: true, dropped: 0 } });
  const { best, steps = 0, heldOut = 0, examples: trained = 0 } = run.outcome ?? {};
  expect(heldOut).toBeGreaterThanOrEqual(3);
  expect(trained + heldOut).toBe(14);
  expect(steps).toBe((best?.step ?? 0) + 2);
  expect(job).toMatchObject({ status: 'done', done: steps });
  const evaluated = (await listSftMetrics(database.db, begun)).map(({ values }) => values.eval_loss ?? Number.NaN);
  expect(evaluated).toHaveLength(steps);
  expect(best?.value).toBe(Math.min(...evaluated));
  expect(await listSftWarnings(database.db, begun)).toMatchObject([{ kind: 'duplicates', step: 0, examples: [] }]);
  expect(readdirSync(path.join(modelsDir, 'judged')).filter((name) => name.startsWith('checkpoint'))).toEqual([]);
});

test('a killed worker: another goes on from the newest checkpoint, to the same weights', async () => {
  const longer = { num_train_epochs: 60 };
  const whole = await start('whole', longer);
  await work(whole);
  const begun = await start('resumed', longer);
  const first = spawnScript(workerScript, [database.url, root]);
  started.push(first);
  await firstLine(first);
  const attempt = path.join(sftFolder(modelsDir, begun.sftRunId), '1');
  await waitFor('a checkpoint', async () => existsSync(attempt) && readdirSync(attempt).includes('checkpoint-20'));
  first.kill('SIGKILL');
  const atKill = (await listSftMetrics(database.db, begun)).length;
  expect(atKill).toBeLessThan(180);
  const second = spawnScript(workerScript, [database.url, root]);
  started.push(second);
  await waitFor('the run ends', async () => (await detail(begun)).run.status === 'done', 90_000);
  second.kill('SIGKILL');
  const [job] = await database.db.select().from(jobRuns).where(eq(jobRuns.id, begun.jobRunId));
  expect(job?.fence).toBe(2);
  const rows = await listSftMetrics(database.db, begun);
  expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: 180 }, (_, i) => i + 1));
  // The second attempt did not come by the first steps again: their rows are still the first one's.
  expect(rows.map(({ values }) => values.loss)).toEqual(
    (await listSftMetrics(database.db, whole)).map(({ values }) => expect.closeTo(values.loss ?? Number.NaN, 5)),
  );
  expect(weightsOf('resumed').equals(weightsOf('whole'))).toBe(true);
});

test('cancelled while it trains: no model, no files, and the name is free again', async () => {
  const begun = await start('stopped', { num_train_epochs: 1000 });
  const running = work(begun);
  await waitFor('some steps', async () => (await getJob(database.db, begun)).done > 2);
  await expect(removeModel(database.db, modelsDir, { modelId })).rejects.toThrow('cancel that first');
  await cancelJob(database.db, begun);
  await running;
  expect(await detail(begun)).toMatchObject({
    run: { status: 'cancelled' },
    job: { status: 'cancelled' },
    result: null,
  });
  expect(existsSync(sftFolder(modelsDir, begun.sftRunId))).toBe(false);
  expect(existsSync(path.join(modelsDir, 'stopped'))).toBe(false);
  await cancelJob(database.db, await start('stopped'));
});

test('examples that are all too long, and a name taken meanwhile, end it with the reason', async () => {
  const tooLong = await start('too-long', { max_length: 2 });
  await work(tooLong);
  expect(await detail(tooLong)).toMatchObject({
    run: { status: 'failed', error: expect.stringContaining('12 of 12 dropped (longer than 2 tokens)') },
  });

  const late = await start('late');
  mkdirSync(path.join(modelsDir, 'late'));
  await work(late);
  expect(await detail(late)).toMatchObject({ run: { status: 'failed', error: expect.stringContaining('taken') } });
  expect(readdirSync(path.join(modelsDir, 'late'))).toEqual([]);
  // What the failed ones left goes with the next run.
  await work(await start('next', { max_steps: 1 }));
  expect(readdirSync(modelsDir).filter((name) => name.startsWith('.sft-'))).toEqual([]);
});

test('an attempt that was killed after the renaming: its successor registers what it made, and trains nothing', async () => {
  const begun = await start('renamed', { max_steps: 2 });
  await work(begun);
  const { result } = await detail(begun);
  await database.db.delete(models).where(eq(models.id, result?.id ?? ''));
  await database.db
    .update(sftRuns)
    .set({ status: 'training', outcome: null, finishedAt: null })
    .where(eq(sftRuns.id, begun.sftRunId));
  const before = weightsOf('renamed');
  const jobRunId = await database.db.transaction((tx) =>
    enqueue(tx, 'sft', { sftRunId: begun.sftRunId }, { sftRunId: begun.sftRunId, total: 0 }),
  );
  await work({ jobRunId });
  const { run, job, result: again } = await detail(begun);
  expect(run).toMatchObject({ status: 'done', outcome: { steps: 2, examples: 12 } });
  expect(again).toMatchObject({ name: 'renamed', status: 'ready' });
  expect(job?.done).toBe(0);
  expect(weightsOf('renamed').equals(before)).toBe(true);
});
