// Gold tasks and onboarding, on real tables.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rankingRetractions, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { projects } from '../../db/schema/project.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { addRanking, toTiers } from '../../test/rankings.ts';
import type { User } from '../auth.ts';
import { listGold, markGold, unmarkGold } from './gold.ts';
import { getOnboarding, listOnboarding, retryOnboarding, setOnboarded } from './onboarding-admin.ts';
import { countCurrentRankings, listPairs } from './pairs.ts';

let database: TestDatabase;
let projectId: string;
let [ann, ben, cem, admin]: User[] = [];
let taskIds: string[];
const task = (index: number) => taskIds[index] ?? '';
const idOf = (person: User | undefined) => person?.id ?? '';
const actor = () => ({ id: idOf(admin) });

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  [ann, ben, cem] = [await addPerson(database.db), await addPerson(database.db), await addPerson(database.db)];
  admin = await addPerson(database.db, 'admin');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  taskIds = await addTasks(database.db, projectId, 3);
});

const forth = [[0], [1], [2]];
const back = [[2], [1], [0]];
const say = (index: number, person: User | undefined, tiers = forth) =>
  addRanking(database.db, task(index), idOf(person), tiers);
const mark = async (index: number, use: 'onboarding' | 'silent' = 'silent', tiers = forth) =>
  markGold(database.db, actor(), {
    projectId,
    taskId: task(index),
    tiers: await toTiers(database.db, task(index), tiers),
    use,
    note: 'The first one answers.',
  });
const stored = async (index: number) =>
  (
    await database.db
      .select()
      .from(tasks)
      .where(eq(tasks.id, task(index)))
  )[0];

test('gold makes no pairs and stays open for everyone; unmarked, it is a task like any other', async () => {
  await say(0, ann);
  const policyId = (await database.db.select().from(projects))[0]?.currentPolicyId ?? '';
  const pairs = async () => (await listPairs(database.db, { projectId, limit: 10 })).items.length;
  expect([await pairs(), await countCurrentRankings(database.db, { projectId, policyId })]).toEqual([1, 1]);
  expect(await stored(0)).toMatchObject({ status: 'ranked', isGold: false });
  await mark(0);
  expect([await pairs(), await countCurrentRankings(database.db, { projectId, policyId })]).toEqual([0, 0]);
  expect(await stored(0)).toMatchObject({ status: 'open', isGold: true });
  await unmarkGold(database.db, { projectId, taskId: task(0) });
  expect(await pairs()).toBe(1);
  expect(await stored(0)).toMatchObject({ status: 'ranked', isGold: false });
});

test('gold must order something of its own task, in its own project', async () => {
  await expect(mark(0, 'silent', [[0, 1, 2]])).rejects.toThrow('ties everything');
  const foreign = await toTiers(database.db, task(1), forth);
  const send = (params: { projectId: string; taskId: string }) =>
    markGold(database.db, actor(), { ...params, tiers: foreign, use: 'silent', note: '' });
  await expect(send({ projectId, taskId: task(0) })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(send({ projectId: crypto.randomUUID(), taskId: task(1) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('the list tells gold that people fail from people who fail gold', async () => {
  await mark(0);
  await mark(1);
  await mark(2, 'onboarding');
  for (const person of [ann, ben, cem]) await say(0, person, person === cem ? back : forth);
  for (const person of [ann, ben, cem]) await say(1, person, person === cem ? forth : back);
  const list = await listGold(database.db, { projectId });
  expect(
    list.map(({ taskId, accuracy, answers, allRight, contradicted, isSuspect }) => ({
      index: taskIds.indexOf(taskId),
      accuracy: accuracy && Math.round(accuracy * 100),
      answers,
      allRight,
      contradicted,
      isSuspect,
    })),
  ).toEqual([
    { index: 1, accuracy: 33, answers: 3, allRight: 1, contradicted: 2, isSuspect: true },
    { index: 0, accuracy: 67, answers: 3, allRight: 2, contradicted: 1, isSuspect: false },
    { index: 2, accuracy: null, answers: 0, allRight: 0, contradicted: 0, isSuspect: false },
  ]);
});

test('marking it again changes it, and scores what was said already anew', async () => {
  await mark(0);
  await say(0, ann, back);
  await mark(0, 'onboarding', back);
  expect(await listGold(database.db, { projectId })).toMatchObject([{ use: 'onboarding', accuracy: 1 }]);
});

test('onboarding: results of each member, by hand, and again from the first', async () => {
  await mark(0, 'onboarding');
  await mark(1, 'onboarding');
  await mark(2, 'silent');
  await say(0, ann);
  await say(1, ann, [[1], [0], [2]]); // 5 of 6
  await say(0, ben, back);
  await say(2, ben); // silent gold is no part of it
  const list = await listOnboarding(database.db, { projectId });
  const resultOf = (person: User | undefined) => list.find(({ userId }) => userId === idOf(person))?.result;
  expect(resultOf(ann)).toEqual({ state: 'passed', done: 2, of: 2, accuracy: 5 / 6 });
  expect(resultOf(ben)).toEqual({ state: 'unfinished', done: 1, of: 2, accuracy: 0 });
  expect(resultOf(cem)).toEqual({ state: 'unfinished', done: 0, of: 2, accuracy: null });
  // Only where the project asks for the test.
  expect(list.map(({ isAsked }) => isAsked)).toEqual([false, false, false]);
  await database.db.update(projects).set({ labelling: { onboarding: { isRequired: true } } });
  const asked = await listOnboarding(database.db, { projectId });
  expect(asked.map(({ isAsked }) => isAsked)).toEqual([true, true, true]);

  const onboardedAt = async () =>
    (
      await database.db
        .select()
        .from(members)
        .where(eq(members.userId, idOf(ann)))
    )[0]?.onboardedAt;
  await setOnboarded(database.db, { projectId, userId: idOf(ann), isOnboarded: true });
  expect(await onboardedAt()).toBeInstanceOf(Date);
  await retryOnboarding(database.db, actor(), { projectId, userId: idOf(ann) });
  expect(await onboardedAt()).toBeNull();
  expect(await getOnboarding(database.db, { id: idOf(ann) }, { projectId })).toMatchObject({ done: 0 });
  expect(await database.db.select().from(rankingRetractions)).toHaveLength(2);
  // Somebody else's answers stay.
  expect(await getOnboarding(database.db, { id: idOf(ben) }, { projectId })).toMatchObject({ done: 1 });
});

test('who is no member cannot be let in', async () => {
  const stranger = { projectId, userId: crypto.randomUUID(), isOnboarded: true };
  await expect(setOnboarded(database.db, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
