import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { responses } from '../../db/schema/data.ts';
import { rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { projects } from '../../db/schema/project.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, askerOf, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { labelProgress } from './label-context.ts';
import { undoRanking } from './labels.ts';
import { getOwnRanking, listOwnRankings, reviseRanking } from './own-rankings.ts';
import { livePairs } from './pairs.ts';

type Row = typeof rankings.$inferInsert;

let database: TestDatabase;
let projectId: string;
let ann: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  await database.db.update(projects).set({ rankingsClosedAt: null, labelling: {}, overlap: 1 });
  ann = await addPerson(database.db);
});

const as = (person: User) => askerOf(database.db, person, projectId);
const requireNext = (person: User) => requireNextTask(database.db, person, { projectId });
const idsOf = (task: { responses: { id: string }[] }) => task.responses.map(({ id }) => id) as [string, string, string];
const revise = async (person: User, rankingId: string, tiers: string[][], submissionId: string = randomUUID()) =>
  reviseRanking(database.db, await as(person), {
    submissionId,
    rankingId,
    annotation: annotated(tiers),
    durationMs: 500,
    guidelineId: null,
  });

test('all that a person says is stored, and comes back for them to change', async () => {
  await addTasks(database.db, projectId, 1);
  const task = await requireNext(ann);
  const [a, b, c] = idsOf(task);
  const annotation = annotated([[a], [b, c]], {
    overall: 'all-bad',
    strength: 3,
    flags: [{ flag: 'unsafe', responseId: b }],
    rationale: 'The second one tells how to do it.',
    edit: { responseId: a, text: 'A better answer.' },
  });
  const { rankingId } = await rankTask(database.db, ann, projectId, task, { annotation });
  const own = await getOwnRanking(database.db, await as(ann), { rankingId });
  expect(own).toMatchObject({ taskId: task.taskId, responses: task.responses, annotation });
  const list = await listOwnRankings(database.db, await as(ann), { limit: 10 });
  expect(list.items).toMatchObject([{ rankingId, canChange: true, strength: 3, overall: 'all-bad' }]);
  expect(list.items[0]?.preview.length).toBeGreaterThan(0);
  const stranger = await addPerson(database.db);
  await expect(getOwnRanking(database.db, await as(stranger), { rankingId })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('an edited response is an answer of its own, above all others, and never part of the task', async () => {
  await database.db.update(projects).set({ overlap: 2 });
  await addTasks(database.db, projectId, 1);
  const task = await requireNext(ann);
  const [a, b, c] = idsOf(task);
  const annotation = annotated([[a], [b], [c]], { edit: { responseId: a, text: 'A better answer.' } });
  await rankTask(database.db, ann, projectId, task, { annotation });
  const [edited] = await database.db.select().from(responses).where(eq(responses.editedFromId, a));
  expect(edited).toMatchObject({
    editedFromId: a,
    editedBy: ann.id,
    ordinal: 3,
    text: 'A better answer.',
    tokenIds: null,
  });
  const ben = await addPerson(database.db);
  expect((await requireNext(ben)).responses).toHaveLength(3);
  const pairs = [];
  for await (const page of livePairs(database.db, { projectId, pairPolicy: 'adjacent', scope: 'all' }))
    pairs.push(...page);
  expect(pairs.map(({ chosen, rejected }) => [chosen.id, rejected.id])).toEqual([
    [edited?.id, a],
    [a, b],
    [b, c],
  ]);
});

test('an annotation that is not whole is refused with what is wrong', async () => {
  await addTasks(database.db, projectId, 1);
  const task = await requireNext(ann);
  const [a, b, c] = idsOf(task);
  const submit = (more: Parameters<typeof annotated>[1]) =>
    rankTask(database.db, ann, projectId, task, { annotation: annotated([[a], [b], [c]], more) });
  const refused = { code: 'INVALID_INPUT' };
  await expect(submit({ edit: { responseId: a, text: ' ' } })).rejects.toMatchObject(refused);
  await expect(submit({ edit: { responseId: randomUUID(), text: 'x' } })).rejects.toMatchObject(refused);
  await expect(submit({ ratings: { [a]: { wit: 3 } } })).rejects.toMatchObject(refused);
  await database.db
    .update(projects)
    .set({ labelling: { strength: 'required', rationale: { use: 'required', fromStrength: 3 } } });
  await expect(submit({})).rejects.toMatchObject({ ...refused, message: /strength/ });
  await expect(submit({ strength: 4 })).rejects.toMatchObject({ ...refused, message: /rationale/ });
  await submit({ strength: 2 });
});

test('an earlier ranking is changed by adding: the old one retracted, the new one in its place', async () => {
  await addTasks(database.db, projectId, 2);
  const task = await requireNext(ann);
  const [a, b, c] = idsOf(task);
  const first = await rankTask(database.db, ann, projectId, task);
  await rankTask(database.db, ann, projectId, await requireNext(ann));
  const submissionId = randomUUID();
  const [one, two] = await Promise.all([1, 2].map(() => revise(ann, first.rankingId, [[c], [b], [a]], submissionId)));
  expect(one).toEqual(two);
  const rows = await database.db.select().from(rankings).where(eq(rankings.taskId, task.taskId));
  expect(rows).toHaveLength(2);
  expect(rows.find(({ id }) => id === one?.rankingId)).toMatchObject({
    replacesId: first.rankingId,
    tiers: [[c], [b], [a]],
    shownOrder: rows.find(({ id }) => id === first.rankingId)?.shownOrder,
  });
  expect(await database.db.select().from(rankingRetractions)).toHaveLength(1);
  // It was superseded, so it cannot be changed once more.
  await expect(revise(ann, first.rankingId, [[a], [b], [c]])).rejects.toMatchObject({ code: 'CONFLICT' });
  const [row] = await database.db.select().from(tasks).where(eq(tasks.id, task.taskId));
  expect(row).toMatchObject({ status: 'ranked', covered: 1 });
  // Counted once, its time twice: the person was at it twice.
  expect(await labelProgress(database.db, await as(ann), {})).toMatchObject({
    mine: 2,
    mineToday: 2,
    activeMsToday: 2_500,
  });
});

test('a closed project, or a reviewer who has decided, leaves nothing to change', async () => {
  await addTasks(database.db, projectId, 1);
  const task = await requireNext(ann);
  const { rankingId } = await rankTask(database.db, ann, projectId, task);
  const tiers = idsOf(task).map((id) => [id]);
  const canChange = async () => (await listOwnRankings(database.db, await as(ann), { limit: 1 })).items[0]?.canChange;
  await database.db.update(projects).set({ rankingsClosedAt: new Date() });
  expect(await canChange()).toBe(false);
  await expect(revise(ann, rankingId, tiers)).rejects.toMatchObject({ code: 'CONFLICT', message: /closed/ });
  await expect(undoRanking(database.db, await as(ann))).rejects.toMatchObject({ code: 'CONFLICT' });
  await database.db.update(projects).set({ rankingsClosedAt: null });
  expect(await canChange()).toBe(true);
  const kind = 'adjudication';
  const word = { taskId: task.taskId, kind, tiers, shownOrder: [0, 1, 2], submissionId: randomUUID() } satisfies Row;
  await database.db.insert(rankings).values(word);
  expect(await canChange()).toBe(false);
  await expect(revise(ann, rankingId, tiers)).rejects.toMatchObject({ code: 'CONFLICT', message: /reviewer/ });
  expect(await undoRanking(database.db, await as(ann))).toEqual({ task: null });
});

test('own rankings come in pages, newest first, and only what is live', async () => {
  await addTasks(database.db, projectId, 5);
  for (let turn = 0; turn < 5; turn++) await rankTask(database.db, ann, projectId, await requireNext(ann));
  await undoRanking(database.db, await as(ann));
  const first = await listOwnRankings(database.db, await as(ann), { limit: 3 });
  const second = await listOwnRankings(database.db, await as(ann), { limit: 3, cursor: first.nextCursor ?? undefined });
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 1, null]);
  const times = [...first.items, ...second.items].map(({ createdAt }) => createdAt.getTime());
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  // What was undone is theirs still.
  expect(typeof (await nextTask(database.db, ann, { projectId }))).toBe('object');
  expect(await database.db.select().from(rankings).where(eq(rankings.userId, ann.id))).toHaveLength(5);
});
