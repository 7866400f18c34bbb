// What the label page needs to know beside its tasks: the project's settings, its guidelines, and how far things are.
import { and, count, desc, eq, gte, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { guidelineReads, guidelines, leases, rankings, tasks } from '../../db/schema/labelling.ts';
import { AppError } from '../../domain/errors.ts';
import type { Asker } from './asker.ts';
import { noOnboarding, onboardingState } from './onboarding.ts';

export async function labelContext(db: Queryable, asker: Asker) {
  const [guideline] = await db
    .select({
      id: guidelines.id,
      version: guidelines.version,
      text: guidelines.text,
      isRead: sql<boolean>`exists (select 1 from guideline_reads r
        where r.guideline_id = ${guidelines}.id and r.user_id = ${asker.id})`,
    })
    .from(guidelines)
    .where(eq(guidelines.projectId, asker.projectId))
    .orderBy(desc(guidelines.version))
    .limit(1);
  const onboarding = asker.needsOnboarding
    ? (await onboardingState(db, { ...asker, userId: asker.id })).state
    : noOnboarding;
  const { settings, isPaused, isClosed } = asker;
  return { settings, isPaused, isClosed, onboarding, guideline: guideline ?? null };
}

/** Notes that this person has read a version of the guidelines. */
export async function readGuideline(db: Database, asker: Asker, input: { guidelineId: string }): Promise<void> {
  const [guideline] = await db
    .select({ id: guidelines.id })
    .from(guidelines)
    .where(and(eq(guidelines.id, input.guidelineId), eq(guidelines.projectId, asker.projectId)));
  if (!guideline) throw new AppError('NOT_FOUND', 'There is no such version of the guidelines.');
  await db.insert(guidelineReads).values({ guidelineId: guideline.id, userId: asker.id }).onConflictDoNothing();
}

/** "Today" counts from the caller's midnight. A ranking that was changed later counts once, when it was first made. */
export async function labelProgress(db: Queryable, asker: Asker, input: { since?: Date | undefined }) {
  const since = input.since ?? new Date(new Date().setUTCHours(0, 0, 0, 0));
  const ofProject = eq(tasks.projectId, asker.projectId);
  const [mine, time, statuses] = await Promise.all([
    db
      .select({
        all: count(),
        today: sql<number>`count(*) filter (where ${leases.closedAt} >= ${since.toISOString()}::timestamptz)::int`,
      })
      .from(leases)
      .innerJoin(tasks, eq(tasks.id, leases.taskId))
      .where(and(ofProject, eq(leases.userId, asker.id), eq(leases.outcome, 'submitted'))),
    db
      .select({ active: sql<number>`coalesce(sum(${rankings.durationMs}), 0)::float8` })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .where(and(ofProject, eq(rankings.userId, asker.id), gte(rankings.createdAt, since))),
    db
      .select({ status: tasks.status, count: count() })
      .from(tasks)
      .where(and(ofProject, eq(tasks.isGold, false)))
      .groupBy(tasks.status),
  ]);
  const statusCount = (status: 'open' | 'ranked') => statuses.find((row) => row.status === status)?.count ?? 0;
  return {
    mineToday: mine[0]?.today ?? 0,
    mine: mine[0]?.all ?? 0,
    activeMsToday: time[0]?.active ?? 0,
    open: statusCount('open'),
    ranked: statusCount('ranked'),
  };
}
