// A minimum margin of scores: which pairs it leaves out, and where it has nothing to compare.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { responses } from '../../db/schema/data.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import { datasetVersions, judges, rounds } from '../../db/schema/project.ts';
import { trainConfigSchema } from '../../engine/config.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { listPairs, summarizePairs } from './pairs.ts';
import { getRound, startRound } from './rounds.ts';

let database: TestDatabase;
let projectId: string;
let judgeId: string;
let admin: User;
let taskIds: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  admin = await addPerson(database.db, 'admin');
  const [oracle] = await database.db.select().from(judges).where(eq(judges.kind, 'oracle'));
  judgeId = oracle?.id ?? '';
  taskIds = await addTasks(database.db, projectId, 4);
  await rank(taskIds[0], null);
});
afterAll(() => database.drop());

/** Ranks a task's responses by their ordinals; with `scores` as a judge, without as a person. */
async function rank(taskId = '', scores: number[] | null = null): Promise<void> {
  const [task] = await database.db.select().from(tasks).where(eq(tasks.id, taskId));
  const answers = await database.db
    .select()
    .from(responses)
    .where(eq(responses.promptId, task?.promptId ?? ''))
    .orderBy(responses.ordinal);
  await database.db.insert(rankings).values({
    taskId,
    ...(scores ? { judgeId } : { userId: admin.id }),
    tiers: answers.map(({ id }) => [id]),
    scores: scores ? Object.fromEntries(answers.map(({ id }, i) => [id, scores[i] ?? 0])) : null,
    shownOrder: answers.map(({ ordinal }) => ordinal),
    submissionId: crypto.randomUUID(),
  });
}

const start = (minMargin: number | null) =>
  startRound(database.db, admin, {
    projectId,
    config: trainConfigSchema.parse({}),
    pairPolicy: 'best-worst',
    minMargin,
    reference: 'sft',
    judgeId,
  });

test('where no ranking has scores, a minimum margin is refused with what to do, and nothing is frozen', async () => {
  await expect(start(0.5)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/^No ranking of these pairs has scores.*or leave it out\.$/),
  });
  expect(await database.db.select().from(datasetVersions)).toEqual([]);
});

test('it leaves out pairs whose scores are closer, counts them, and keeps those without scores', async () => {
  await rank(taskIds[1], [3, 2, 0.5]); // 2.5 apart from best to worst, 1 from best to second
  await rank(taskIds[2], [1, 0.9, 0.5]); // 0.5 and 0.1
  await rank(taskIds[3], [-1, -2, -3]); // 2 and 1
  const summary = (minMargin: number | null, pairPolicy: 'best-worst' | 'all' = 'best-worst') =>
    summarizePairs(database.db, { projectId, pairPolicy, minMargin });
  expect(await summary(null)).toMatchObject({ pairs: 4, tooClose: 0, withScores: 3, byPeople: 1, byJudges: 3 });
  // As far apart as asked is far enough.
  expect(await summary(2)).toMatchObject({ pairs: 3, tooClose: 1, withScores: 3, byPeople: 1, byJudges: 2 });
  expect(await summary(100)).toMatchObject({ pairs: 1, tooClose: 3, byPeople: 1, byJudges: 0, rankings: 1 });
  expect(await summary(1, 'all')).toMatchObject({ pairs: 3 + 3 + 0 + 3, tooClose: 3 });
  const { items } = await listPairs(database.db, { projectId, minMargin: 2, limit: 10 });
  expect(items.map(({ scoreGap }) => scoreGap)).toEqual([2, 2.5, null]);
});

test('a round freezes what is left, and states the margin', async () => {
  const { roundId } = await start(2);
  const { dataset } = await getRound(database.db, { roundId });
  expect(dataset).toMatchObject({ pairCount: 3, minMargin: 2, conditions: [] });
  await database.db.delete(rounds);
  await database.db.delete(datasetVersions);
});

test('a margin that leaves no pair is refused', async () => {
  await database.db.delete(rankings).where(eq(rankings.taskId, taskIds[0] ?? ''));
  await expect(start(100)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'All pairs are closer than the minimum margin of 100: lower it.',
  });
});
