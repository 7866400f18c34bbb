// A project's settings and guidelines: what a change means for tasks that people are at, and for what they have said.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { guidelineReads, tasks } from '../../db/schema/labelling.ts';
import { projects } from '../../db/schema/project.ts';
import { labelSettingsSchema } from '../../domain/label-settings-schema.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, askerOf, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { listGuidelines, saveGuidelines } from './guidelines.ts';
import { undoRanking } from './labels.ts';
import { getOwnRanking } from './own-rankings.ts';
import { findSampleTask, getProjectSettings, type ProjectSettings, saveProjectSettings } from './project-settings.ts';

let database: TestDatabase;
let projectId: string;
let admin: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  admin = await addPerson(database.db, 'admin');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.delete(tasks);
  await save({ overlap: 1, isPaused: false, isClosed: false, labelling: labelSettingsSchema.parse({}) });
});

async function save(change: Partial<ProjectSettings>) {
  const { settings } = await getProjectSettings(database.db, { projectId });
  return saveProjectSettings(database.db, { projectId, ...settings, ...change });
}
const tasksNow = async () =>
  database.db.select({ overlap: tasks.overlap, covered: tasks.covered, status: tasks.status }).from(tasks);

test('what is saved is what is read, and closing keeps its day', async () => {
  const labelling = labelSettingsSchema.parse({
    mode: 'thumbs',
    criteria: [{ key: 'kind', name: 'Kind' }],
    goldRate: 0.1,
    onboarding: { isRequired: true },
  });
  const settings = { name: 'Renamed', overlap: 3, isPaused: true, isClosed: true, labelling };
  await save(settings);
  const first = await getProjectSettings(database.db, { projectId });
  expect(first.settings).toEqual(settings);
  await save({ name: 'Again' });
  expect((await getProjectSettings(database.db, { projectId })).closedAt).toEqual(first.closedAt);
  await save({ isClosed: false });
  expect((await getProjectSettings(database.db, { projectId })).closedAt).toBeNull();
});

test('a higher overlap holds for open tasks; those ranked stay ranked', async () => {
  await addTasks(database.db, projectId, 2);
  const annotator = await addPerson(database.db);
  await rankTask(database.db, annotator, projectId, await requireNextTask(database.db, annotator, { projectId }));
  expect(await save({ overlap: 2 })).toEqual({ kept: 0 });
  expect((await tasksNow()).sort((a, b) => a.overlap - b.overlap)).toEqual([
    { overlap: 1, covered: 1, status: 'ranked' },
    { overlap: 2, covered: 0, status: 'open' },
  ]);
});

test('a lower overlap throws nobody out: a task keeps the people it has, and ends where all of them are done', async () => {
  await save({ overlap: 3 });
  await addTasks(database.db, projectId, 1);
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => addPerson(database.db)));
  if (!first || !second || !third) throw new Error('three were added');
  await rankTask(database.db, first, projectId, await requireNextTask(database.db, first, { projectId }));
  const held = await requireNextTask(database.db, second, { projectId });
  expect((await getProjectSettings(database.db, { projectId })).covered).toEqual([{ people: 2, tasks: 1 }]);
  expect(await save({ overlap: 1 })).toEqual({ kept: 1 });
  expect(await tasksNow()).toEqual([{ overlap: 2, covered: 2, status: 'open' }]);
  expect(await nextTask(database.db, third, { projectId })).not.toBeInstanceOf(Object);
  await rankTask(database.db, second, projectId, held);
  expect(await tasksNow()).toEqual([{ overlap: 2, covered: 2, status: 'ranked' }]);
});

test('a lower overlap that everybody has met already ends the task at once', async () => {
  await save({ overlap: 3 });
  await addTasks(database.db, projectId, 1);
  for (const person of await Promise.all([1, 2].map(() => addPerson(database.db)))) {
    await rankTask(database.db, person, projectId, await requireNextTask(database.db, person, { projectId }));
  }
  await save({ overlap: 2 });
  expect(await tasksNow()).toEqual([{ overlap: 2, covered: 2, status: 'ranked' }]);
});

test('while people rank, changing the overlap back and forth never covers a task by more than it says', async () => {
  await addTasks(database.db, projectId, 12);
  const people = await Promise.all([1, 2, 3, 4].map(() => addPerson(database.db)));
  const rankAll = async (person: User) => {
    for (;;) {
      const task = await nextTask(database.db, person, { projectId });
      if (typeof task === 'string') return;
      await rankTask(database.db, person, projectId, task);
    }
  };
  const change = async () => {
    for (const overlap of [3, 1, 2, 4, 1, 2]) await save({ overlap });
  };
  await Promise.all([change(), ...people.map(rankAll)]);
  await Promise.all(people.map(rankAll));
  for (const { covered, overlap, status } of await tasksNow()) {
    expect(covered).toBe(overlap);
    expect(status).toBe('ranked');
  }
});

test('questions may change: an older ranking keeps its answers, and can still be read and taken back', async () => {
  await save({ labelling: labelSettingsSchema.parse({ criteria: [{ key: 'kind', name: 'Kind' }] }) });
  await addTasks(database.db, projectId, 1);
  const annotator = await addPerson(database.db);
  const task = await requireNextTask(database.db, annotator, { projectId });
  const ids = task.responses.map(({ id }) => id);
  const ratings = Object.fromEntries(ids.map((id) => [id, { kind: 4 }]));
  const annotation = annotated(
    ids.map((id) => [id]),
    { ratings },
  );
  const { rankingId } = await rankTask(database.db, annotator, projectId, task, { annotation });
  await save({ labelling: labelSettingsSchema.parse({ criteria: [{ key: 'brief', name: 'Brief' }] }) });
  const asker = await askerOf(database.db, annotator, projectId);
  const read = await getOwnRanking(database.db, asker, { rankingId });
  expect(read.annotation?.ratings).toEqual(ratings);
  expect((await undoRanking(database.db, asker)).task?.annotation?.ratings).toEqual(ratings);
});

test('a paused project gives no task', async () => {
  await addTasks(database.db, projectId, 1);
  await save({ isPaused: true });
  expect(await nextTask(database.db, await addPerson(database.db), { projectId })).toBe('paused');
});

test('settings that an older version stored are read with their defaults', async () => {
  await database.db
    .update(projects)
    .set({ labelling: { mode: 'ab' } })
    .where(eq(projects.id, projectId));
  const { settings } = await getProjectSettings(database.db, { projectId });
  expect(settings.labelling).toEqual(labelSettingsSchema.parse({ mode: 'ab' }));
});

test('the preview has a real task once there is one', async () => {
  expect(await findSampleTask(database.db, { projectId })).toBeNull();
  await addTasks(database.db, projectId, 1, 4);
  const sample = await findSampleTask(database.db, { projectId });
  expect(sample?.responses.map(({ text }) => text.slice(0, 10))).toEqual([0, 1, 2, 3].map((i) => `Response ${i}`));
});

test('guidelines are versions; one saved meanwhile is not written over, and reads are counted by annotator', async () => {
  const text = '# Be fair';
  const first = await saveGuidelines(database.db, admin, { projectId, text, basedOn: null });
  const both = await Promise.allSettled(
    ['# Be kind', '# Be brief'].map((other) =>
      saveGuidelines(database.db, admin, { projectId, text: other, basedOn: first.version }),
    ),
  );
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
  const reader = await addPerson(database.db);
  await database.db.insert(guidelineReads).values([
    { guidelineId: first.guidelineId, userId: reader.id },
    // An admin's own look is not an annotator's.
    { guidelineId: first.guidelineId, userId: admin.id },
  ]);
  const { versions, annotators } = await listGuidelines(database.db, { projectId });
  expect(versions.map(({ version, reads }) => [version, reads])).toEqual([
    [2, 0],
    [1, 1],
  ]);
  expect(annotators).toBeGreaterThan(1);
  const newest = versions[0]?.text ?? '';
  await expect(saveGuidelines(database.db, admin, { projectId, text: newest, basedOn: 2 })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});
