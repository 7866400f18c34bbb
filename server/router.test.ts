// Who may call what: every procedure of the API, by name, so that a new one cannot be forgotten.
import { TRPCError } from '@trpc/server';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { members as memberRows } from '../db/schema/members.ts';
import { type ProjectRole, projectRoles } from '../domain/roles.ts';
import { addProject, addRow, type NamedRow } from '../test/owned-rows.ts';
import { addMember, addPerson } from '../test/people.ts';
import { createTestDatabase, type TestDatabase } from '../test/postgres.ts';
import { openLocalArtifacts } from './artifacts.ts';
import type { User } from './auth.ts';
import { type ChangeFeed, openChangeFeed } from './events.ts';
import { appRouter } from './router.ts';
import { notify } from './services/notify.ts';
import { createCaller } from './trpc.ts';

const forStrangers = ['setup.status', 'setup.createAdmin', 'invitations.look', 'invitations.joinAsNew'];
/** Of an account, whatever its projects. */
const forSignedIn = ['projects.list', 'invitations.join'];
const forInstallationAdmins = [
  'people.list',
  'people.create',
  'people.setRole',
  'people.remove',
  'apiKeys.list',
  'apiKeys.create',
  'apiKeys.revoke',
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
];
/** By the least role in the project, and by what names the project: its own id or that of a row. */
const forMembers: { [R in ProjectRole]: { [N in NamedRow]?: string[] } } = {
  annotator: {
    projectId: [
      'events.onChange',
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
      'quality.mine',
    ],
  },
  reviewer: {
    projectId: [
      'prompts.list',
      'rankings.list',
      'rankings.count',
      'rankings.authors',
      'prompts.count',
      'prompts.choices',
      'quality.overview',
      'quality.person',
      'review.list',
      'review.get',
      'review.accept',
      'review.adjudicate',
      'review.returnTask',
    ],
    promptId: ['prompts.get'],
    rankingId: ['rankings.get'],
  },
  admin: {
    projectId: [
      'projects.get',
      'prompts.change',
      'rankings.retract',
      'projects.settings',
      'projects.sampleTask',
      'projects.saveSettings',
      'guidelines.list',
      'guidelines.save',
      'members.list',
      'members.add',
      'members.update',
      'members.remove',
      'invitations.list',
      'invitations.create',
      'sampling.defaults',
      'sampling.start',
      'backends.list',
      'backends.create',
      'judges.list',
      'judges.rewardChoices',
      'judges.create',
      'judges.start',
      'pairs.list',
      'pairs.summary',
      'rounds.defaults',
      'rounds.start',
      'rounds.list',
      'jobs.active',
      'imports.preview',
      'imports.start',
      'imports.list',
      'imports.get',
      'imports.change',
      'quality.onboarding',
      'quality.setOnboarded',
      'quality.retryOnboarding',
      'gold.list',
      'gold.mark',
      'gold.unmark',
    ],
    invitationId: ['invitations.revoke'],
    backendId: ['backends.remove'],
    judgeId: ['judges.remove'],
    roundId: ['rounds.get', 'rounds.metrics', 'rounds.warnings', 'rounds.samples', 'rounds.cancel', 'rounds.decide'],
    jobRunId: ['jobs.get', 'jobs.cancel'],
  },
};
const ofProjects = projectRoles.flatMap((wanted) =>
  Object.entries(forMembers[wanted]).flatMap(([named, paths]) =>
    paths.map((path) => ({ path, wanted, named: named as NamedRow })),
  ),
);

let database: TestDatabase;
let events: ChangeFeed;
let projectId: string;
let otherProjectId: string;
/** Of another project, with the highest role there. */
let outsider: User;
let admin: User;
const members = {} as Record<ProjectRole, User>;

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  events = openChangeFeed(database.url);
  outsider = await addPerson(db);
  for (const role of projectRoles) members[role] = await addPerson(db);
  admin = await addPerson(db, 'admin');
  projectId = await addProject(db, 'Ours');
  otherProjectId = await addProject(db, 'Theirs');
  await addMember(db, { projectId: otherProjectId, userId: outsider.id, role: 'admin' });
  for (const role of projectRoles) await addMember(db, { projectId, userId: members[role].id, role });
});
afterAll(async () => {
  await events.close();
  await database.drop();
});

const callerOf = (user: User | null, signal?: AbortSignal) =>
  createCaller(appRouter)(
    {
      db: database.db,
      user,
      events,
      secret: 'test',
      modelsDir: '/nowhere',
      artifacts: openLocalArtifacts('/nowhere'),
      hubEndpoint: 'http://127.0.0.1:9',
    },
    signal && { signal },
  );

/** The code and the words that a call ends with; null when it succeeds. */
async function refusalOf(path: string, user: User | null, input?: unknown) {
  let at: unknown = callerOf(user);
  for (const name of path.split('.')) at = (at as Record<string, unknown>)[name];
  try {
    await (at as (input: unknown) => Promise<unknown>)(input);
    return null;
  } catch (error) {
    if (error instanceof TRPCError) return { code: error.code, message: error.message };
    throw error;
  }
}
const codeOf = async (...call: Parameters<typeof refusalOf>) => (await refusalOf(...call))?.code ?? null;

/** An input that names a fresh row of our project, and nothing else. */
const inputFor = async (named: NamedRow) => ({ [named]: await addRow(database.db, named, projectId) });

const refusals = ['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'];

test('every procedure stands in one of the lists', () => {
  const listed = [...forStrangers, ...forSignedIn, ...forInstallationAdmins, ...ofProjects.map(({ path }) => path)];
  expect(Object.keys(appRouter._def.procedures).sort()).toEqual(listed.sort());
});

describe('a stranger', () => {
  test.each([...forSignedIn, ...forInstallationAdmins])('may not call %s', async (path) => {
    expect(await codeOf(path, null)).toBe('UNAUTHORIZED');
  });
  test.each(ofProjects)('may not call $path', async ({ path, named }) => {
    expect(await codeOf(path, null, await inputFor(named))).toBe('UNAUTHORIZED');
  });
  test.each(forStrangers)('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, null));
  });
});

describe('an annotator, and the admin of a project,', () => {
  test.each(forInstallationAdmins)('may not call %s', async (path) => {
    expect(await codeOf(path, members.annotator)).toBe('FORBIDDEN');
    expect(await codeOf(path, members.admin)).toBe('FORBIDDEN');
  });
  test.each(forSignedIn)('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, members.annotator));
  });
});

describe('an admin of the installation', () => {
  test.each([...forSignedIn, ...forInstallationAdmins])('may call %s', async (path) => {
    expect([null, 'BAD_REQUEST']).toContain(await codeOf(path, admin));
  });
});

describe('in a project', () => {
  test.each(ofProjects)('$path is for its members from $wanted upwards', async ({ path, wanted, named }) => {
    for (const role of projectRoles) {
      const code = await codeOf(path, members[role], await inputFor(named));
      if (projectRoles.indexOf(role) < projectRoles.indexOf(wanted)) expect(code, role).toBe('FORBIDDEN');
      else expect(refusals, role).not.toContain(code);
    }
    expect(refusals).not.toContain(await codeOf(path, admin, await inputFor(named)));
  });

  test.each(ofProjects)('$path tells an outsider nothing, not even that it is there', async ({ path, named }) => {
    const theirs = await refusalOf(path, outsider, await inputFor(named));
    expect(theirs?.code).toBe('NOT_FOUND');
    expect(await refusalOf(path, outsider, { [named]: crypto.randomUUID() })).toEqual(theirs);
  });
});

test('a job that belongs to no project is for the admins of the installation', async () => {
  const jobRunId = await addRow(database.db, 'jobRunId', null);
  expect(await codeOf('jobs.get', members.admin, { jobRunId })).toBe('NOT_FOUND');
  expect(await codeOf('jobs.get', admin, { jobRunId })).toBeNull();
});

test('only an admin of the installation names a folder of the server for a judge', async () => {
  const input = { projectId, name: 'x', judge: { kind: 'local' as const, model: '/etc' } };
  await expect(callerOf(members.admin).judges.create(input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(callerOf(members.admin).judges.create({ ...input, judge: { kind: 'local' } })).resolves.toHaveProperty(
    'id',
  );
});

/** As it is before it travels: in the page it is an object. */
const trackedChange = z.tuple([z.string(), z.object({ topic: z.string(), id: z.string() })]).rest(z.unknown());

describe('changes', () => {
  /** What a person hears until our round's change, which comes last. */
  async function heardBy(user: User) {
    const { db } = database;
    const lastId = await addRow(db, 'roundId', projectId);
    const stop = new AbortController();
    const changes = await callerOf(user, stop.signal).events.onChange({ projectId });
    const heard: string[] = [];
    for await (const change of changes) {
      const [, { topic, id }] = trackedChange.parse(change);
      if (topic === 'sync') {
        const theirs = await addRow(db, 'roundId', otherProjectId);
        await notify(db, 'round', theirs);
        await notify(db, 'sft', crypto.randomUUID());
        await notify(db, 'round', lastId);
        continue;
      }
      heard.push(topic);
      if (id === lastId) break;
    }
    stop.abort();
    return heard;
  }
  test('of a project reach its members, those of no project the admins of the installation', async () => {
    expect(await heardBy(members.annotator)).toEqual(['round']);
    expect(await heardBy(admin)).toEqual(['sft', 'round']);
  });

  test('reach nobody who has been removed since', async () => {
    const leaver = await addPerson(database.db);
    const changes = await callerOf(leaver).events.onChange({ projectId });
    await expect(
      (async () => {
        for await (const change of changes) {
          const [, { topic }] = trackedChange.parse(change);
          if (topic !== 'sync') continue;
          await database.db.delete(memberRows).where(eq(memberRows.userId, leaver.id));
          await notify(database.db, 'project', projectId);
        }
      })(),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a known error keeps its words and its code; what exists nowhere is NOT_FOUND', async () => {
  const roundId = crypto.randomUUID();
  await expect(callerOf(admin).rounds.get({ roundId })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no such round.',
  });
});
