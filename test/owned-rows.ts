// Projects, and a row of each kind that belongs to one: for tests of who may reach them.
import { eq } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../db/client.ts';
import { batches, prompts, samplings } from '../db/schema/data.ts';
import { jobRuns } from '../db/schema/jobs.ts';
import { guidelines, rankings, tasks } from '../db/schema/labelling.ts';
import { invitations } from '../db/schema/members.ts';
import { backends, datasetVersions, judges, policies, projects, rounds } from '../db/schema/project.ts';
import { samplingConfigSchema, trainConfigSchema } from '../engine/config.ts';
import type { RowName } from '../server/services/rows.ts';

/** How an input names a project: by its own id or by that of a row. */
export type NamedRow = 'projectId' | RowName;

/** A project with an SFT policy of no model. */
export async function addProject(db: Database, name: string): Promise<string> {
  const projectId = await insert(db, projects, {
    name,
    slug: name.toLowerCase(),
    kind: 'custom',
    responsesPerPrompt: 4,
    sampling: samplingConfigSchema.parse({}),
  });
  const policyId = await insert(db, policies, { projectId, name: 'sft' });
  await db.update(projects).set({ sftPolicyId: policyId, currentPolicyId: policyId }).where(eq(projects.id, projectId));
  return projectId;
}

async function insert<T extends PgTable & { $inferInsert: object; id: unknown }>(
  db: Database,
  table: T,
  values: T['$inferInsert'],
): Promise<string> {
  const [row] = await db.insert(table).values(values).returning();
  return String((row as { id: string }).id);
}

let count = 0;
function unique(): string {
  count += 1;
  return String(count);
}

const addPrompt = (db: Database, projectId: string) =>
  insert(db, prompts, {
    projectId,
    messages: [{ role: 'user', content: `Question ${unique()}` }],
    split: 'train',
    contentHash: unique(),
  });
const addPolicy = (db: Database, projectId: string) => insert(db, policies, { projectId, name: 'made up' });
const addJudge = (db: Database, projectId: string) => insert(db, judges, { projectId, kind: 'random', name: 'Chance' });

const inTurn: { [N in RowName]: (db: Database, projectId: string) => Promise<string> } = {
  promptId: addPrompt,
  judgeId: addJudge,
  batchId: (db, projectId) => insert(db, batches, { projectId, name: 'Batch', format: 'trl' }),
  guidelineId: (db, projectId) => insert(db, guidelines, { projectId, version: Number(unique()), text: 'Be fair.' }),
  invitationId: (db, projectId) =>
    insert(db, invitations, {
      projectId,
      role: 'annotator',
      tokenHash: unique(),
      expiresAt: new Date(Date.now() + 60_000),
    }),
  backendId: (db, projectId) => insert(db, backends, { projectId, baseUrl: 'http://127.0.0.1:9', model: 'x' }),
  jobRunId: (db, projectId) => insert(db, jobRuns, { projectId, name: 'sample', payload: {}, status: 'done' }),
  async roundId(db, projectId) {
    const policyId = await addPolicy(db, projectId);
    const version = { projectId, contentHash: unique(), pairPolicy: 'best-worst', pairCount: 0 };
    return insert(db, rounds, {
      projectId,
      number: Number(unique()),
      status: 'finished',
      initPolicyId: policyId,
      referencePolicyId: policyId,
      datasetVersionId: await insert(db, datasetVersions, version),
      judgeId: await addJudge(db, projectId),
      config: trainConfigSchema.parse({}),
    });
  },
  async rankingId(db, projectId) {
    const policyId = await addPolicy(db, projectId);
    const config = samplingConfigSchema.parse({});
    const sampling = { projectId, policyId, purpose: 'label' as const, n: 2, config, seed: 1 };
    const taskId = await insert(db, tasks, {
      projectId,
      promptId: await addPrompt(db, projectId),
      samplingId: await insert(db, samplings, sampling),
      // Nobody is to be given it: it has no responses.
      status: 'ranked',
    });
    return insert(db, rankings, { taskId, tiers: [], shownOrder: [], submissionId: crypto.randomUUID() });
  },
};

/** The id by which an input names the project; `null` makes a job of no project. */
export async function addRow(db: Database, named: NamedRow, projectId: string | null): Promise<string> {
  if (projectId === null) return insert(db, jobRuns, { name: 'inspect', payload: {}, status: 'done' });
  return named === 'projectId' ? projectId : inTurn[named](db, projectId);
}
