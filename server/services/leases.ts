// Leases: who holds which task. A task's row is locked before its leases are changed, always in that order and several
// tasks by their ids, so that two verbs never wait for one another.
import { and, eq, exists, inArray, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { leases, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import type { Asker } from './asker.ts';
import { notify } from './notify.ts';
import { lockTask, recountTask, type Task } from './tasks.ts';

export type Lease = typeof leases.$inferSelect;

type Actor = { id: string };

/** A lease outlives a lost connection by this much; the page renews it far more often. */
export const leaseLife = sql`interval '5 minutes'`;
/** What an admin gave to somebody waits for them. */
const assignedLife = sql`interval '100 years'`;

/** A lease as far as the page shows it. */
export type HeldLease = Pick<Lease, 'id' | 'taskId' | 'userId' | 'shownOrder' | 'expiresAt' | 'note'>;

const heldColumns = sql`l.id, l.task_id as "taskId", l.user_id as "userId", l.shown_order as "shownOrder",
  l.expires_at as "expiresAt", l.note`;

/** Raw rows hold instants as text. */
type HeldRow = Omit<HeldLease, 'expiresAt'> & { expiresAt: string } & Record<string, unknown>;
const toHeld = (row: HeldRow): HeldLease => ({ ...row, expiresAt: new Date(row.expiresAt) });

/**
 * Leases the task that `picked` locks (a query of one row: id, sampling_id, prompt_id) to a person, its responses in an
 * order of their own: one statement, so that the lock lasts no longer than it must. Null where `picked` found none, or
 * where the person's other tab was given the same in this moment.
 */
export async function leasePicked(
  tx: Transaction,
  actor: Actor,
  picked: SQL,
  given: { by: string } | null = null,
): Promise<HeldLease | null> {
  const { rows } = await tx.execute<HeldRow>(sql`
    with picked as (${picked}), l as (
      insert into leases (task_id, user_id, shown_order, expires_at, assigned_by)
      select picked.id, ${actor.id}::uuid,
        (select array_agg(r.ordinal order by random()) from responses r
          where r.sampling_id = picked.sampling_id and r.prompt_id = picked.prompt_id and r.edited_from_id is null),
        now() + ${given ? assignedLife : leaseLife}, ${given?.by ?? null}::uuid
      from picked on conflict do nothing returning *
    ), counted as (update tasks set covered = covered + 1 from l where tasks.id = l.task_id returning tasks.id)
    select ${heldColumns} from l join counted on counted.id = l.task_id`);
  return rows[0] ? toHeld(rows[0]) : null;
}

/** A task by its id, as `leasePicked` takes it. */
export const pickTask = (taskId: string): SQL =>
  sql`select id, sampling_id, prompt_id from tasks where id = ${taskId} for update`;

/** This person's open leases that their page does not hold, the oldest first. */
export async function renewForgottenLeases(
  tx: Transaction,
  asker: Asker,
  input: { holding: string[]; count: number },
): Promise<HeldLease[]> {
  const held = input.holding.length === 0 ? sql`` : sql`and o.id <> all(${sql.param(input.holding)}::uuid[])`;
  const { rows } = await tx.execute<HeldRow & { createdAt: string }>(
    sql`update leases l set expires_at = greatest(l.expires_at, now() + ${leaseLife})
        where l.id in (
          select o.id from tasks t join leases o on o.task_id = t.id
          where t.project_id = ${asker.projectId} and t.status = 'open' and not t.is_paused
            and o.user_id = ${asker.id} and o.closed_at is null ${held}
          order by o.created_at limit ${input.count} for update of t, o skip locked)
          and l.closed_at is null
        returning ${heldColumns}, l.created_at as "createdAt"`,
  );
  return rows.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt)).map(toHeld);
}

const lapsedAtOnce = 20;

const isLapsed = and(isNull(leases.closedAt), lt(leases.expiresAt, sql`now()`));

/** Whether a lease anywhere has run out and not been cleared away: a look at one index, and mostly none has. */
async function isAnyLapsed(db: Queryable): Promise<boolean> {
  const [any] = await db.select({ id: leases.id }).from(leases).where(isLapsed).limit(1);
  return any !== undefined;
}

/** Leases that have run out make room for others: some of them at each call. */
export async function closeLapsedLeases(tx: Transaction, projectId: string): Promise<void> {
  if (!(await isAnyLapsed(tx))) return;
  const lapsed = tx
    .select({ one: sql`1` })
    .from(leases)
    .where(and(eq(leases.taskId, tasks.id), isLapsed));
  const locked = await tx
    .select()
    .from(tasks)
    .where(and(eq(tasks.projectId, projectId), exists(lapsed)))
    .limit(lapsedAtOnce)
    .for('update', { skipLocked: true });
  for (const task of locked) {
    await tx
      .update(leases)
      .set({ closedAt: sql`now()`, outcome: 'expired' })
      .where(and(eq(leases.taskId, task.id), isLapsed));
    await recountTask(tx, task);
  }
}

/**
 * Renews the leases that a page holds; those not returned are lost (taken, withdrawn, submitted or skipped elsewhere). Each
 * page does so now and then, and clears away what others have let run out.
 */
export async function renewLeases(
  db: Database,
  actor: Actor,
  input: { projectId: string; leaseIds: string[] },
): Promise<{ leaseId: string; expiresAt: Date }[]> {
  const renewed =
    input.leaseIds.length === 0
      ? []
      : await db
          .update(leases)
          .set({ expiresAt: sql`greatest(${leases.expiresAt}, now() + ${leaseLife})` })
          .where(and(inArray(leases.id, input.leaseIds), eq(leases.userId, actor.id), isNull(leases.closedAt)))
          .returning({ leaseId: leases.id, expiresAt: leases.expiresAt });
  if (await isAnyLapsed(db)) await db.transaction((tx) => closeLapsedLeases(tx, input.projectId));
  return renewed;
}

/** Gives back what a page holds and will not rank: others, and judges, get it at once. What was assigned stays. */
export async function releaseLeases(db: Database, actor: Actor, input: { leaseIds: string[] }): Promise<void> {
  if (input.leaseIds.length === 0) return;
  await db.transaction(async (tx) => {
    const mine = and(inArray(leases.id, input.leaseIds), eq(leases.userId, actor.id), isNull(leases.closedAt));
    await closeLeases(tx, and(mine, isNull(leases.assignedBy)), 'released');
  });
}

/** Closes open leases that `which` names, each under its task's lock, and counts their tasks anew. */
export async function closeLeases(
  tx: Transaction,
  which: ReturnType<typeof and>,
  outcome: 'released' | 'withdrawn',
): Promise<string[]> {
  const named = await tx.select({ taskId: leases.taskId }).from(leases).where(which).orderBy(leases.taskId);
  const closed: string[] = [];
  for (const taskId of new Set(named.map((lease) => lease.taskId))) {
    const task = await lockTask(tx, taskId);
    const ended = await tx
      .update(leases)
      .set({ closedAt: sql`now()`, outcome })
      .where(and(which, eq(leases.taskId, taskId)))
      .returning({ id: leases.id });
    if (ended.length === 0) continue;
    await recountTask(tx, task);
    await notify(tx, 'task', taskId);
    closed.push(taskId);
  }
  return closed;
}

/** Whether somebody is left who could rank a task: a member whom it suits and who has not had it, or whoever holds it. */
export async function isSomebodyLeft(tx: Transaction, task: Task): Promise<boolean> {
  const had = sql`exists (select 1 from leases l where l.task_id = ${task.id} and l.user_id = ${user.id}
    and l.outcome in ('submitted', 'skipped', 'withdrawn')
    and not exists (select 1 from leases o where o.task_id = l.task_id and o.user_id = l.user_id and o.closed_at is null))`;
  const suiting = sql`(${members.userId} is not null
    and (cardinality(${members.languages}) = 0 or ${task.language}::text is null or ${task.language} = any(${members.languages}))
    and ${sql.param(task.qualifications)}::text[] <@ ${members.qualifications})`;
  const [left] = await tx
    .select({ id: user.id })
    .from(user)
    .leftJoin(members, and(eq(members.userId, user.id), eq(members.projectId, task.projectId)))
    .where(sql`(${user.role} = 'admin' or ${suiting}) and not ${had}`)
    .limit(1);
  return left !== undefined;
}

/** Another lease of this person's on the task, open or submitted: with it they need no second one. */
export async function hasOtherLease(tx: Transaction, lease: Lease): Promise<boolean> {
  const [other] = await tx
    .select({ id: leases.id })
    .from(leases)
    .where(
      and(
        eq(leases.taskId, lease.taskId),
        eq(leases.userId, lease.userId),
        ne(leases.id, lease.id),
        sql`(${leases.closedAt} is null or ${leases.outcome} = 'submitted')`,
      ),
    )
    .limit(1);
  return other !== undefined;
}
