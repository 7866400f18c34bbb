// The review queue and a reviewer's three decisions, on real tables.
import { and, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { leases, rankingRetractions, rankings, reviews, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { projects } from '../../db/schema/project.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { addRanking, responseIds, toTiers } from '../../test/rankings.ts';
import type { User } from '../auth.ts';
import { markGold } from './gold.ts';
import { listPairs } from './pairs.ts';
import { listReviews } from './review-queue.ts';
import { getReviewTask } from './review-task.ts';
import { acceptTask, adjudicateTask, returnTask } from './reviews.ts';

let database: TestDatabase;
let projectId: string;
let [ann, ben, rae]: User[] = [];
let taskIds: string[];
const task = (index: number) => taskIds[index] ?? '';
const idOf = (person: User | undefined) => person?.id ?? '';

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  ann = await addPerson(database.db);
  ben = await addPerson(database.db);
  rae = await addPerson(database.db);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  await database.db.update(projects).set({ overlap: 2, rankingsClosedAt: null });
  taskIds = await addTasks(database.db, projectId, 6);
});

const forth = [[0], [1], [2]];
const back = [[2], [1], [0]];
const say = (index: number, person: User | undefined, tiers = forth, extra = {}) =>
  addRanking(database.db, task(index), idOf(person), tiers, extra);
const reviewer = () => ({ id: idOf(rae) });
const of = (index: number) => ({ projectId, taskId: task(index) });
const list = (params: Partial<Parameters<typeof listReviews>[1]> = {}) =>
  listReviews(database.db, { projectId, limit: 10, ...params });

async function adjudicate(index: number, tiers = forth, submissionId: string = crypto.randomUUID()) {
  const stored = await toTiers(database.db, task(index), tiers);
  return adjudicateTask(database.db, reviewer(), { ...of(index), submissionId, tiers: stored, note: 'Checked it.' });
}

describe('the queue', () => {
  test('holds what people disagree on, flag, or find all bad against others, worst first', async () => {
    await say(0, ann);
    await say(0, ben, [[0], [2], [1]]); // 2 of 3 pairs: below 0.7
    await say(1, ann);
    await say(1, ben, back); // none
    await say(2, ann);
    await say(2, ben); // all
    await say(3, ann, forth, { flags: [{ flag: 'unsafe', responseId: null }] });
    await say(4, ann, [[0, 1, 2]], { overall: 'all-bad' });
    await say(4, ben, [[0, 1, 2]]);
    await say(5, ann, [[0, 1, 2]], { overall: 'all-bad' });
    await say(5, ben, [[0, 1, 2]], { overall: 'all-bad' }); // of one mind
    const { items } = await list();
    expect(
      items.map(({ taskId, reasons, agreement, people }) => [taskIds.indexOf(taskId), reasons, agreement, people]),
    ).toEqual([
      ...[
        [1, ['disagreement'], 0, 2],
        [3, ['flagged'], null, 1],
      ].sort((one, other) => (task(Number(one[0])) < task(Number(other[0])) ? -1 : 1)),
      [4, ['all-bad'], 1, 2],
      [0, ['disagreement'], 2 / 3, 2],
    ]);
    expect((await list({ reason: 'flagged' })).items.map(({ taskId }) => taskId)).toEqual([task(3)]);
    expect((await list({ reason: 'gold-miss' })).items).toEqual([]);
  });

  test('holds silent gold that somebody turned around, and not gold that all got right, nor onboarding', async () => {
    for (const [index, use] of (['silent', 'silent', 'onboarding'] as const).entries()) {
      const tiers = await toTiers(database.db, task(index), forth);
      await markGold(database.db, reviewer(), { ...of(index), tiers, use, note: '' });
    }
    await say(0, ann, back);
    await say(1, ann);
    await say(2, ann, back);
    expect((await list()).items).toMatchObject([{ taskId: task(0), reasons: ['gold-miss'] }]);
  });

  test('holds what somebody flagged when they skipped it, though nobody has ranked it', async () => {
    await database.db.insert(leases).values({
      taskId: task(2),
      userId: idOf(ann),
      shownOrder: [0, 1, 2],
      expiresAt: new Date(),
      closedAt: new Date(),
      outcome: 'skipped',
      skipReason: 'harmful',
      skipNote: 'Asks for a weapon.',
      flags: [{ flag: 'unsafe', responseId: null }],
    });
    expect((await list()).items).toMatchObject([{ taskId: task(2), reasons: ['flagged'], people: 0 }]);
    expect((await getReviewTask(database.db, 'reviewer', of(2))).skips).toMatchObject([
      { reason: 'harmful', note: 'Asks for a weapon.', flags: [{ flag: 'unsafe' }] },
    ]);
    await acceptTask(database.db, reviewer(), { ...of(2), note: '' });
    expect((await list()).items).toEqual([]);
  });

  test('comes in pages', async () => {
    for (const index of [0, 1, 2]) {
      await say(index, ann);
      await say(index, ben, back);
    }
    const first = await list({ limit: 2 });
    const second = await list({ limit: 2, cursor: first.nextCursor ?? 0 });
    expect([...first.items, ...second.items].map(({ taskId }) => taskId).sort()).toEqual(taskIds.slice(0, 3).sort());
    expect(second.nextCursor).toBeNull();
  });

  test('knows nothing of another project', async () => {
    await say(1, ann);
    await say(1, ben, back);
    const elsewhere = crypto.randomUUID();
    await expect(list({ projectId: elsewhere })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(getReviewTask(database.db, 'admin', { projectId: elsewhere, taskId: task(1) })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      acceptTask(database.db, reviewer(), { projectId: elsewhere, taskId: task(1), note: '' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('lets go of a task that was accepted, until somebody ranks it anew', async () => {
    await say(0, ann);
    await say(0, ben, back);
    await acceptTask(database.db, reviewer(), { ...of(0), note: 'Both are fair.' });
    expect((await list()).items).toEqual([]);
    expect((await list({ isDone: true })).items.map(({ taskId }) => taskId)).toEqual([task(0)]);
    await say(0, rae);
    expect((await list()).items.map(({ taskId }) => taskId)).toEqual([task(0)]);
  });
});

describe('one task', () => {
  test('shows all that was said, without names to reviewers', async () => {
    await say(0, ann, forth, { strength: 3, rationale: 'Shorter.', overall: 'all-good' });
    await say(0, ben, back, { createdAt: new Date(Date.now() + 1000) });
    const shown = await getReviewTask(database.db, 'reviewer', of(0));
    expect(shown.annotations).toMatchObject([
      { letter: 'A', name: null, strength: 3, rationale: 'Shorter.', overall: 'all-good', agreement: 0 },
      { letter: 'B', name: null, agreement: 0 },
    ]);
    expect(JSON.stringify(shown)).not.toContain(ann?.name);
    expect(JSON.stringify(shown)).not.toContain(idOf(ann));
    expect(shown.disputed).toHaveLength(3);
    expect(shown.responses.map(({ placements }) => placements.map(({ place }) => place))).toEqual([
      [1, 3],
      [2, 2],
      [3, 1],
    ]);
    const toAdmin = await getReviewTask(database.db, 'admin', of(0));
    expect(toAdmin.annotations.map(({ name }) => name)).toEqual([ann?.name, ben?.name]);
  });
});

describe('an adjudication', () => {
  test('stands for the other rankings in pairs, also a judge’s', async () => {
    await say(0, ann);
    await say(0, ben, back);
    await say(1, ann);
    const ids = await responseIds(database.db, task(0));
    const pairsOf = async () =>
      (await listPairs(database.db, { projectId, limit: 50 })).items.map(({ chosen, rejected }) => [
        chosen.id,
        rejected.id,
      ]);
    expect(await pairsOf()).toHaveLength(3);
    await adjudicate(0, [[1], [0, 2]]);
    const pairs = await pairsOf();
    expect(pairs).toHaveLength(2);
    expect(pairs.map(([chosen]) => chosen)).toContain(ids[1]);
    expect(pairs.flat()).toContain((await responseIds(database.db, task(1)))[0]);
    expect((await list()).items).toEqual([]);
  });

  test('a later one stands for an earlier one, which stays as a fact', async () => {
    await say(0, ann);
    const first = await adjudicate(0);
    const second = await adjudicate(0, back);
    const live = (await getReviewTask(database.db, 'admin', of(0))).adjudication;
    expect(live?.rankingId).toBe(second.rankingId);
    const stored = await database.db.select().from(rankings).where(eq(rankings.kind, 'adjudication'));
    expect(stored).toHaveLength(2);
    expect(stored.find(({ id }) => id === second.rankingId)?.replacesId).toBe(first.rankingId);
    const { items } = await listPairs(database.db, { projectId, limit: 50 });
    expect(items.map(({ source }) => source.rankingId)).toEqual([second.rankingId]);
  });

  test('sent twice is stored once', async () => {
    await say(0, ann);
    const submissionId = crypto.randomUUID();
    const [one, other] = [await adjudicate(0, forth, submissionId), await adjudicate(0, forth, submissionId)];
    expect(one).toEqual(other);
    expect(await database.db.select().from(reviews)).toHaveLength(1);
  });

  test('counts for no overlap and no agreement, but ends the task', async () => {
    await say(0, ann);
    await adjudicate(0, back);
    const [row] = await database.db
      .select()
      .from(tasks)
      .where(eq(tasks.id, task(0)));
    expect(row).toMatchObject({ covered: 1, agreement: null, status: 'ranked' });
  });

  test('of other responses is refused, and so is one of gold', async () => {
    const foreign = await toTiers(database.db, task(1), forth);
    const send = (tiers: string[][]) =>
      adjudicateTask(database.db, reviewer(), { ...of(0), submissionId: crypto.randomUUID(), tiers, note: 'x' });
    await expect(send(foreign)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const own = await toTiers(database.db, task(0), forth);
    await markGold(database.db, reviewer(), { ...of(0), tiers: own, use: 'silent', note: '' });
    await expect(send(own)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('gold') });
  });
});

describe('a returned task', () => {
  const giveBack = (index: number, rankingId: string) =>
    returnTask(database.db, reviewer(), { ...of(index), rankingId, note: 'Read the second answer again.' });
  const openLease = async (index: number) =>
    (
      await database.db
        .select()
        .from(leases)
        .where(and(eq(leases.taskId, task(index)), isNull(leases.closedAt)))
    )[0];

  test('takes the ranking back and is theirs again, as it was shown, with the note', async () => {
    const rankingId = await say(0, ann, back, { shownOrder: [2, 0, 1] });
    await say(0, ben);
    await giveBack(0, rankingId);
    expect(await openLease(0)).toMatchObject({
      userId: idOf(ann),
      assignedBy: idOf(rae),
      note: 'Read the second answer again.',
      shownOrder: [2, 0, 1],
    });
    const [row] = await database.db
      .select()
      .from(tasks)
      .where(eq(tasks.id, task(0)));
    expect(row).toMatchObject({ status: 'open', covered: 2, agreement: null });
    expect(await database.db.select().from(rankingRetractions)).toMatchObject([{ rankingId, userId: idOf(rae) }]);
    expect((await getReviewTask(database.db, 'admin', of(0))).history).toMatchObject([{ outcome: 'returned' }]);
    expect((await list()).items).toEqual([]);
    // Dealt with, whether or not there is a reason left.
    expect((await list({ isDone: true })).items).toMatchObject([{ taskId: task(0), reasons: [] }]);
    await say(0, ann);
    expect((await list({ isDone: true })).items).toEqual([]);
  });

  test('goes back once: what is taken back already is refused', async () => {
    const rankingId = await say(0, ann);
    await giveBack(0, rankingId);
    await expect(giveBack(0, rankingId)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await database.db.select().from(reviews)).toHaveLength(1);
  });

  test('two reviewers at once: one return, no lease twice', async () => {
    const rankingId = await say(0, ann);
    const results = await Promise.allSettled([giveBack(0, rankingId), giveBack(0, rankingId)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      await database.db
        .select()
        .from(leases)
        .where(eq(leases.taskId, task(0))),
    ).toHaveLength(1);
  });

  test('is refused where a reviewer has had the last word', async () => {
    const rankingId = await say(0, ann);
    await adjudicate(0);
    await expect(giveBack(0, rankingId)).rejects.toMatchObject({ message: expect.stringContaining('adjudicated') });
  });

  test('reaches the person first, before anything new', async () => {
    if (!ann) throw new Error('nobody');
    const given = await requireNextTask(database.db, ann, { projectId });
    const { rankingId } = await rankTask(database.db, ann, projectId, given);
    const about = { projectId, taskId: given.taskId, rankingId, note: 'Read the second answer again.' };
    await returnTask(database.db, reviewer(), about);
    const again = await requireNextTask(database.db, ann, { projectId });
    expect(again).toMatchObject({ taskId: given.taskId, responses: given.responses, note: about.note });
  });

  test('is refused where the person has left the project', async () => {
    const guest = await addPerson(database.db);
    const rankingId = await say(0, guest);
    await database.db.delete(members).where(eq(members.userId, guest.id));
    await expect(giveBack(0, rankingId)).rejects.toMatchObject({
      message: expect.stringContaining('not in the project'),
    });
    expect(await openLease(0)).toBeUndefined();
  });

  test('is refused once rankings are closed', async () => {
    const rankingId = await say(0, ann);
    await database.db.update(projects).set({ rankingsClosedAt: new Date(0) });
    await expect(giveBack(0, rankingId)).rejects.toMatchObject({ message: expect.stringContaining('closed') });
  });
});
