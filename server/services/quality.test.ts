// The quality reports on real tables: the figures' own rules are tested in domain/, here what reaches them, and who may
// know what.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { responses } from '../../db/schema/data.ts';
import { leases, rankingRetractions, tasks } from '../../db/schema/labelling.ts';
import { projects } from '../../db/schema/project.ts';
import type { LabelSettingsInput } from '../../domain/label-settings-schema.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { addRanking, toTiers } from '../../test/rankings.ts';
import type { User } from '../auth.ts';
import { markGold } from './gold.ts';
import { ownQuality, personQuality, qualityOverview } from './quality.ts';

let database: TestDatabase;
let projectId: string;
let [ann, ben, admin]: User[] = [];
let taskIds: string[];
const task = (index: number) => taskIds[index] ?? '';
const idOf = (person: User | undefined) => person?.id ?? '';

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  ann = await addPerson(database.db);
  ben = await addPerson(database.db);
  admin = await addPerson(database.db, 'admin');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  await settings({});
  taskIds = await addTasks(database.db, projectId, 12);
});

const forth = [[0], [1], [2]];
const back = [[2], [1], [0]];
const say = (index: number, person: User | undefined, tiers = forth, extra = {}) =>
  addRanking(database.db, task(index), idOf(person), tiers, extra);
const settings = (labelling: LabelSettingsInput) => database.db.update(projects).set({ labelling });
const overview = async (span = {}) => qualityOverview(database.db, 'admin', { projectId, ...span });
const reportOf = async (person: User | undefined, span = {}) =>
  (await overview(span)).people.find(({ userId }) => userId === idOf(person))?.report;
const mark = async (index: number, use: 'onboarding' | 'silent') =>
  markGold(
    database.db,
    { id: idOf(admin) },
    {
      projectId,
      taskId: task(index),
      tiers: await toTiers(database.db, task(index), forth),
      use,
      note: '',
    },
  );

describe('the figures', () => {
  test('agreement is with everyone else on the same tasks, over all pairs', async () => {
    for (let index = 0; index < 8; index++) {
      await say(index, ann);
      await say(index, ben, index < 6 ? forth : back);
    }
    await say(8, ann); // nobody else: it counts for nothing here
    const report = await reportOf(ann);
    expect(report).toMatchObject({ rankings: 9, agreement: { n: 24, value: 0.75 } });
    expect((await overview()).together).toMatchObject({
      tasks: 8,
      agreement: { n: 24, value: 0.75 },
      alpha: { units: 24, values: 48 },
    });
    const { peers } = await personQuality(database.db, 'admin', { projectId, userId: idOf(ann) });
    expect(peers).toMatchObject([{ name: ben?.name, agreement: { n: 24, value: 0.75 } }]);
  });

  test('what was undone, adjudicated, imported or judged is not theirs', async () => {
    const undone = await say(0, ann);
    await database.db.insert(rankingRetractions).values({ rankingId: undone, userId: idOf(ann) });
    await say(1, ann, forth, { kind: 'adjudication' });
    await say(2, ann);
    expect((await reportOf(ann))?.rankings).toBe(1);
  });

  test('places and lengths follow the order in which the person saw them', async () => {
    taskIds = await addTasks(database.db, projectId, 30);
    // The first response is the longest and always best; it is shown last.
    for (const [ordinal, text] of ['The longest of them.', 'Short.', 'ü'].entries()) {
      await database.db.update(responses).set({ text }).where(eq(responses.ordinal, ordinal));
    }
    for (const index of taskIds.keys()) await say(index, ann, forth, { shownOrder: [2, 1, 0] });
    const report = await reportOf(ann);
    expect(report?.positions.first.value).toMatchObject({ first: 0 });
    expect(report?.positions.last).toMatchObject({ n: 30, value: { first: 1 } });
    expect(report?.length).toMatchObject({ n: 90, value: { share: 1 } });
    expect(report?.alarms).toEqual(['first-position', 'last-position', 'longer']);
  });

  test('time, ties, and skips by reason', async () => {
    for (let index = 0; index < 6; index++) await say(index, ann, [[0, 1, 2]], { durationMs: 1000 * (index + 1) });
    await database.db.insert(leases).values(
      [6, 7, 8, 9, 10].map((index) => ({
        taskId: task(index),
        userId: idOf(ann),
        shownOrder: [0, 1, 2],
        expiresAt: new Date(),
        closedAt: new Date(),
        outcome: 'skipped' as const,
        skipReason: index < 9 ? ('unsure' as const) : null,
      })),
    );
    const report = await reportOf(ann);
    expect(report).toMatchObject({
      time: { n: 6, value: { median: 3500 } },
      skips: { n: 11, value: 5 / 11 },
      skipReasons: { unsure: 3, '': 2 },
    });
    const { times } = await personQuality(database.db, 'admin', { projectId, userId: idOf(ann) });
    expect(times.slice(0, 2)).toMatchObject([
      { from: 0, below: 5, count: 4 },
      { from: 5, below: 10, count: 2 },
    ]);
  });

  test('too fast is told by the words where the size does not tell', async () => {
    await settings({ readingSpeed: 240 });
    // Three answers of 40 words of two letters: 120 bytes each, 30 s at 240 words a minute.
    await database.db.update(responses).set({ text: 'ab '.repeat(40) });
    const times = [100, 29_000, 29_999, 30_000, 31_000, 500_000, 500_000, 500_000, 500_000, 500_000];
    for (const [index, durationMs] of times.entries()) await say(index, ann, forth, { durationMs });
    expect((await reportOf(ann))?.tooFast).toMatchObject({ n: 10, value: 0.3 });
    await settings({ readingSpeed: null });
    expect((await reportOf(ann))?.tooFast).toMatchObject({ n: 0, value: null });
  });

  test('a span takes the rankings made in it, compared with others of any time', async () => {
    const old = { createdAt: new Date('2026-01-01T10:00:00Z') };
    for (let index = 0; index < 8; index++) {
      await say(index, ann, forth, index < 4 ? old : {});
      await say(index, ben, forth, old);
    }
    const since = new Date('2026-02-01T00:00:00Z');
    expect(await reportOf(ann, { since })).toMatchObject({ rankings: 4, agreement: { n: 12 } });
    expect(await reportOf(ann, { until: since })).toMatchObject({ rankings: 4 });
    expect((await reportOf(ben, { since }))?.rankings).toBe(0);
    const { days } = await personQuality(database.db, 'admin', { projectId, userId: idOf(ann), until: since });
    expect(days).toEqual([{ day: '2026-01-01', count: 4 }]);
  });

  test('gold is scored, and listed worst first', async () => {
    await mark(0, 'silent');
    await mark(1, 'onboarding');
    await mark(2, 'silent');
    await mark(3, 'silent');
    await say(0, ann, [[0], [2], [1]]);
    await say(1, ann);
    await say(2, ann, back);
    await say(3, ann);
    expect((await reportOf(ann))?.gold).toMatchObject({ n: 12, value: 8 / 12 });
    const { gold } = await personQuality(database.db, 'admin', { projectId, userId: idOf(ann) });
    expect(gold.slice(0, 2)).toMatchObject([
      { taskId: task(2), accuracy: 0 },
      { taskId: task(0), accuracy: 2 / 3 },
    ]);
    expect(gold.find(({ taskId }) => taskId === task(1))).toMatchObject({ use: 'onboarding', accuracy: 1 });
  });
});

describe('who may know what', () => {
  test('reviewers see numbers instead of names, the same on both pages', async () => {
    await say(0, ann);
    const seen = await qualityOverview(database.db, 'reviewer', { projectId });
    expect(seen.people.map(({ name }) => name)).toEqual([null, null]);
    expect(JSON.stringify(seen)).not.toContain(ann?.name);
    const person = await personQuality(database.db, 'reviewer', { projectId, userId: idOf(ben) });
    expect(person.person).toMatchObject({
      name: null,
      number: seen.people.find(({ userId }) => userId === idOf(ben))?.number,
    });
  });

  test('people see their own time and counts, and nothing that silent gold or others show in', async () => {
    await mark(0, 'onboarding');
    await mark(1, 'silent');
    await say(0, ann);
    await say(1, ann, back);
    await say(2, ann);
    await say(2, ben);
    const mine = await ownQuality(database.db, { id: idOf(ann) }, { projectId });
    expect(mine).toMatchObject({
      rankings: 3,
      rest: null,
      onboarding: { state: 'passed', done: 1, of: 1, accuracy: 1 },
    });
    expect(Object.keys(mine).sort()).toEqual(
      ['rankings', 'time', 'skips', 'skipReasons', 'onboarding', 'rest', 'days', 'times'].sort(),
    );
    await settings({ showsOwnReport: true });
    expect((await ownQuality(database.db, { id: idOf(ann) }, { projectId })).rest).toMatchObject({
      agreement: { n: 3 },
      gold: { n: 6 },
    });
  });
});
