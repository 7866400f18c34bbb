// Persona and tags of a project's prompts, from the file that brings them to what the engine reads: in sampling, on the label
// page, before a judge, in training, in the evaluation and in the export. Real Postgres and the real engine.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { prompts, responses, samplings } from '../db/schema/data.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { projects } from '../db/schema/project.ts';
import { pairs, roundMetrics } from '../db/schema/training.ts';
import type { ConditionName } from '../domain/conditional.ts';
import { mixSeed } from '../domain/random.ts';
import { samplingConfigSchema, trainConfigSchema } from '../engine/config.ts';
import type { ChatMessage } from '../engine/ports.ts';
import type { User } from '../server/auth.ts';
import { exportPairs } from '../server/services/export.ts';
import { getJob } from '../server/services/jobs.ts';
import { createJudge, startJudging } from '../server/services/judges.ts';
import { releaseLeases } from '../server/services/leases.ts';
import { registerFolder } from '../server/services/models.ts';
import { createProject } from '../server/services/project-create.ts';
import { decideRound, getRound, listRoundSamples, roundDefaults, startRound } from '../server/services/rounds.ts';
import { samplingDefaults, startSampling } from '../server/services/samplings.ts';
import { requireNextTask } from '../test/labelling.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { attemptOnce, openTestServices } from '../test/worker-services.ts';
import type { WorkerServices } from './context.ts';

const fixture = fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url));

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
let services: WorkerServices;
let admin: User;
let root: string;
let projectId: string;
const config = samplingConfigSchema.parse({ max_new_tokens: 8 });

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
  root = mkdtempSync(path.join(tmpdir(), 'rankloop-conditions-'));
  services = openTestServices(database.db, root);
  cpSync(fixture, path.join(services.modelsDir, 'base'), { recursive: true });
  const added = await registerFolder(database.db, services.modelsDir, { folder: 'base' });
  await work(added);
  const lines = Array.from({ length: 20 }, (_, i) =>
    JSON.stringify({ prompt: `order ${i}?`, persona: 'You are a clerk.', tags: ['short', `kind ${i % 2}`] }),
  );
  const project = { modelId: added.modelId, name: 'Mine', prompts: lines.join('\n') };
  projectId = (await createProject(database.db, services.modelsDir, project)).projectId;
  await database.db.update(projects).set({ sampling: config });
});
afterAll(async () => {
  await services.engine.close();
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

async function work({ jobRunId }: { jobRunId: string }) {
  await attemptOnce(services, { jobRunId });
  expect(await getJob(database.db, { jobRunId })).toMatchObject({ status: 'done', error: null });
}

const sampling = (promptCount: number, conditions?: ConditionName[]) =>
  startSampling(database.db, { projectId, promptCount, n: 2, config, conditions, seed: 5 });
const model = () => ({ model: path.join(services.modelsDir, 'base'), adapter: null });

type Row = Pick<typeof prompts.$inferSelect, 'messages' | 'tags'>;
/** Written out by hand: the prompt as a policy that knows tags reads it. */
const tagged = ({ messages, tags }: Row): ChatMessage[] => [
  { role: 'user', content: `[${tags[0]}] [${tags[1]}]\n${messages[0]?.content}` },
];
const isTagged = [{ role: 'user', content: expect.stringMatching(/^\[short\] \[kind [01]\]\norder \d+\?$/) }];

test('a first sampling renders nothing if not told to; what no prompt has is refused', async () => {
  expect(await samplingDefaults(database.db, { projectId })).toEqual({
    conditions: [],
    availableConditions: ['persona', 'tags'],
  });
  await database.db.update(prompts).set({ persona: null });
  await expect(sampling(1, ['persona'])).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: 'No prompt of this project has a persona: leave persona out.',
  });
});

test('sampled under a condition, the responses are those of the rendered prompt', async () => {
  await work(await sampling(8, ['tags']));
  const [one] = await database.db
    .select({ prompt: prompts, sampling: samplings, response: responses })
    .from(responses)
    .innerJoin(prompts, eq(prompts.id, responses.promptId))
    .innerJoin(samplings, eq(samplings.id, responses.samplingId))
    .where(eq(responses.ordinal, 1));
  if (!one) throw new Error('no response');
  expect(one.sampling.conditions).toEqual(['tags']);
  const answer = async (prompt: ChatMessage[]) => {
    const request = { id: 'x', prompt, n: 2, seed: mixSeed(5, one.prompt.contentHash) };
    for await (const chunk of services.engine.sample(model(), [request], config))
      if (chunk.type === 'response' && chunk.index === 1) return chunk.response;
    throw new Error('no response');
  };
  const expected = await answer(tagged(one.prompt));
  expect(one.response.tokenIds).toEqual(expected.tokenIds);
  expect(one.response.logp).toBeCloseTo(expected.logp, 5);
  expect((await answer(one.prompt.messages)).logp).not.toBeCloseTo(expected.logp, 3);
});

test('people rank what the policy read', async () => {
  const task = await requireNextTask(database.db, admin, { projectId });
  expect(task.prompt).toEqual(isTagged);
  await releaseLeases(database.db, admin, { leaseIds: [task.leaseId] });
});

test('a round trains, evaluates and exports under its conditions, and so is its policy sampled', async () => {
  const judge = { kind: 'random' } as const;
  const { id: judgeId } = await createJudge(database.db, services, { projectId, name: 'Chance', judge });
  await work(await startJudging(database.db, { projectId, judgeId }));
  expect(await roundDefaults(database.db, { projectId })).toMatchObject({
    conditions: ['tags'],
    availableConditions: ['tags'],
    sampledConditions: [['tags']],
  });
  const { roundId, jobRunId } = await startRound(database.db, admin, {
    projectId,
    config: trainConfigSchema.parse({ max_steps: 1, per_device_train_batch_size: 8, lora: { r: 2 } }),
    pairPolicy: 'best-worst',
    reference: 'sft',
    judgeId,
  });
  await work({ jobRunId });

  // The first step's log-probs are the untrained policy's of the rendered prompts.
  const chosen = alias(responses, 'chosen');
  const rejected = alias(responses, 'rejected');
  const frozen = await database.db
    .select({ prompt: prompts, chosen: chosen.tokenIds, rejected: rejected.tokenIds })
    .from(pairs)
    .innerJoin(prompts, eq(prompts.id, pairs.promptId))
    .innerJoin(chosen, eq(chosen.id, pairs.chosenResponseId))
    .innerJoin(rejected, eq(rejected.id, pairs.rejectedResponseId))
    .orderBy(pairs.ordinal);
  expect(frozen.length).toBeGreaterThan(5);
  const scored = await services.engine.score(
    model(),
    frozen.map((pair) => ({
      prompt: tagged(pair.prompt),
      chosen: { tokenIds: pair.chosen ?? [] },
      rejected: { tokenIds: pair.rejected ?? [] },
    })),
  );
  const [metrics] = await database.db.select().from(roundMetrics).where(eq(roundMetrics.roundId, roundId));
  const mean = scored.reduce((sum, { logpsChosen }) => sum + logpsChosen, 0) / scored.length;
  expect(metrics?.values['logps/chosen']).toBeCloseTo(mean, 3);

  const [evaluation] = await database.db.select().from(jobRuns).where(eq(jobRuns.name, 'evaluate'));
  await work({ jobRunId: evaluation?.id ?? '' });
  const asked = await database.db.select().from(samplings).where(eq(samplings.purpose, 'evaluation'));
  expect(asked.map(({ conditions }) => conditions)).toEqual([['tags'], ['tags']]);
  const { items } = await listRoundSamples(database.db, { roundId, limit: 1 });
  expect(items[0]?.prompt).toEqual(isTagged);

  const { dataset } = await getRound(database.db, { roundId });
  expect(dataset?.conditions).toEqual(['tags']);
  const { chunks } = await exportPairs(database.db, { projectId, format: 'trl', datasetVersionId: dataset?.id });
  let text = '';
  for await (const chunk of chunks) text += chunk;
  expect(createHash('sha256').update(text).digest('hex')).toBe(dataset?.contentHash);
  expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ prompt: isTagged });

  await decideRound(database.db, admin, { roundId, decision: 'promote' });
  expect((await samplingDefaults(database.db, { projectId })).conditions).toEqual(['tags']);
  const { samplingId } = await sampling(2);
  const [next] = await database.db.select().from(samplings).where(eq(samplings.id, samplingId));
  expect(next?.conditions).toEqual(['tags']);
});
