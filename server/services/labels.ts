// Ranking by people: a lease on a task, a submission, a skip, an undo. Every verb locks the task before its leases,
// so that two of them never wait for one another.
import { and, count, desc, eq, gte, inArray, isNull, lt, notExists, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { leases, rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import type { SkipReason } from '../../domain/annotation.ts';
import { conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import { findTiersProblem } from '../../domain/ranking.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { notify } from './notify.ts';
import { isLiveRanking } from './projects.ts';

/** A lease outlives a lost connection by this much; the page renews it far more often. */
const leaseLife = sql`interval '5 minutes'`;

export interface LabelTask {
  kind: 'task';
  leaseId: string;
  taskId: string;
  /** As the policy read it: with what the sampling rendered into it. */
  prompt: ChatMessage[];
  /** In the order shown; without any hint of their policy. */
  responses: { id: string; text: string }[];
  expiresAt: Date;
  /** After an undo: the tiers that were submitted. */
  tiers: string[][] | null;
}

/** `leased`: others hold all that is left; `skipped`: what is left was skipped by this person. */
export type EmptyReason = 'none-sampled' | 'all-ranked' | 'leased' | 'skipped' | 'nothing-to-undo';
export type LabelNext = LabelTask | { kind: 'empty'; reason: EmptyReason };

type Actor = { id: string };

/**
 * The next task for a person, leased to them. `holding` names the leases that their page has open: a lease of theirs
 * that it does not hold (the page was reloaded) is handed out again before anything new.
 */
export async function nextTask(
  db: Database,
  actor: Actor,
  input: { projectId: string; holding: string[] },
): Promise<LabelNext> {
  return db.transaction(async (tx) => {
    const forgotten = await renewForgottenLease(tx, actor, input);
    if (forgotten) return describeLease(tx, forgotten, null);
    for (;;) {
      const task = await lockFreeTask(tx, actor, input.projectId);
      if (!task) return { kind: 'empty', reason: await whyEmpty(tx, actor, input.projectId) };
      const lease = await insertLease(tx, actor, task.id, await shuffledOrdinals(tx, task));
      // null: someone leased it between our look and our lock. Their lease is visible now, so look again.
      if (lease) return describeLease(tx, lease, null);
    }
  });
}

type Lease = typeof leases.$inferSelect;
type Task = typeof tasks.$inferSelect;

async function renewForgottenLease(
  tx: Transaction,
  actor: Actor,
  input: { projectId: string; holding: string[] },
): Promise<Lease | null> {
  const held = input.holding.length === 0 ? sql`` : sql`and l.id <> all(${sql.param(input.holding)}::uuid[])`;
  const { rows } = await tx.execute<{ id: string }>(
    sql`update leases set expires_at = now() + ${leaseLife}
        where id = (
          select l.id from tasks t join leases l on l.task_id = t.id
          where t.project_id = ${input.projectId} and t.status = 'open'
            and l.user_id = ${actor.id} and l.closed_at is null ${held}
          order by l.created_at limit 1 for update of t, l skip locked)
          and closed_at is null
        returning id`,
  );
  const id = rows[0]?.id;
  if (!id) return null;
  const [lease] = await tx.select().from(leases).where(eq(leases.id, id));
  return lease ?? null;
}

async function lockFreeTask(tx: Transaction, actor: Actor, projectId: string): Promise<Task | null> {
  const unavailable = tx
    .select({ one: sql`1` })
    .from(leases)
    .where(
      and(
        eq(leases.taskId, tasks.id),
        sql`((${leases.closedAt} is null and ${leases.expiresAt} > now())
          or (${leases.userId} = ${actor.id} and ${leases.outcome} = 'skipped'))`,
      ),
    );
  const [task] = await tx
    .select()
    .from(tasks)
    .where(and(eq(tasks.projectId, projectId), eq(tasks.status, 'open'), notExists(unavailable)))
    .orderBy(tasks.createdAt, tasks.id)
    .limit(1)
    .for('update', { skipLocked: true });
  if (!task) return null;
  await tx
    .update(leases)
    .set({ closedAt: sql`now()`, outcome: 'expired' })
    .where(and(eq(leases.taskId, task.id), isNull(leases.closedAt), lt(leases.expiresAt, sql`now()`)));
  return task;
}

async function insertLease(tx: Transaction, actor: Actor, taskId: string, shownOrder: number[]): Promise<Lease | null> {
  const [lease] = await tx
    .insert(leases)
    .values({ taskId, userId: actor.id, shownOrder, expiresAt: sql`now() + ${leaseLife}` })
    .onConflictDoNothing()
    .returning();
  return lease ?? null;
}

async function shuffledOrdinals(tx: Transaction, task: Task): Promise<number[]> {
  const rows = await tx
    .select({ ordinal: responses.ordinal })
    .from(responses)
    .where(and(eq(responses.samplingId, task.samplingId), eq(responses.promptId, task.promptId)))
    .orderBy(sql`random()`);
  return rows.map((row) => row.ordinal);
}

async function describeLease(tx: Transaction, lease: Lease, tiers: string[][] | null): Promise<LabelTask> {
  const rows = await tx
    .select({
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: samplings.conditions,
      id: responses.id,
      ordinal: responses.ordinal,
      text: responses.text,
    })
    .from(tasks)
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .innerJoin(responses, and(eq(responses.samplingId, tasks.samplingId), eq(responses.promptId, tasks.promptId)))
    .where(eq(tasks.id, lease.taskId));
  const [first] = rows;
  if (!first) throw new Error(`task ${lease.taskId} has no responses`);
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, { id: row.id, text: row.text }]));
  const shown = lease.shownOrder.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
  return {
    kind: 'task',
    leaseId: lease.id,
    taskId: lease.taskId,
    prompt: conditioned(first.prompt, first.stated, first.conditions),
    responses: shown,
    expiresAt: lease.expiresAt,
    tiers,
  };
}

async function whyEmpty(tx: Transaction, actor: Actor, projectId: string): Promise<EmptyReason> {
  const [found] = await tx
    .select({
      tasks: count(),
      open: sql<number>`count(*) filter (where ${tasks.status} = 'open')::int`,
      leased: sql<number>`count(*) filter (where ${tasks.status} = 'open' and exists (
        select 1 from leases where leases.task_id = ${tasks}.id
          and leases.closed_at is null and leases.expires_at > now() and leases.user_id <> ${actor.id}))::int`,
    })
    .from(tasks)
    .where(eq(tasks.projectId, projectId));
  if (!found || found.tasks === 0) return 'none-sampled';
  if (found.open === 0) return 'all-ranked';
  return found.leased > 0 ? 'leased' : 'skipped';
}

/** Renews the leases that a page holds; those not returned are lost (taken, submitted or skipped elsewhere). */
export async function renewLeases(
  db: Database,
  actor: Actor,
  input: { leaseIds: string[] },
): Promise<{ leaseId: string; expiresAt: Date }[]> {
  if (input.leaseIds.length === 0) return [];
  return db
    .update(leases)
    .set({ expiresAt: sql`now() + ${leaseLife}` })
    .where(and(inArray(leases.id, input.leaseIds), eq(leases.userId, actor.id), isNull(leases.closedAt)))
    .returning({ leaseId: leases.id, expiresAt: leases.expiresAt });
}

/** Gives back what a page holds and will not rank: others, and judges, get it at once. */
export async function releaseLeases(db: Database, actor: Actor, input: { leaseIds: string[] }): Promise<void> {
  if (input.leaseIds.length === 0) return;
  await db.transaction(async (tx) => {
    const released = await tx
      .update(leases)
      .set({ closedAt: sql`now()`, outcome: 'released' })
      .where(and(inArray(leases.id, input.leaseIds), eq(leases.userId, actor.id), isNull(leases.closedAt)))
      .returning({ taskId: leases.taskId });
    for (const { taskId } of released) await notify(tx, 'task', taskId);
  });
}

export interface SubmitRanking {
  submissionId: string;
  leaseId: string;
  tiers: string[][];
  durationMs: number;
}

/** Stores a person's ranking and closes their lease and the task. Idempotent by `submissionId`. */
export async function submitRanking(db: Database, actor: Actor, input: SubmitRanking): Promise<{ rankingId: string }> {
  return db.transaction(async (tx) => {
    const { lease, task } = await lockLease(tx, actor, input.leaseId);
    const earlier = await findSubmission(tx, actor, input.submissionId);
    if (earlier) return earlier;
    requireOpen(lease, task);
    await requireFullRanking(tx, task, input.tiers);
    const [ranking] = await tx
      .insert(rankings)
      .values({
        taskId: task.id,
        userId: actor.id,
        tiers: input.tiers,
        shownOrder: lease.shownOrder,
        submissionId: input.submissionId,
        durationMs: input.durationMs,
      })
      .returning({ id: rankings.id });
    if (!ranking) throw new Error('insert into rankings returned no row');
    await closeLease(tx, lease.id, { outcome: 'submitted' });
    await tx.update(tasks).set({ status: 'ranked' }).where(eq(tasks.id, task.id));
    await notify(tx, 'task', task.id);
    return { rankingId: ranking.id };
  });
}

async function lockLease(tx: Transaction, actor: Actor, leaseId: string): Promise<{ lease: Lease; task: Task }> {
  const [found] = await tx
    .select({ taskId: leases.taskId })
    .from(leases)
    .where(and(eq(leases.id, leaseId), eq(leases.userId, actor.id)));
  if (!found) throw new AppError('NOT_FOUND', 'This task was not given to you.');
  const [task] = await tx.select().from(tasks).where(eq(tasks.id, found.taskId)).for('update');
  const [lease] = await tx.select().from(leases).where(eq(leases.id, leaseId)).for('update');
  if (!task || !lease) throw new AppError('NOT_FOUND', 'This task does not exist any more.');
  return { lease, task };
}

async function findSubmission(
  tx: Transaction,
  actor: Actor,
  submissionId: string,
): Promise<{ rankingId: string } | null> {
  const [ranking] = await tx
    .select({ id: rankings.id, userId: rankings.userId })
    .from(rankings)
    .where(eq(rankings.submissionId, submissionId));
  if (!ranking) return null;
  if (ranking.userId !== actor.id) throw new AppError('CONFLICT', 'This submission id belongs to someone else.');
  return { rankingId: ranking.id };
}

function requireOpen(lease: Lease, task: Task): void {
  if (lease.outcome === 'expired') {
    throw new AppError('CONFLICT', 'You were away too long, and this task went to someone else.');
  }
  if (lease.closedAt || task.status !== 'open')
    throw new AppError('CONFLICT', 'This task has been dealt with already.');
}

async function requireFullRanking(tx: Transaction, task: Task, tiers: string[][]): Promise<void> {
  const rows = await tx
    .select({ id: responses.id })
    .from(responses)
    .where(and(eq(responses.samplingId, task.samplingId), eq(responses.promptId, task.promptId)));
  const problem = findTiersProblem(
    tiers,
    rows.map((row) => row.id),
  );
  if (problem) throw new AppError('INVALID_INPUT', `This is not a ranking of the task's responses: ${problem}.`);
}

async function closeLease(
  tx: Transaction,
  leaseId: string,
  end: { outcome: 'submitted' } | { outcome: 'skipped'; skipReason: SkipReason | null },
): Promise<void> {
  await tx
    .update(leases)
    .set({ ...end, closedAt: sql`now()` })
    .where(eq(leases.id, leaseId));
}

/** Gives the task back: others still get it, this person does not. Once nobody is left, it counts as skipped. */
export async function skipTask(
  db: Database,
  actor: Actor,
  input: { leaseId: string; reason?: SkipReason | undefined },
): Promise<void> {
  await db.transaction(async (tx) => {
    const { lease, task } = await lockLease(tx, actor, input.leaseId);
    if (lease.outcome === 'skipped') return;
    requireOpen(lease, task);
    await closeLease(tx, lease.id, { outcome: 'skipped', skipReason: input.reason ?? null });
    const [left] = await tx
      .select({ count: count() })
      .from(user)
      .where(
        notExists(
          tx
            .select({ one: sql`1` })
            .from(leases)
            .where(and(eq(leases.taskId, task.id), eq(leases.userId, user.id), eq(leases.outcome, 'skipped'))),
        ),
      );
    if (left?.count === 0) await tx.update(tasks).set({ status: 'skipped' }).where(eq(tasks.id, task.id));
    await notify(tx, 'task', task.id);
  });
}

/** Takes back this person's newest ranking in the project: the task is theirs again, shown in the same order. */
export async function undoRanking(db: Database, actor: Actor, input: { projectId: string }): Promise<LabelNext> {
  return db.transaction(async (tx) => {
    const [newest] = await tx
      .select({ id: rankings.id, taskId: rankings.taskId, tiers: rankings.tiers, shownOrder: rankings.shownOrder })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .where(and(eq(rankings.userId, actor.id), eq(tasks.projectId, input.projectId), isLiveRanking(tx)))
      .orderBy(desc(rankings.createdAt), desc(rankings.id))
      .limit(1);
    if (!newest) return { kind: 'empty', reason: 'nothing-to-undo' };
    await tx.select({ id: tasks.id }).from(tasks).where(eq(tasks.id, newest.taskId)).for('update');
    const retracted = await tx
      .insert(rankingRetractions)
      .values({ rankingId: newest.id, userId: actor.id })
      .onConflictDoNothing()
      .returning();
    if (retracted.length === 0) throw new AppError('CONFLICT', 'This ranking has just been undone already.');
    await tx.update(tasks).set({ status: 'open' }).where(eq(tasks.id, newest.taskId));
    const lease = await insertLease(tx, actor, newest.taskId, newest.shownOrder);
    if (!lease) throw new Error(`task ${newest.taskId} was ranked and leased at once`);
    await notify(tx, 'task', newest.taskId);
    return describeLease(tx, lease, newest.tiers);
  });
}

/** `mineToday` counts from the caller's midnight. */
export async function labelProgress(
  db: Queryable,
  actor: Actor,
  input: { projectId: string; since?: Date | undefined },
) {
  const since = input.since ?? new Date(new Date().setUTCHours(0, 0, 0, 0));
  const mine = and(eq(tasks.projectId, input.projectId), eq(rankings.userId, actor.id), isLiveRanking(db));
  const rankingsOfMine = () =>
    db.select({ count: count() }).from(rankings).innerJoin(tasks, eq(tasks.id, rankings.taskId));
  const [today, all, statuses] = await Promise.all([
    rankingsOfMine().where(and(mine, gte(rankings.createdAt, since))),
    rankingsOfMine().where(mine),
    db
      .select({ status: tasks.status, count: count() })
      .from(tasks)
      .where(eq(tasks.projectId, input.projectId))
      .groupBy(tasks.status),
  ]);
  const statusCount = (status: Task['status']) => statuses.find((row) => row.status === status)?.count ?? 0;
  return {
    mineToday: today[0]?.count ?? 0,
    mine: all[0]?.count ?? 0,
    open: statusCount('open'),
    ranked: statusCount('ranked'),
  };
}
