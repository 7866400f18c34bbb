// Rankings looked through, taken back, and taken away: as pairs with people's edits above all, as thumbs, and raw.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { responses, samplings } from '../../db/schema/data.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import { judges, projects } from '../../db/schema/project.ts';
import { parseJsonLines, rankingRowSchema, unpairedRowSchema } from '../../domain/formats.ts';
import { labelSettingsSchema } from '../../domain/label-settings-schema.ts';
import type { RankingFilter } from '../../domain/ranking-filter.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { exportPairs } from './export.ts';
import { listPairs } from './pairs.ts';
import { exportRankings } from './ranking-export.ts';
import { countRankings, getRanking, listRankings, rankingAuthors, retractRankings } from './ranking-list.ts';

let database: TestDatabase;
let projectId: string;
let admin: User;
let person: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  admin = await addPerson(database.db, 'admin');
  person = await addPerson(database.db);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  await database.db.delete(samplings);
  await database.db.update(projects).set({ overlap: 1, labelling: {} });
});

const find = async (filter: RankingFilter = {}) =>
  (await listRankings(database.db, { projectId, ...filter, limit: 100 })).items;

/** Ranks the next task as shown; with all that can be said of it. */
async function rankFully(who = person) {
  const task = await requireNextTask(database.db, who, { projectId });
  const ids = task.responses.map(({ id }) => id);
  const [best = '', middle = '', worst = ''] = ids;
  const annotation = annotated([[best], [middle, worst]], {
    strength: 3,
    rationale: 'It answers the question.',
    flags: [
      { flag: 'unsafe', responseId: worst },
      { flag: 'broken-prompt', responseId: null },
    ],
    edit: { responseId: middle, text: 'Better than all of them.' },
  });
  const { rankingId } = await rankTask(database.db, who, projectId, task, { annotation });
  return { rankingId, task, best, middle, worst };
}

async function linesOf({ chunks }: { chunks: AsyncIterable<string> }): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

test('a list says of each ranking what was said, and finds it by that', async () => {
  await addTasks(database.db, projectId, 3);
  const { rankingId, best } = await rankFully();
  const plain = await requireNextTask(database.db, admin, { projectId });
  await rankTask(database.db, admin, projectId, plain);
  const [oracle] = await database.db.select().from(judges).where(eq(judges.kind, 'oracle'));
  const [left] = await database.db.select().from(tasks).where(eq(tasks.status, 'open'));
  await database.db.insert(rankings).values({
    taskId: left?.id ?? '',
    judgeId: oracle?.id ?? '',
    tiers: [],
    shownOrder: [0, 1, 2],
    submissionId: crypto.randomUUID(),
  });
  const [row] = await find({ userId: person.id });
  const [answer] = await database.db.select().from(responses).where(eq(responses.id, best));
  expect(row).toMatchObject({
    id: rankingId,
    strength: 3,
    flags: 2,
    hasRationale: true,
    hasEdit: true,
    kind: 'annotation',
  });
  expect(row?.places[0]).toEqual([answer?.ordinal]);
  expect(row?.places.map((tier) => tier.length)).toEqual([1, 2]);
  const cases: [RankingFilter, number][] = [
    [{}, 3],
    [{ source: 'person' }, 2],
    [{ source: 'judge' }, 1],
    [{ judgeId: oracle?.id }, 1],
    [{ strength: 3 }, 1],
    [{ isFlagged: true }, 1],
    [{ isFlagged: false }, 2],
    [{ hasRationale: true }, 1],
    [{ hasEdit: true, userId: admin.id }, 0],
    [{ from: new Date(Date.now() + 60_000) }, 0],
    [{ until: new Date(Date.now() + 60_000) }, 3],
    [{ isRetracted: true }, 0],
  ];
  for (const [filter, expected] of cases) {
    expect(await find(filter), JSON.stringify(filter)).toHaveLength(expected);
    expect(await countRankings(database.db, { projectId, ...filter })).toBe(expected);
  }
  expect(await rankingAuthors(database.db, { projectId })).toMatchObject({
    people: expect.arrayContaining([{ id: person.id, name: person.name }]),
  });
  const pages = [await listRankings(database.db, { projectId, limit: 2 })];
  pages.push(await listRankings(database.db, { projectId, limit: 2, cursor: pages[0]?.nextCursor ?? '' }));
  expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual((await find()).map(({ id }) => id));
});

test('one of them opened shows all, in the order in which its author saw it', async () => {
  await addTasks(database.db, projectId, 1);
  const { rankingId, task } = await rankFully();
  const opened = await getRanking(database.db, { rankingId });
  expect(opened.responses.map(({ id }) => id)).toEqual(task.responses.map(({ id }) => id));
  expect(opened).toMatchObject({
    edit: { text: 'Better than all of them.' },
    said: { rationale: 'It answers the question.' },
    retraction: null,
  });
});

test('what an admin takes back stays with the reason, and its task goes to somebody else', async () => {
  await addTasks(database.db, projectId, 1);
  const { rankingId, task } = await rankFully();
  const other = await addPerson(database.db);
  expect(await nextTask(database.db, other, { projectId })).toBe('all-ranked');
  const input = { projectId, rankingIds: [rankingId], reason: 'The prompt was broken.' };
  const twice = await Promise.all([1, 2].map(() => retractRankings(database.db, admin, input)));
  expect(twice.map(({ retracted }) => retracted).sort()).toEqual([0, 1]);
  expect(await find()).toEqual([]);
  expect(await find({ isRetracted: true })).toMatchObject([{ id: rankingId, retractedAt: expect.any(Date) }]);
  expect((await getRanking(database.db, { rankingId })).retraction).toMatchObject({
    reason: 'The prompt was broken.',
    by: admin.name,
  });
  expect((await requireNextTask(database.db, other, { projectId })).taskId).toBe(task.taskId);
});

test('nothing of another project is taken back', async () => {
  await addTasks(database.db, projectId, 1);
  const { rankingId } = await rankFully();
  const input = { projectId: crypto.randomUUID(), rankingIds: [rankingId], reason: 'x' };
  expect(await retractRankings(database.db, admin, input)).toEqual({ retracted: 0 });
});

test('an edited response stands above all others: edited > chosen > rejected', async () => {
  await addTasks(database.db, projectId, 1);
  const { best } = await rankFully();
  const { items } = await listPairs(database.db, { projectId, pairPolicy: 'adjacent', limit: 10 });
  const edited = items.filter(({ chosen }) => chosen.text === 'Better than all of them.');
  expect(edited.map(({ rejected }) => rejected.id)).toEqual([best]);
  expect(items.filter(({ chosen }) => chosen.id === best)).toHaveLength(2);
  const [pair] = (await listPairs(database.db, { projectId, limit: 10 })).items;
  expect(pair?.chosen.text).toBe('Better than all of them.');
  expect(pair?.rejected.id).not.toBe(best);
});

test('thumbs are labelled completions, by the majority of people', async () => {
  const labelling = labelSettingsSchema.parse({ mode: 'thumbs', strength: 'off' });
  await database.db.update(projects).set({ labelling, overlap: 3 });
  await addTasks(database.db, projectId, 1);
  const people = await Promise.all([1, 2, 3].map(() => addPerson(database.db)));
  for (const [index, who] of people.entries()) {
    const task = await requireNextTask(database.db, who, { projectId });
    const [a = '', b = '', c = ''] = task.responses.map(({ id }) => id).sort();
    // All say that a is good and b is not; of c the first alone says that it is.
    const thumbs = { [a]: 'up' as const, [b]: 'down' as const, [c]: index === 0 ? ('up' as const) : ('down' as const) };
    const tiers = [
      task.responses.filter(({ id }) => thumbs[id] === 'up'),
      task.responses.filter(({ id }) => thumbs[id] === 'down'),
    ];
    const annotation = annotated(
      tiers.map((tier) => tier.map(({ id }) => id)),
      { thumbs },
    );
    await rankTask(database.db, who, projectId, task, { annotation });
  }
  const text = await linesOf(await exportPairs(database.db, { projectId, format: 'kto' }));
  const rows = parseJsonLines(unpairedRowSchema, text, 'kto');
  expect(rows.map(({ label }) => label).sort()).toEqual([false, false, true]);
  const datasetVersionId = crypto.randomUUID();
  await expect(exportPairs(database.db, { projectId, format: 'kto', datasetVersionId })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('raw rankings name responses by their places, hide who people are, and are lines of our own format', async () => {
  await addTasks(database.db, projectId, 2);
  const { rankingId, best, middle } = await rankFully();
  await rankTask(database.db, admin, projectId, await requireNextTask(database.db, admin, { projectId }));
  const raw = async (isPseudonymous: boolean, filter: RankingFilter = {}) =>
    linesOf(await exportRankings(database.db, 'secret', { projectId, filter, isPseudonymous }));
  const text = await raw(true);
  for (const { id, name, email } of [person, admin]) {
    for (const trace of [id, name, email]) expect(text).not.toContain(trace);
  }
  const rows = parseJsonLines(rankingRowSchema, text, 'rankings');
  expect(rows).toHaveLength(2);
  const row = rows.find((one) => one.ranking_id === rankingId);
  const ordinalOf = async (id: string) =>
    (await database.db.select().from(responses).where(eq(responses.id, id)))[0]?.ordinal;
  expect(row).toMatchObject({
    strength: 3,
    rationale: 'It answers the question.',
    edit: { response: await ordinalOf(middle), text: 'Better than all of them.' },
    kind: 'annotation',
    judge: null,
    thumbs: null,
    guideline_version: null,
    duration_ms: 1_000,
    annotator: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
  expect(row?.tiers?.[0]).toEqual([await ordinalOf(best)]);
  expect(row?.responses).toHaveLength(3);
  expect(new Set(rows.map((one) => one.annotator)).size).toBe(2);
  expect(await raw(true)).toBe(text);
  const named = parseJsonLines(rankingRowSchema, await raw(false, { userId: person.id }), 'rankings');
  expect(named.map((one) => one.annotator)).toEqual([{ id: person.id, name: person.name, email: person.email }]);
});
