import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { goldTasks, leases, rankings, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { projects } from '../../db/schema/project.ts';
import type { LabelSettingsInput } from '../../domain/label-settings-schema.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, askerOf, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { assignTasks, releaseAllLeases, withdrawTasks } from './assign.ts';
import { nextTasks } from './assignment.ts';
import { labelContext } from './label-context.ts';
import { skipTask } from './labels.ts';
import { renewLeases } from './leases.ts';
import { taskResponses } from './tasks.ts';

let database: TestDatabase;
let projectId: string;
let admin: User;
let ann: User;
let ben: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
});
afterAll(() => database.drop());
beforeEach(async () => {
  const { db } = database;
  await db.delete(tasks);
  await db.delete(members);
  await db.update(projects).set({ overlap: 1, isPaused: false, labelling: {} });
  admin = await addPerson(db, 'admin');
  ann = await addPerson(db);
  ben = await addPerson(db);
});

const next = (person: User, holding: string[] = []) => nextTask(database.db, person, { projectId, holding });
const requireNext = (person: User, holding: string[] = []) =>
  requireNextTask(database.db, person, { projectId, holding });
const rankNext = async (person: User) => {
  const task = await requireNext(person);
  await rankTask(database.db, person, projectId, task);
  return task;
};
const settings = (labelling: LabelSettingsInput) => database.db.update(projects).set({ labelling });
const taskRow = async (taskId: string) => {
  const [row] = await database.db.select().from(tasks).where(eq(tasks.id, taskId));
  if (!row) throw new Error('no such task');
  return row;
};

test('a crowd never gives a task more rankings than its overlap, nor one person the same task twice', async () => {
  const { db } = database;
  await db.update(projects).set({ overlap: 3 });
  await addTasks(db, projectId, 20);
  const crowd = await Promise.all(Array.from({ length: 12 }, () => addPerson(db)));
  await Promise.all(
    crowd.map(async (person, at) => {
      let held = (await nextTasks(db, await askerOf(db, person, projectId), { holding: [], count: 3 })).tasks;
      while (held.length > 0) {
        const [task, ...rest] = held;
        if (!task) break;
        // Some leave in the middle, as people do; their leases run out for others.
        if (at % 4 === 3)
          return void (await db
            .update(leases)
            .set({ expiresAt: new Date(0) })
            .where(eq(leases.userId, person.id)));
        await rankTask(db, person, projectId, task);
        const holding = rest.map(({ leaseId }) => leaseId);
        const more = await nextTasks(db, await askerOf(db, person, projectId), { holding, count: 3 - rest.length });
        held = [...rest, ...more.tasks];
      }
    }),
  );
  const all = await db.select({ taskId: rankings.taskId, userId: rankings.userId }).from(rankings);
  expect(new Set(all.map(({ taskId, userId }) => `${taskId} ${userId}`)).size).toBe(all.length);
  const rows = await db.select().from(tasks);
  for (const task of rows) {
    expect(all.filter(({ taskId }) => taskId === task.id).length).toBe(3);
    expect(task).toMatchObject({ status: 'ranked', covered: 3 });
    expect(task.agreement).not.toBeNull();
  }
});

test('higher priority first, then what was opened first, then what the fewest have', async () => {
  const { db } = database;
  await db.update(projects).set({ overlap: 2 });
  const old = await addTasks(db, projectId, 2);
  const young = await addTasks(db, projectId, 2);
  await db
    .update(tasks)
    .set({ priority: 1 })
    .where(eq(tasks.id, young[1] ?? ''));
  expect((await rankNext(ann)).taskId).toBe(young[1]);
  const second = await rankNext(ann);
  expect(old).toContain(second.taskId);
  // Ben gets the urgent one, too, then the old one that nobody has.
  expect((await rankNext(ben)).taskId).toBe(young[1]);
  expect((await rankNext(ben)).taskId).toBe(old.find((id) => id !== second.taskId));
});

test('people go through equal tasks in orders of their own', async () => {
  const { db } = database;
  await db.update(projects).set({ overlap: 8 });
  await addTasks(db, projectId, 12);
  const firsts = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const person = await addPerson(db);
      const { tasks: held } = await nextTasks(db, await askerOf(db, person, projectId), { holding: [], count: 1 });
      return held[0]?.taskId;
    }),
  );
  expect(new Set(firsts).size).toBeGreaterThan(2);
});

test('a language and a qualification are asked for; an admin of the installation needs none', async () => {
  const { db } = database;
  const [turkish, legal, open] = (await addTasks(db, projectId, 3)) as [string, string, string];
  await db.update(tasks).set({ language: 'tr' }).where(eq(tasks.id, turkish));
  await db
    .update(tasks)
    .set({ qualifications: ['law'] })
    .where(eq(tasks.id, legal));
  const member = (person: User, given: Partial<typeof members.$inferInsert>) =>
    db.update(members).set(given).where(eq(members.userId, person.id));
  await member(ann, { languages: ['en'] });
  expect((await rankNext(ann)).taskId).toBe(open);
  expect(await next(ann)).toBe('nothing-suits');
  await member(ann, { languages: ['en', 'tr'] });
  expect((await rankNext(ann)).taskId).toBe(turkish);
  await member(ben, { qualifications: ['law', 'medicine'] });
  expect((await requireNext(ben)).taskId).toBe(legal);
  await db.delete(leases);
  await db.update(tasks).set({ covered: 0 }).where(eq(tasks.id, legal));
  expect((await requireNext(admin)).taskId).toBe(legal);
});

test('nobody is given anything of a paused project or a paused task', async () => {
  const { db } = database;
  const [first] = await addTasks(db, projectId, 1);
  await db.update(projects).set({ isPaused: true });
  expect(await next(ann)).toBe('paused');
  await db.update(projects).set({ isPaused: false });
  await db.update(tasks).set({ isPaused: true });
  expect(await next(ann)).toBe('paused');
  await db.update(tasks).set({ isPaused: false });
  expect((await requireNext(ann)).taskId).toBe(first);
});

test('what others still have to rank is told apart from what was skipped', async () => {
  const { db } = database;
  await db.update(projects).set({ overlap: 2 });
  await addTasks(db, projectId, 1);
  await rankNext(ann);
  expect(await next(ann)).toBe('others-turn');
  const task = await requireNext(ben);
  const asker = await askerOf(db, ben, projectId);
  await skipTask(db, asker, {
    leaseId: task.leaseId,
    reason: 'other',
    note: 'my own text',
    flags: [{ flag: 'broken-prompt', responseId: null }],
  });
  expect(await next(ben)).toBe('skipped');
  const [lease] = await db.select().from(leases).where(eq(leases.id, task.leaseId));
  expect(lease).toMatchObject({ outcome: 'skipped', skipReason: 'other', skipNote: 'my own text' });
  expect(lease?.flags).toEqual([{ flag: 'broken-prompt', responseId: null }]);
  // The admins are left, so the task stays open.
  expect((await taskRow(task.taskId)).status).toBe('open');
});

test('an admin gives a task to somebody, who gets it first and keeps it; a full or known one is refused', async () => {
  const { db } = database;
  const ids = await addTasks(db, projectId, 3);
  const [given, , other] = ids as [string, string, string];
  const assign = (taskIds: string[], person: User) => assignTasks(db, admin, { projectId, taskIds, userId: person.id });
  expect(await assign([other], ben)).toEqual({ assigned: [other], refused: [] });
  expect(await assign([other], ann)).toEqual({ assigned: [], refused: [{ taskId: other, reason: 'full' }] });
  expect(await assign([other], ben)).toMatchObject({ refused: [{ taskId: other }] });
  await db.update(leases).set({ createdAt: new Date(0) });
  const task = await requireNext(ben);
  expect(task.taskId).toBe(other);
  const [lease] = await db.select().from(leases).where(eq(leases.id, task.leaseId));
  expect(lease?.expiresAt.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
  await renewLeases(db, ben, { projectId, leaseIds: [task.leaseId] });
  const [renewed] = await db.select().from(leases).where(eq(leases.id, task.leaseId));
  expect(renewed?.expiresAt).toEqual(lease?.expiresAt);
  await rankTask(db, ben, projectId, task);
  expect(await assign([other], ben)).toEqual({ assigned: [], refused: [{ taskId: other, reason: 'not-open' }] });
  const outsider = await addPerson(db);
  await db.delete(members).where(eq(members.userId, outsider.id));
  await expect(assign([given], outsider)).rejects.toMatchObject({ code: 'CONFLICT', message: /not a member/ });
});

test('what is withdrawn is lost to its page, refused when it is submitted, and free for others only', async () => {
  const { db } = database;
  const [taskId] = (await addTasks(db, projectId, 1)) as [string];
  const task = await requireNext(ann);
  expect(await withdrawTasks(db, { projectId, taskIds: [taskId], userId: ann.id })).toEqual({ withdrawn: [taskId] });
  expect(await renewLeases(db, ann, { projectId, leaseIds: [task.leaseId] })).toEqual([]);
  await expect(rankTask(db, ann, projectId, task)).rejects.toMatchObject({ message: /taken back/ });
  expect(await next(ann)).not.toMatchObject({ taskId });
  expect((await requireNext(ben)).taskId).toBe(taskId);
  // Whoever leaves the project leaves what they hold.
  await db.transaction((tx) => releaseAllLeases(tx, { projectId, userId: ben.id }));
  expect((await taskRow(taskId)).covered).toBe(0);
});

async function makeGold(taskId: string, use: 'onboarding' | 'silent') {
  const { db } = database;
  const task = await taskRow(taskId);
  const ids = (await taskResponses(db, task)).toSorted((a, b) => a.ordinal - b.ordinal).map(({ id }) => [id]);
  await db.insert(goldTasks).values({ taskId, tiers: ids, use, note: 'The first says most.' });
  await db.update(tasks).set({ isGold: true }).where(eq(tasks.id, taskId));
  return ids;
}

test('newcomers pass a test on gold first, with feedback; who fails goes no further', async () => {
  const { db } = database;
  await settings({ onboarding: { isRequired: true, passAccuracy: 0.8 } });
  const ids = await addTasks(db, projectId, 4);
  expect(await next(ann)).toBe('onboarding-missing');
  const gold = new Map<string, string[][]>();
  for (const taskId of ids.slice(0, 2)) gold.set(taskId, await makeGold(taskId, 'onboarding'));
  const context = async (person: User) => (await labelContext(db, await askerOf(db, person, projectId))).onboarding;
  expect(await context(ann)).toEqual({ isRequired: true, done: 0, total: 2, hasPassed: null });

  const answer = async (person: User, isRight: boolean) => {
    const task = await requireNext(person);
    expect(task.isOnboarding).toBe(true);
    const right = gold.get(task.taskId) ?? [];
    const tiers = isRight ? right : right.toReversed();
    return rankTask(db, person, projectId, task, { annotation: annotated(tiers) });
  };
  expect(await answer(ann, true)).toMatchObject({
    feedback: { misses: [], note: 'The first says most.', score: { correct: 3, total: 3 } },
    onboarding: { done: 1, total: 2, hasPassed: null },
  });
  expect((await answer(ann, true)).onboarding).toMatchObject({ done: 2, hasPassed: true });
  expect(ids.slice(2)).toContain((await requireNext(ann)).taskId);
  expect(await context(ann)).toMatchObject({ isRequired: false });

  await answer(ben, true);
  const wrong = await answer(ben, false);
  expect(wrong).toMatchObject({ feedback: { score: { wrong: 3 } }, onboarding: { hasPassed: false } });
  expect(wrong.feedback?.misses).toHaveLength(3);
  expect(await next(ben)).toBe('onboarding-failed');
  // Those who run the project are not tested.
  expect((await requireNext(admin)).isOnboarding).toBe(false);
});

test('silent gold is mixed in at its rate, looks like any other task, and makes no task full', async () => {
  const { db } = database;
  await settings({ goldRate: 0.5 });
  const ids = await addTasks(db, projectId, 24);
  const silent = ids.slice(0, 4);
  for (const taskId of silent) await makeGold(taskId, 'silent');
  const seen: string[] = [];
  for (let turn = 0; turn < 20; turn++) seen.push((await rankNext(ann)).taskId);
  const gold = seen.filter((id) => silent.includes(id));
  expect(gold.length).toBeGreaterThan(0);
  expect(new Set(seen).size).toBe(20);
  const rows = await db
    .select()
    .from(tasks)
    .where(and(inArray(tasks.id, gold)))
    .orderBy(asc(tasks.id));
  for (const row of rows) expect(row.status).toBe('open');
  const one = await taskRow(gold[0] ?? randomUUID());
  expect(one.covered).toBe(1);
});
