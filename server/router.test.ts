// Who may call what: every procedure of the API, by name, so that a new one cannot be forgotten.
import { TRPCError } from '@trpc/server';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { members } from '../db/schema/members.ts';
import { projects } from '../db/schema/project.ts';
import { isAtLeast, type ProjectRole, projectRoles } from '../domain/roles.ts';
import { seedDemo } from '../test/demo.ts';
import { addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { openLocalArtifacts } from './artifacts.ts';
import type { User } from './auth.ts';
import { type ChangeFeed, openChangeFeed } from './events.ts';
import { appRouter } from './router.ts';
import { createCaller } from './trpc.ts';

const forStrangers = ['setup.status', 'setup.createAdmin'];
const forAnnotators = [
  'projects.list',
  'projects.get',
  'label.context',
  'label.next',
  'label.heartbeat',
  'label.release',
  'label.submit',
  'label.skip',
  'label.undo',
  'label.history',
  'label.ranking',
  'label.revise',
  'label.readGuideline',
  'label.progress',
  'events.onChange',
];
const forAdmins = [
  'people.list',
  'people.create',
  'people.setRole',
  'people.remove',
  'apiKeys.list',
  'apiKeys.create',
  'apiKeys.revoke',
  'prompts.list',
  'prompts.get',
  'sampling.defaults',
  'sampling.start',
  'backends.list',
  'backends.create',
  'backends.remove',
  'judges.list',
  'judges.rewardChoices',
  'judges.create',
  'judges.remove',
  'judges.start',
  'pairs.list',
  'pairs.summary',
  'models.list',
  'models.devices',
  'models.folders',
  'models.hub',
  'models.register',
  'models.addFromHub',
  'models.setHubToken',
  'models.tryable',
  'models.createProject',
  'models.retry',
  'models.remove',
  'sft.start',
  'sft.list',
  'sft.get',
  'sft.metrics',
  'sft.warnings',
  'sft.cancel',
  'rounds.defaults',
  'rounds.start',
  'rounds.list',
  'rounds.get',
  'rounds.metrics',
  'rounds.warnings',
  'rounds.samples',
  'rounds.cancel',
  'rounds.decide',
  'jobs.active',
  'jobs.get',
  'jobs.cancel',
];
/** They name their project, and its admins may call them. */
const forProjectAdmins = ['imports.preview', 'imports.start', 'imports.list', 'imports.get'];

/** By the least role in the project that its input names. */
const inProjects: Record<ProjectRole, string[]> = {
  annotator: ['quality.mine'],
  reviewer: [
    'quality.overview',
    'quality.person',
    'review.list',
    'review.get',
    'review.accept',
    'review.adjudicate',
    'review.returnTask',
  ],
  admin: [
    'quality.onboarding',
    'quality.setOnboarded',
    'quality.retryOnboarding',
    'gold.list',
    'gold.mark',
    'gold.unmark',
  ],
};

let database: TestDatabase;
let events: ChangeFeed;
let annotator: User;
let admin: User;
let projectId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  projectId = (await seedDemo(database.db)).id;
  events = openChangeFeed(database.url);
  annotator = await addPerson(database.db);
  admin = await addPerson(database.db, 'admin');
});
afterAll(async () => {
  await events.close();
  await database.drop();
});

const contextOf = (user: User | null) => ({
  db: database.db,
  user,
  events,
  secret: 'test',
  modelsDir: '/nowhere',
  artifacts: openLocalArtifacts('/nowhere'),
  hubEndpoint: 'http://127.0.0.1:9',
});

/** The code that a call ends with, without input if none is given; null when it succeeds. */
async function codeOf(path: string, user: User | null, input?: object): Promise<string | null> {
  let at: unknown = createCaller(appRouter)(contextOf(user));
  for (const name of path.split('.')) at = (at as Record<string, unknown>)[name];
  try {
    await (at as (input: unknown) => Promise<unknown>)(input);
    return null;
  } catch (error) {
    return error instanceof TRPCError ? error.code : 'NOT_A_TRPC_ERROR';
  }
}

test('every procedure stands in one of the lists', () => {
  expect(Object.keys(appRouter._def.procedures).sort()).toEqual(
    [...forStrangers, ...forAnnotators, ...forAdmins, ...forProjectAdmins, ...Object.values(inProjects).flat()].sort(),
  );
});

describe.each(projectRoles)('a %s of a project', (role) => {
  let member: User;
  beforeAll(async () => {
    member = await addPerson(database.db);
    await database.db.update(members).set({ role }).where(eq(members.userId, member.id));
  });

  describe.each(projectRoles)('calls what asks for a %s', (wanted) => {
    const isAllowed = isAtLeast(role, wanted);
    test.each(inProjects[wanted])(`%s: ${isAllowed ? 'may' : 'may not'}`, async (path) => {
      expect([null, 'BAD_REQUEST', 'FORBIDDEN']).toContain(await codeOf(path, member, { projectId }));
      expect((await codeOf(path, member, { projectId })) === 'FORBIDDEN').toBe(!isAllowed);
    });
    test.each(inProjects[wanted])('%s: not in another project, nor as a stranger', async (path) => {
      expect(await codeOf(path, member, { projectId: crypto.randomUUID() })).toBe('NOT_FOUND');
      expect(await codeOf(path, null, { projectId })).toBe('UNAUTHORIZED');
    });
  });
});

describe('a stranger', () => {
  test.each([...forAnnotators, ...forAdmins])('may not call %s', async (path) => {
    expect(await codeOf(path, null)).toBe('UNAUTHORIZED');
  });
  test.each(forStrangers)('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, null));
  });
});

describe('an annotator', () => {
  test.each(forAdmins)('may not call %s', async (path) => {
    expect(await codeOf(path, annotator)).toBe('FORBIDDEN');
  });
  test.each(forAnnotators)('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, annotator));
  });
});

test.each(forProjectAdmins)('%s is for admins of the project, and tells a stranger to it nothing', async (path) => {
  await seedDemo(database.db);
  const [project] = await database.db.select().from(projects);
  const projectId = project?.id;
  const member = await addPerson(database.db);
  expect(await codeOf(path, null, { projectId })).toBe('UNAUTHORIZED');
  expect(await codeOf(path, annotator, { projectId })).toBe('NOT_FOUND');
  expect(await codeOf(path, member, { projectId })).toBe('FORBIDDEN');
  expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, admin, { projectId }));
});

describe('an admin', () => {
  test.each([...forAnnotators, ...forAdmins])('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, admin));
  });
});

test('a known error keeps its words and its code; what exists nowhere is NOT_FOUND', async () => {
  const caller = createCaller(appRouter)(contextOf(admin));
  const roundId = crypto.randomUUID();
  await expect(caller.rounds.get({ roundId })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no such round.',
  });
});
