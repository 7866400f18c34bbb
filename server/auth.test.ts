// Signing in, and who can make accounts, against Better Auth itself.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { account, session, user } from '../db/schema/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { type Auth, createAuth, findUser } from './auth.ts';
import { createPerson, listPeople, removePerson, setRole } from './services/people.ts';
import { createFirstAdmin, issueSetupToken, needsAdmin } from './services/setup.ts';

let database: TestDatabase;
let auth: Auth;
const host = 'rankloop.test:3000';
const password = 'correct horse';

beforeAll(async () => {
  database = await createTestDatabase();
  auth = createAuth(database.db, 'a secret of at least thirty-two characters');
});
afterAll(() => database.drop());

function post(path: string, body: unknown, origin = `http://${host}`): Promise<Response> {
  return auth.handler(
    new Request(`http://${host}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host, origin, cookie: 'other=1' },
      body: JSON.stringify(body),
    }),
  );
}

const signIn = (email: string, word = password) => post('/sign-in/email', { email, password: word });
const cookieOf = (response: Response) =>
  new Headers({
    host,
    cookie: response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; '),
  });
const person = (email: string) => ({ name: email, email, password });

test('the set-up token makes one admin, once, even for two who come at the same moment', async () => {
  expect(await needsAdmin(database.db)).toBe(true);
  const replaced = await issueSetupToken(database.db);
  const token = (await issueSetupToken(database.db)) ?? '';
  await expect(createFirstAdmin(database.db, { ...person('old@x.test'), token: replaced ?? '' })).rejects.toMatchObject(
    {
      code: 'FORBIDDEN',
    },
  );
  const results = await Promise.allSettled(
    ['ada@x.test', 'eve@x.test'].map((email) => createFirstAdmin(database.db, { ...person(email), token })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await listPeople(database.db)).toMatchObject([{ role: 'admin' }]);
  expect(await needsAdmin(database.db)).toBe(false);
  expect(await issueSetupToken(database.db)).toBeNull();
});

test('signing in: right and wrong passwords, from this host and from elsewhere', async () => {
  await createPerson(database.db, { ...person('Ann@X.test'), role: 'annotator' });
  const response = await signIn('ann@x.test');
  expect(response.status).toBe(200);
  expect(response.headers.getSetCookie().join()).toMatch(/HttpOnly.*SameSite=Lax/i);
  expect(await findUser(auth, cookieOf(response))).toMatchObject({ email: 'ann@x.test', role: 'annotator' });
  expect((await signIn('ann@x.test', 'wrong horse')).status).toBe(401);
  expect((await post('/sign-in/email', { email: 'ann@x.test', password }, 'http://evil.test')).status).toBe(403);
  expect(await findUser(auth, new Headers({ host }))).toBeNull();
  expect(await findUser(auth, new Headers({ host, cookie: 'rankloop.session_token=forged.c2ln' }))).toBeNull();
});

test('nobody signs up, and nobody makes themselves an admin', async () => {
  expect((await post('/sign-up/email', person('new@x.test'))).status).toBe(400);
  const cookie = cookieOf(await signIn('ann@x.test')).get('cookie') ?? '';
  const response = await auth.handler(
    new Request(`http://${host}/api/auth/update-user`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host, origin: `http://${host}`, cookie },
      body: JSON.stringify({ role: 'admin' }),
    }),
  );
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(await findUser(auth, new Headers({ host, cookie }))).toMatchObject({ role: 'annotator' });
});

test('passwords are stored as hashes, and an address has one account', async () => {
  const rows = await database.db.select().from(account);
  expect(rows.every((row) => row.password && !row.password.includes(password))).toBe(true);
  await expect(createPerson(database.db, { ...person('ANN@x.test'), role: 'annotator' })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

test('a removed person is signed out at once', async () => {
  const { userId } = await createPerson(database.db, { ...person('gone@x.test'), role: 'annotator' });
  const headers = cookieOf(await signIn('gone@x.test'));
  expect(await findUser(auth, headers)).not.toBeNull();
  await removePerson(database.db, { userId });
  expect(await findUser(auth, headers)).toBeNull();
  expect(await database.db.select().from(session).where(eq(session.userId, userId))).toEqual([]);
});

test('the last admin stays one, also when two step down at the same moment', async () => {
  const [ada] = await database.db.select().from(user).where(eq(user.role, 'admin'));
  const adaId = ada?.id ?? '';
  await expect(removePerson(database.db, { userId: adaId })).rejects.toMatchObject({ code: 'CONFLICT' });
  const { userId } = await createPerson(database.db, { ...person('bob@x.test'), role: 'admin' });
  const results = await Promise.allSettled(
    [adaId, userId].map((id) => setRole(database.db, { userId: id, role: 'annotator' })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await listPeople(database.db)).filter(({ role }) => role === 'admin')).toHaveLength(1);
});
