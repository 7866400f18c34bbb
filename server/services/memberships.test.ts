// Members of a project: added by e-mail, changed, removed; what a leaver holds is free at once.
import { and, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leases, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { addTasks, seedDemo } from '../../test/demo.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import type { User } from '../auth.ts';
import { addMember, listMembers, removeMember, updateMember } from './memberships.ts';
import { removePerson } from './people.ts';
import { recountTask } from './tasks.ts';

let database: TestDatabase;
let projectId: string;
let taskIds: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  await addPerson(database.db, 'admin');
  taskIds = await addTasks(database.db, projectId, 3);
});
afterAll(() => database.drop());

async function hold(person: User, taskId = ''): Promise<void> {
  await database.db.transaction(async (tx) => {
    const expiresAt = new Date(Date.now() + 300_000);
    await tx.insert(leases).values({ taskId, userId: person.id, shownOrder: [0, 1, 2], expiresAt });
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId));
    if (task) await recountTask(tx, task);
  });
}
const coveredOf = async (taskId = '') =>
  (await database.db.select({ covered: tasks.covered }).from(tasks).where(eq(tasks.id, taskId)))[0]?.covered;
const openLeases = (person: User) =>
  database.db
    .select()
    .from(leases)
    .where(and(eq(leases.userId, person.id), isNull(leases.closedAt)));

test('an account is added by its e-mail, once, and only where there is one', async () => {
  const person = await addPerson(database.db);
  await database.db.delete(members).where(eq(members.userId, person.id));
  const input = { projectId, email: person.email.toUpperCase(), role: 'reviewer' as const, languages: [] };
  await addMember(database.db, { ...input, qualifications: ['law'] });
  expect(await listMembers(database.db, { projectId })).toMatchObject([
    { userId: person.id, role: 'reviewer', qualifications: ['law'], lastActiveAt: null },
  ]);
  await expect(addMember(database.db, { ...input, qualifications: [] })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(
    addMember(database.db, { ...input, email: 'nobody@example.test', qualifications: [] }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a role and what suits somebody are changed, and nobody else is', async () => {
  const [one, other] = [await addPerson(database.db), await addPerson(database.db)];
  const change = { role: 'admin' as const, languages: ['tr', 'ko'], qualifications: ['law'] };
  await updateMember(database.db, { projectId, userId: one.id, ...change });
  const all = await listMembers(database.db, { projectId });
  expect(all.find(({ userId }) => userId === one.id)).toMatchObject(change);
  expect(all.find(({ userId }) => userId === other.id)).toMatchObject({ role: 'annotator', languages: [] });
  await expect(updateMember(database.db, { projectId, userId: crypto.randomUUID(), ...change })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('what a removed member holds is free at once, and their last activity is told while they are here', async () => {
  const leaver = await addPerson(database.db);
  const other = await addPerson(database.db);
  await hold(leaver, taskIds[0]);
  await hold(leaver, taskIds[1]);
  await hold(other, taskIds[2]);
  const listed = (await listMembers(database.db, { projectId })).find(({ userId }) => userId === leaver.id);
  expect(listed?.lastActiveAt).toBeInstanceOf(Date);
  await removeMember(database.db, { projectId, userId: leaver.id });
  expect(await openLeases(leaver)).toEqual([]);
  expect(await Promise.all(taskIds.map(coveredOf))).toEqual([0, 0, 1]);
  await expect(removeMember(database.db, { projectId, userId: leaver.id })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  // An account that ends leaves nothing held either.
  await removePerson(database.db, { userId: other.id });
  expect(await coveredOf(taskIds[2])).toBe(0);
});
