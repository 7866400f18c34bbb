// Prompts found and changed in bulk: filters and pages, and acts that leave alone what they must not touch.
import { eq, inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { promptHash } from '../../db/prompts.ts';
import { batches, prompts, samplings } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { leases, rankings, tasks } from '../../db/schema/labelling.ts';
import type { BulkAction, PromptFilter, PromptOrder, PromptSelection } from '../../domain/prompt-filter.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { annotated, nextTask, rankTask, requireNextTask } from '../../test/labelling.ts';
import { addProject } from '../../test/owned-rows.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { changePrompts } from './prompt-bulk.ts';
import { countPrompts, listPrompts, promptChoices } from './prompt-list.ts';

let database: TestDatabase;
let projectId: string;
let admin: User;
let annotator: User;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  admin = await addPerson(database.db, 'admin');
  annotator = await addPerson(database.db);
  // The demo's prompts are many: a few of each split are enough here.
  await database.db.execute(sql`delete from prompts where id not in (
    (select id from prompts where split = 'train' order by created_at limit 12)
    union all (select id from prompts where split = 'heldout' order by created_at limit 4))`);
});
afterAll(() => database.drop());

let all: string[];
beforeEach(async () => {
  await database.db.delete(tasks);
  await database.db.delete(samplings);
  await database.db.update(prompts).set({ priority: 0, language: null, qualifications: [], batchId: null });
  all = (await find({ split: 'train' })).map(({ id }) => id);
});

const find = async (filter: PromptFilter, order?: PromptOrder) =>
  (await listPrompts(database.db, { projectId, ...filter, order, limit: 200 })).items;
const idsOf = async (filter: PromptFilter) => (await find(filter)).map(({ id }) => id);
const change = (selection: PromptSelection, action: BulkAction) =>
  changePrompts(database.db, admin, { projectId, selection, action });
const some = (...indices: number[]) => ({ promptIds: indices.map((index) => all[index] ?? '') });
const tasksOf = (...indices: number[]) =>
  database.db
    .select()
    .from(tasks)
    .where(inArray(tasks.promptId, some(...indices).promptIds));

describe('filters', () => {
  test('find by what a prompt is and by what became of it', async () => {
    await addTasks(database.db, projectId, 4);
    const [batch] = await database.db.insert(batches).values({ projectId, name: 'First', format: 'trl' }).returning();
    await database.db
      .update(prompts)
      .set({ language: 'tr', qualifications: ['law'], priority: 5, batchId: batch?.id ?? null })
      .where(inArray(prompts.id, some(0, 1).promptIds));
    const [ranked] = await tasksOf(0);
    const [gold] = await tasksOf(1);
    const [held] = await tasksOf(2);
    await database.db
      .insert(leases)
      .values({ taskId: held?.id ?? '', userId: annotator.id, shownOrder: [0, 1, 2], expiresAt: new Date() });
    await database.db
      .update(tasks)
      .set({ status: 'ranked' })
      .where(eq(tasks.id, ranked?.id ?? ''));
    await database.db
      .update(tasks)
      .set({ isGold: true, isPaused: true })
      .where(eq(tasks.id, gold?.id ?? ''));
    await database.db.insert(rankings).values({
      taskId: ranked?.id ?? '',
      userId: annotator.id,
      tiers: [],
      shownOrder: [],
      submissionId: crypto.randomUUID(),
      flags: [{ flag: 'unsafe', responseId: null }],
    });
    const [first, second, third, fourth] = all;
    const cases: [PromptFilter, (string | undefined)[]][] = [
      [{ language: 'tr' }, [first, second]],
      [{ language: null, status: 'open' }, [third, fourth]],
      [{ qualification: 'law' }, [first, second]],
      [{ priority: 5, status: 'ranked' }, [first]],
      [{ batchId: batch?.id }, [first, second]],
      [{ status: 'ranked' }, [first]],
      [{ status: 'none', split: 'train' }, all.slice(4)],
      [{ isFlagged: true }, [first]],
      [{ isGold: true }, [second]],
      [{ isPaused: true }, [second]],
      [{ hasResponses: true }, [first, second, third, fourth]],
      [{ hasResponses: false, split: 'train' }, all.slice(4)],
      [{ heldBy: annotator.id }, [third]],
    ];
    for (const [filter, expected] of cases) {
      expect(await idsOf(filter), JSON.stringify(filter)).toEqual(expected);
      expect(await countPrompts(database.db, { projectId, ...filter })).toBe(expected.length);
    }
    expect(await promptChoices(database.db, { projectId })).toMatchObject({
      languages: ['tr'],
      qualifications: ['law'],
      priorities: [5, 0],
      batches: [{ id: batch?.id, name: 'First' }],
    });
    await database.db.delete(batches);
  });

  test('search reads every message as it stands, without wild cards', async () => {
    const content = '100%_sure?';
    const hash = promptHash({ messages: [{ role: 'user', content }] });
    const messages = [
      { role: 'user' as const, content },
      { role: 'assistant' as const, content: 'No.' },
    ];
    const [row] = await database.db
      .insert(prompts)
      .values({ projectId, messages, split: 'train', contentHash: hash })
      .returning();
    expect(await idsOf({ search: '%_SURE' })).toEqual([row?.id]);
    expect(await idsOf({ search: '100_sure' })).toEqual([]);
    expect(await find({ search: '100%' })).toMatchObject([{ preview: 'No.', turns: 2 }]);
    await database.db.delete(prompts).where(eq(prompts.id, row?.id ?? ''));
  });

  test.each(['oldest', 'newest', 'priority'] as const)('pages by %s hold each prompt once', async (order) => {
    await database.db
      .update(prompts)
      .set({ priority: 3 })
      .where(inArray(prompts.id, some(2, 7, 9).promptIds));
    const whole = (await find({}, order)).map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listPrompts(database.db, { projectId, order, cursor, limit: 5 });
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(whole);
    expect(new Set(paged).size).toBe(16);
    if (order === 'priority') expect(whole.slice(0, 3)).toEqual(some(2, 7, 9).promptIds);
  });
});

describe('acts', () => {
  test('priority, language and qualifications reach the tasks, which are given out by them', async () => {
    await addTasks(database.db, projectId, 3);
    await change(some(2), { kind: 'priority', priority: 9 });
    await change(some(2), { kind: 'language', language: 'ko' });
    await change(some(2), { kind: 'qualifications', qualifications: ['law'] });
    expect(await tasksOf(2)).toMatchObject([{ priority: 9, language: 'ko', qualifications: ['law'] }]);
    const [task] = await tasksOf(2);
    expect((await requireNextTask(database.db, annotator, { projectId })).taskId).not.toBe(task?.id);
    expect((await requireNextTask(database.db, admin, { projectId })).taskId).toBe(task?.id);
  });

  test('all that a filter finds, and nothing of another project', async () => {
    const other = await addProject(database.db, 'Another');
    const [theirs] = await database.db
      .insert(prompts)
      .values({ projectId: other, messages: [{ role: 'user', content: 'x' }], split: 'train', contentHash: 'x' })
      .returning();
    expect(await change({ filter: { split: 'train' } }, { kind: 'priority', priority: 2 })).toEqual({
      changed: 12,
      refused: [],
    });
    expect(await change({ promptIds: [theirs?.id ?? ''] }, { kind: 'priority', priority: 2 })).toMatchObject({
      changed: 0,
    });
    expect(await change({ promptIds: [theirs?.id ?? ''] }, { kind: 'delete' })).toMatchObject({ changed: 0 });
    const [untouched] = await database.db
      .select()
      .from(prompts)
      .where(eq(prompts.id, theirs?.id ?? ''));
    expect(untouched?.priority).toBe(0);
  });

  test('paused tasks are given to nobody until they go on', async () => {
    await addTasks(database.db, projectId, 2);
    expect(await change(some(0, 1, 5), { kind: 'pause', isPaused: true })).toEqual({ changed: 2, refused: [] });
    expect(await nextTask(database.db, annotator, { projectId })).toBe('paused');
    await change(some(1), { kind: 'pause', isPaused: false });
    const [open] = await tasksOf(1);
    expect((await requireNextTask(database.db, annotator, { projectId })).taskId).toBe(open?.id);
  });

  test('what was sampled to be ranked cannot be held out any more', async () => {
    await addTasks(database.db, projectId, 2);
    expect(await change(some(0, 1, 2), { kind: 'split', split: 'heldout' })).toEqual({
      changed: 1,
      refused: [{ reason: 'sampled', count: 2 }],
    });
    expect(await change(some(2), { kind: 'split', split: 'train' })).toEqual({ changed: 1, refused: [] });
  });

  test('tags change the hash by which a prompt is known; one that another prompt has stays', async () => {
    const action = { kind: 'tags' as const, add: ['short'], remove: [] };
    expect(await change(some(0, 1), action)).toEqual({ changed: 2, refused: [] });
    const [row] = await database.db
      .select()
      .from(prompts)
      .where(eq(prompts.id, all[0] ?? ''));
    expect(row).toMatchObject({ tags: ['short'], contentHash: row && promptHash(row) });
    expect(await idsOf({ tag: 'short' })).toEqual(all.slice(0, 2));
    // The same question without the tag is a prompt of its own, until it would get the tag as well.
    const { id: _, ...rest } = row ?? { id: '' };
    const plain = { ...rest, tags: [], contentHash: promptHash({ messages: row?.messages ?? [], tags: [] }) };
    const [twin] = await database.db
      .insert(prompts)
      .values({ ...plain, projectId, messages: row?.messages ?? [], split: 'train' })
      .returning();
    expect(await change({ promptIds: [twin?.id ?? ''] }, action)).toEqual({
      changed: 0,
      refused: [{ reason: 'same', count: 1 }],
    });
    await database.db.delete(prompts).where(eq(prompts.id, twin?.id ?? ''));
    expect(await change(some(0, 1), { ...action, add: [], remove: ['short'] })).toEqual({ changed: 2, refused: [] });
  });

  test('tags that responses were sampled with stay what they were', async () => {
    await addTasks(database.db, projectId, 1);
    await database.db.update(samplings).set({ conditions: ['tags'] });
    expect(await change(some(0, 1), { kind: 'tags', add: ['new'], remove: [] })).toEqual({
      changed: 1,
      refused: [{ reason: 'conditioned', count: 1 }],
    });
    await change(some(1), { kind: 'tags', add: [], remove: ['new'] });
  });

  test('only what nobody has said anything of, and nobody holds, is deleted; never beside a job', async () => {
    await addTasks(database.db, projectId, 3);
    const ranked = await requireNextTask(database.db, annotator, { projectId });
    await rankTask(database.db, annotator, projectId, ranked);
    await requireNextTask(database.db, annotator, { projectId });
    const [job] = await database.db
      .insert(jobRuns)
      .values({ projectId, name: 'sample', payload: {}, status: 'running' })
      .returning();
    await expect(change(some(0, 1, 2, 11), { kind: 'delete' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await database.db.delete(jobRuns).where(eq(jobRuns.id, job?.id ?? ''));
    const outcome = await change(some(0, 1, 2, 11), { kind: 'delete' });
    expect(outcome.changed).toBe(2);
    expect(outcome.refused.map(({ reason }) => reason).sort()).toEqual(['held', 'ranked']);
    expect(await countPrompts(database.db, { projectId, split: 'train' })).toBe(10);
  });

  test('tasks are given to a person and taken away; what is full or theirs already is counted', async () => {
    await addTasks(database.db, projectId, 3);
    const first = await requireNextTask(database.db, annotator, { projectId });
    await rankTask(database.db, annotator, projectId, first, {
      annotation: annotated(first.responses.map(({ id }) => [id])),
    });
    const other = await addPerson(database.db);
    const selection = { filter: { split: 'train' as const } };
    expect(await change(selection, { kind: 'assign', userId: other.id })).toEqual({ changed: 2, refused: [] });
    expect(await change(selection, { kind: 'assign', userId: annotator.id })).toEqual({
      changed: 0,
      refused: [{ reason: 'full', count: 2 }],
    });
    expect(await idsOf({ heldBy: other.id })).toHaveLength(2);
    expect(await change(selection, { kind: 'withdraw', userId: other.id })).toEqual({ changed: 2, refused: [] });
    expect(await idsOf({ heldBy: other.id })).toEqual([]);
  });
});
