import { randomUUID } from 'node:crypto';
import { and, count, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { leases, rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import type { SkipReason } from '../../domain/annotation.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, askerOf, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import type { EmptyReason } from './assignment.ts';
import { labelProgress } from './label-context.ts';
import type { LabelTask } from './label-task.ts';
import { skipTask, undoRanking } from './labels.ts';
import { releaseLeases, renewLeases } from './leases.ts';
import { listPeople } from './people.ts';
import { getProject } from './projects.ts';

let database: TestDatabase;
let projectId: string;
let ann: User;
let ben: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  ann = await addPerson(database.db);
  ben = await addPerson(database.db);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
});

const next = (person: User, holding: string[] = []) => nextTask(database.db, person, { projectId, holding });

function requireTask(task: LabelTask | EmptyReason | null): LabelTask {
  if (typeof task === 'string' || task === null) throw new Error(`no task: ${task}`);
  return task;
}

const tiersOf = (task: LabelTask) => task.responses.map(({ id }) => [id]);
const submit = (person: User, task: LabelTask, submissionId: string = randomUUID(), tiers = tiersOf(task)) =>
  rankTask(database.db, person, projectId, task, { submissionId, annotation: annotated(tiers) });
const as = (person: User) => askerOf(database.db, person, projectId);
const skip = async (person: User, { leaseId }: LabelTask, reason: SkipReason = 'unsure') =>
  skipTask(database.db, await as(person), { leaseId, reason, flags: [] });
const undo = async (person: User) => (await undoRanking(database.db, await as(person))).task;
const progress = async (person: User) => labelProgress(database.db, await as(person), {});
const expire = (leaseId: string) =>
  database.db
    .update(leases)
    .set({ expiresAt: new Date(0) })
    .where(eq(leases.id, leaseId));
const statusOf = async (taskId: string) =>
  (await database.db.select().from(tasks).where(eq(tasks.id, taskId)))[0]?.status;

test('twenty people at once rank every task once and never hold the same one', async () => {
  await addTasks(database.db, projectId, 60);
  const people = await Promise.all(Array.from({ length: 20 }, () => addPerson(database.db)));
  const ranked: string[] = [];
  await Promise.all(
    people.map(async (person) => {
      let held: LabelTask[] = [];
      for (;;) {
        // As the page does: one to rank and one ready behind it.
        const result = await next(
          person,
          held.map(({ leaseId }) => leaseId),
        );
        if (typeof result !== 'string') held.push(result);
        if (typeof result !== 'string' && held.length < 2) continue;
        const task = held[0];
        if (!task) break;
        await submit(person, task);
        ranked.push(task.taskId);
        held = held.slice(1);
      }
    }),
  );
  expect(ranked).toHaveLength(60);
  expect(new Set(ranked).size).toBe(60);
  const [stored] = await database.db
    .select({ count: count() })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId));
  expect(stored?.count).toBe(60);
  const open = await database.db.select().from(leases).where(isNull(leases.closedAt));
  expect(open).toEqual([]);
});

test('responses come shuffled, in an order that is stored and told with the ranking', async () => {
  await addTasks(database.db, projectId, 1, 5);
  const task = requireTask(await next(ann));
  await submit(ann, task);
  const [lease] = await database.db.select().from(leases).where(eq(leases.id, task.leaseId));
  const [ranking] = await database.db.select().from(rankings).where(eq(rankings.taskId, task.taskId));
  expect([...(lease?.shownOrder ?? [])].sort()).toEqual([0, 1, 2, 3, 4]);
  expect(task.responses.map(({ text }) => Number(text.split(' ')[1]))).toEqual(lease?.shownOrder);
  expect(ranking?.shownOrder).toEqual(lease?.shownOrder);
});

test('a submission sent twice, even at the same moment, is stored once', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  const id = randomUUID();
  const results = await Promise.all([submit(ann, task, id), submit(ann, task, id), submit(ann, task, id)]);
  expect(new Set(results.map(({ rankingId }) => rankingId)).size).toBe(1);
  expect(await submit(ann, task, id)).toEqual(results[0]);
  await expect(submit(ann, task)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await statusOf(task.taskId)).toBe('ranked');
});

test('a submission that comes again after it was undone stays undone', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  const id = randomUUID();
  const { rankingId } = await submit(ann, task, id);
  await undo(ann);
  expect((await submit(ann, task, id)).rankingId).toBe(rankingId);
  expect(await statusOf(task.taskId)).toBe('open');
  await submit(ann, task);
  expect(await statusOf(task.taskId)).toBe('ranked');
});

test('a ranking must hold every response of the task once', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  const [first, second, third] = task.responses.map(({ id }) => id) as [string, string, string];
  for (const tiers of [
    [[first], [second]],
    [[first, first], [second], [third]],
    [[first], [second], [randomUUID()]],
  ]) {
    await expect(submit(ann, task, randomUUID(), tiers)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  await submit(ann, task, randomUUID(), [[first, second], [third]]);
});

test("someone else's lease is not mine to submit, skip or renew", async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  await expect(submit(ben, task)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(skip(ben, task)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await renewLeases(database.db, ben, { projectId, leaseIds: [task.leaseId] })).toEqual([]);
  expect(await renewLeases(database.db, ann, { projectId, leaseIds: [task.leaseId] })).toHaveLength(1);
});

test('a page that was reloaded gets the task it had back, in the same order', async () => {
  await addTasks(database.db, projectId, 2);
  const task = requireTask(await next(ann));
  const again = requireTask(await next(ann));
  expect(again.leaseId).toBe(task.leaseId);
  expect(again.responses).toEqual(task.responses);
  expect(requireTask(await next(ann, [task.leaseId])).taskId).not.toBe(task.taskId);
});

test('a lapsed lease goes to the next person, and the first one is told', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  expect(await next(ben)).toBe('leased');
  await expire(task.leaseId);
  const taken = requireTask(await next(ben));
  expect(taken.taskId).toBe(task.taskId);
  await expect(submit(ann, task)).rejects.toMatchObject({ code: 'CONFLICT', message: /went to someone else/ });
  await submit(ben, taken);
});

test('a lapsed lease that nobody took can still be submitted', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  await expire(task.leaseId);
  await submit(ann, task);
});

test('a skipped task goes to others, and counts as skipped once everyone has skipped it', async () => {
  await addTasks(database.db, projectId, 1);
  const mine = requireTask(await next(ann));
  await skip(ann, mine, 'unclear');
  await skip(ann, mine);
  expect(await next(ann)).toBe('skipped');
  const theirs = requireTask(await next(ben));
  expect(theirs.taskId).toBe(mine.taskId);
  await skip(ben, theirs);
  expect(await statusOf(mine.taskId)).toBe('open');
  const others = (await listPeople(database.db)).filter(({ id }) => id !== ann.id && id !== ben.id);
  for (const other of others) {
    await skip(other as User, await requireNextTask(database.db, other, { projectId }));
  }
  expect(await statusOf(mine.taskId)).toBe('skipped');
});

test('undo takes the newest ranking back by adding a fact, and hands the task out as it was', async () => {
  await addTasks(database.db, projectId, 2);
  const first = requireTask(await next(ann));
  await submit(ann, first);
  const second = requireTask(await next(ann));
  const { rankingId } = await submit(ann, second);
  const undone = requireTask(await undo(ann));
  expect(undone).toMatchObject({
    taskId: second.taskId,
    responses: second.responses,
    annotation: annotated(tiersOf(second)),
  });
  expect(await statusOf(second.taskId)).toBe('open');
  const [fact] = await database.db.select().from(rankings).where(eq(rankings.id, rankingId));
  const retracted = await database.db
    .select()
    .from(rankingRetractions)
    .where(and(eq(rankingRetractions.rankingId, rankingId), eq(rankingRetractions.userId, ann.id)));
  expect(fact).toBeDefined();
  expect(retracted).toHaveLength(1);
  expect(await progress(ann)).toEqual({
    mineToday: 1,
    mine: 1,
    activeMsToday: 2_000,
    open: 1,
    ranked: 1,
  });
  await submit(ann, undone);
  expect(await progress(ann)).toMatchObject({ mine: 2, open: 0, ranked: 2 });
  expect(await undo(ben)).toBeNull();
});

test('two undos at once take back one ranking each or say so', async () => {
  await addTasks(database.db, projectId, 1);
  await submit(ann, requireTask(await next(ann)));
  const results = await Promise.allSettled([1, 2].map(() => undo(ann)));
  const done = results.filter((result) => result.status === 'fulfilled' && result.value !== null);
  expect(done).toHaveLength(1);
});

test('why there is nothing to rank', async () => {
  expect(await next(ann)).toBe('none-sampled');
  await addTasks(database.db, projectId, 1);
  await submit(ann, requireTask(await next(ann)));
  expect(await next(ann)).toBe('all-ranked');
});

test('a lease that is given back frees its task at once, for others and for judges', async () => {
  await addTasks(database.db, projectId, 1);
  const task = requireTask(await next(ann));
  expect(await next(ben)).toBe('leased');
  expect((await getProject(database.db, { projectId })).counts.currentTasks).toMatchObject({ open: 1, free: 0 });
  // Nobody gives back what another person holds.
  await releaseLeases(database.db, ben, { leaseIds: [task.leaseId] });
  expect(await next(ben)).toBe('leased');
  await releaseLeases(database.db, ann, { leaseIds: [task.leaseId] });
  expect((await getProject(database.db, { projectId })).counts.currentTasks).toMatchObject({ open: 1, free: 1 });
  await expect(submit(ann, task)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(requireTask(await next(ben)).taskId).toBe(task.taskId);
});
