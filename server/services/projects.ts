// Projects, and what stands where in the loop.
import { and, asc, count, eq, inArray, isNotNull, isNull, notExists, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { policies, projects, rounds } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import { activeRoundStatuses } from '../../domain/rounds.ts';
import type { User } from '../auth.ts';

const projectColumns = {
  id: projects.id,
  name: projects.name,
  slug: projects.slug,
  kind: projects.kind,
  createdAt: projects.createdAt,
};

export async function listProjects(db: Queryable) {
  return db.select(projectColumns).from(projects).orderBy(asc(projects.createdAt));
}

/** The projects that a person is a member of, with their role in each. */
export async function listOwnProjects(db: Queryable, actor: Pick<User, 'id' | 'role'>) {
  const role = actor.role === 'admin' ? sql<ProjectRole>`'admin'` : sql<ProjectRole>`${members.role}`;
  return db
    .select({ ...projectColumns, role })
    .from(projects)
    .leftJoin(members, and(eq(members.projectId, projects.id), eq(members.userId, actor.id)))
    .where(actor.role === 'admin' ? undefined : isNotNull(members.userId))
    .orderBy(asc(projects.createdAt));
}

export async function requireProject(db: Queryable, projectId: string) {
  const [project] = await db.select().from(projects).where(eq(projects.id, projectId));
  if (!project) throw new AppError('NOT_FOUND', 'There is no such project.');
  return project;
}

/** A project by its id or its short name, as a person types it. */
export async function findProjectId(db: Queryable, name: string): Promise<string> {
  const known = await listProjects(db);
  const found = known.find(({ id, slug }) => id === name || slug === name);
  if (found) return found.id;
  const names = known.map(({ slug }) => slug).join(', ');
  throw new AppError(
    'NOT_FOUND',
    `There is no project "${name}": there ${known.length === 1 ? 'is' : 'are'} ${names || 'none'}.`,
  );
}

/** The project's row, locked: whatever must not happen twice at once in a project goes through here. */
export async function lockProject(tx: Transaction, projectId: string) {
  const [project] = await tx.select().from(projects).where(eq(projects.id, projectId)).for('update');
  if (!project) throw new AppError('NOT_FOUND', 'There is no such project.');
  return project;
}

/**
 * What a judge may take: an open task that no person has ranked or holds. All that covers it are leases that have run
 * out. Gold is for people.
 */
export const isFreeTask = sql`(${tasks.status} = 'open' and not ${tasks.isGold} and not ${tasks.isPaused}
  and ${tasks.covered} = (select count(*) from leases where leases.task_id = ${tasks}.id
    and leases.closed_at is null and leases.expires_at <= now()))`;

/** Rankings that were not undone. */
export function isLiveRanking(db: Queryable) {
  return notExists(
    db.select({ one: sql`1` }).from(rankingRetractions).where(eq(rankingRetractions.rankingId, rankings.id)),
  );
}

export type NextStep = 'sample' | 'rank' | 'judge' | 'train' | 'wait' | 'decide';

/** A person should have seen a few tasks before a judge does the rest. */
const rankingsBeforeJudge = 5;

export async function getProject(db: Queryable, params: { projectId: string }) {
  const project = await requireProject(db, params.projectId);
  const [splits, statuses, authors, responseCount, currentTasks, activeJobs, projectPolicies, projectRounds] =
    await Promise.all([
      db
        .select({ split: prompts.split, count: count() })
        .from(prompts)
        .where(eq(prompts.projectId, project.id))
        .groupBy(prompts.split),
      db
        .select({ status: tasks.status, count: count() })
        .from(tasks)
        .where(eq(tasks.projectId, project.id))
        .groupBy(tasks.status),
      db
        .select({
          people: sql<number>`count(*) filter (where ${isNull(rankings.judgeId)} and ${isNull(rankings.batchId)})::int`,
          judges: sql<number>`count(*) filter (where ${isNotNull(rankings.judgeId)})::int`,
          imports: sql<number>`count(*) filter (where ${isNotNull(rankings.batchId)})::int`,
        })
        .from(rankings)
        .innerJoin(tasks, eq(tasks.id, rankings.taskId))
        .where(and(eq(tasks.projectId, project.id), isLiveRanking(db))),
      db
        .select({ count: count() })
        .from(responses)
        .innerJoin(samplings, eq(samplings.id, responses.samplingId))
        .where(eq(samplings.projectId, project.id)),
      db
        .select({
          open: sql<number>`count(distinct ${tasks.id}) filter (where ${tasks.status} = 'open')::int`,
          /** Open, and in nobody's hands: what a judge may take. */
          free: sql<number>`count(distinct ${tasks.id}) filter (where ${isFreeTask})::int`,
          ranked: sql<number>`count(distinct ${tasks.id}) filter (where ${tasks.status} = 'ranked')::int`,
          byPeople: sql<number>`count(distinct ${rankings.taskId}) filter (where ${tasks.status} = 'ranked'
            and ${rankings.id} is not null and ${rankings.judgeId} is null)::int`,
        })
        .from(tasks)
        .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
        .leftJoin(rankings, eq(rankings.taskId, tasks.id))
        .where(and(eq(tasks.projectId, project.id), eq(samplings.policyId, project.currentPolicyId ?? project.id))),
      db
        .select({ count: count() })
        .from(jobRuns)
        .where(and(eq(jobRuns.projectId, project.id), inArray(jobRuns.status, ['queued', 'running']))),
      db.select().from(policies).where(eq(policies.projectId, project.id)),
      db
        .select({ id: rounds.id, number: rounds.number, status: rounds.status })
        .from(rounds)
        .where(and(eq(rounds.projectId, project.id), inArray(rounds.status, [...activeRoundStatuses, 'finished']))),
    ]);
  const splitCount = (split: 'train' | 'heldout') => splits.find((row) => row.split === split)?.count ?? 0;
  const statusCount = (status: 'open' | 'ranked' | 'skipped') =>
    statuses.find((row) => row.status === status)?.count ?? 0;
  const findPolicy = (id: string | null) => {
    const policy = projectPolicies.find((candidate) => candidate.id === id);
    return policy ? { id: policy.id, name: policy.name, roundId: policy.roundId } : null;
  };
  const current = currentTasks[0] ?? { open: 0, free: 0, ranked: 0, byPeople: 0 };
  const activeRound = projectRounds.find((round) => round.status !== 'finished') ?? null;
  const undecidedRound = projectRounds.find((round) => round.status === 'finished') ?? null;
  return {
    project,
    counts: {
      prompts: { train: splitCount('train'), heldout: splitCount('heldout') },
      responses: responseCount[0]?.count ?? 0,
      tasks: { open: statusCount('open'), ranked: statusCount('ranked'), skipped: statusCount('skipped') },
      /** Tasks on the current policy's responses: what the next round can use. */
      currentTasks: current,
      rankings: authors[0] ?? { people: 0, judges: 0, imports: 0 },
      /** Rankings make pairs one to one under the default pair policy, but for those that tie everything. */
      pairs: statusCount('ranked'),
    },
    policies: { current: findPolicy(project.currentPolicyId), sft: findPolicy(project.sftPolicyId) },
    activeRound,
    undecidedRound,
    nextStep: nextStep({ ...current, working: (activeJobs[0]?.count ?? 0) > 0, undecided: undecidedRound !== null }),
  };
}

function nextStep(at: {
  open: number;
  free: number;
  ranked: number;
  byPeople: number;
  working: boolean;
  undecided: boolean;
}): NextStep {
  if (at.undecided) return 'decide';
  // People can rank while a job goes on.
  if (at.open > 0 && at.byPeople < rankingsBeforeJudge) return 'rank';
  if (at.working) return 'wait';
  if (at.free > 0) return 'judge';
  return at.ranked > 0 ? 'train' : 'sample';
}
