// Links by which people join: each once, by an account made or one that is there, and what an unusable one says.
import { count, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { invitations, members } from '../../db/schema/members.ts';
import { account, rateLimits, user } from '../../db/schema/people.ts';
import { addProject } from '../../test/owned-rows.ts';
import { addPerson } from '../../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../../test/postgres.ts';
import { createAuth, type User } from '../auth.ts';
import {
  createInvitation,
  joinAsNewPerson,
  joinProject,
  listInvitations,
  lookAtInvitation,
  revokeInvitation,
} from './invitations.ts';
import { listMembers } from './memberships.ts';

let database: TestDatabase;
let admin: User;
let projectId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await addPerson(database.db, 'admin');
});
afterAll(() => database.drop());

let projects = 0;
beforeEach(async () => {
  projects += 1;
  projectId = await addProject(database.db, `Project-${projects}`);
  await database.db.delete(rateLimits);
});

const invite = (input: { maxUses?: number } = {}) =>
  createInvitation(database.db, admin, {
    projectId,
    role: 'annotator',
    languages: ['tr'],
    qualifications: ['medicine'],
    days: 7,
    maxUses: 1,
    ...input,
  });

let people = 0;
const newcomer = () => {
  people += 1;
  return { name: `New ${people}`, email: `New${people}@Example.test`, password: 'long enough' };
};
/** An account that is a member of nothing. */
async function addStranger(): Promise<User> {
  const person = await addPerson(database.db);
  await database.db.delete(members).where(eq(members.userId, person.id));
  return person;
}
const usesOf = async (invitationId: string) =>
  (await listInvitations(database.db, { projectId })).find(({ id }) => id === invitationId)?.uses;

test('the token itself is stored nowhere, and no list gives it', async () => {
  const { token, invitationId } = await invite();
  const [row] = await database.db.select().from(invitations).where(eq(invitations.id, invitationId));
  expect(JSON.stringify(row)).not.toContain(token);
  expect(JSON.stringify(await listInvitations(database.db, { projectId }))).not.toContain(token);
});

test('a stranger makes an account, signs in with it, and is a member with what the link says', async () => {
  const { token } = await invite();
  expect(await lookAtInvitation(database.db, null, { token })).toEqual({
    state: 'open',
    project: `Project-${projects}`,
    role: 'annotator',
    isMember: false,
  });
  const person = newcomer();
  const { userId } = await joinAsNewPerson(database.db, { ...person, token });
  const auth = createAuth(database.db, 'a secret of at least thirty-two characters');
  const signedIn = await auth.api.signInEmail({ body: { email: person.email, password: person.password } });
  expect(signedIn.user).toMatchObject({ id: userId, role: 'annotator' });
  expect(await listMembers(database.db, { projectId })).toMatchObject([
    { userId, role: 'annotator', languages: ['tr'], qualifications: ['medicine'], onboardedAt: null },
  ]);
});

test('somebody with an account joins with it; a second time changes and uses nothing', async () => {
  const { token, invitationId } = await invite({ maxUses: 5 });
  const person = await addStranger();
  expect(await joinProject(database.db, person, { token })).toEqual({ projectId, isNew: true });
  expect(await joinProject(database.db, person, { token })).toEqual({ projectId, isNew: false });
  expect(await joinProject(database.db, admin, { token })).toEqual({ projectId, isNew: false });
  expect(await usesOf(invitationId)).toBe(1);
  expect(await lookAtInvitation(database.db, person, { token })).toMatchObject({ isMember: true });
});

test('one person who presses twice at once uses one use', async () => {
  const { token, invitationId } = await invite({ maxUses: 5 });
  const person = await addStranger();
  const both = await Promise.all([1, 2].map(() => joinProject(database.db, person, { token })));
  expect(both.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
  expect(await usesOf(invitationId)).toBe(1);
});

test('of many who race for the last use one wins, and the others leave no account behind', async () => {
  const { token, invitationId } = await invite({ maxUses: 2 });
  const accountsBefore = await countOf(account);
  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 4 }, () => joinAsNewPerson(database.db, { ...newcomer(), token })),
    ...(await Promise.all([addStranger(), addStranger()])).map((person) => joinProject(database.db, person, { token })),
  ]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
  }
  expect(await usesOf(invitationId)).toBe(2);
  const joined = await listMembers(database.db, { projectId });
  expect(joined).toHaveLength(2);
  expect((await countOf(account)) - accountsBefore).toBe(joined.filter(({ name }) => name.startsWith('New')).length);
});

const countOf = async (table: typeof account | typeof user) =>
  (await database.db.select({ count: count() }).from(table))[0]?.count ?? 0;

describe('a link that cannot be used says why, and names no project', () => {
  const cases = {
    used: async () => {
      const { token } = await invite();
      await joinAsNewPerson(database.db, { ...newcomer(), token });
      return token;
    },
    expired: async () => {
      const { token, invitationId } = await invite();
      await database.db
        .update(invitations)
        .set({ expiresAt: new Date(Date.now() - 1_000) })
        .where(eq(invitations.id, invitationId));
      return token;
    },
    revoked: async () => {
      const { token, invitationId } = await invite();
      await revokeInvitation(database.db, { invitationId });
      return token;
    },
    unknown: async () => 'no-such-token',
  };
  test.each(Object.entries(cases))('%s', async (state, make) => {
    const token = await make();
    expect(await lookAtInvitation(database.db, null, { token })).toEqual({ state });
    const word = state === 'unknown' ? 'not known' : state;
    const stranger = await addStranger();
    const people = await countOf(user);
    for (const attempt of [
      () => joinAsNewPerson(database.db, { ...newcomer(), token }),
      () => joinProject(database.db, stranger, { token }),
    ]) {
      const error: unknown = await attempt().then(
        () => null,
        (problem: unknown) => problem,
      );
      expect(error).toMatchObject({ message: expect.stringContaining(word) });
      expect(error).toMatchObject({ message: expect.not.stringContaining(token) });
    }
    expect(await countOf(user)).toBe(people);
  });
});

test('an address that has an account is told so, and nothing is used', async () => {
  const { token, invitationId } = await invite();
  const input = { ...newcomer(), email: admin.email, token };
  await expect(joinAsNewPerson(database.db, input)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await usesOf(invitationId)).toBe(0);
});

test('guessing is slowed down, and does not shut out those with a good link', async () => {
  const { token } = await invite();
  const tries = await Promise.allSettled(
    Array.from({ length: 70 }, (_, i) => lookAtInvitation(database.db, null, { token: `guess ${i}` })),
  );
  const refused = tries.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(10);
  expect(refused[0]).toMatchObject({ reason: { code: 'RATE_LIMITED' } });
  expect(await lookAtInvitation(database.db, null, { token })).toMatchObject({ state: 'open' });
  await joinAsNewPerson(database.db, { ...newcomer(), token });
});
