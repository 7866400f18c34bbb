// What a person is given to rank: never a task that they had before, never more people than its overlap. Highest priority,
// oldest and least covered first; among equals each person goes round in an order of their own.
import { and, eq, exists, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { goldTasks, tasks } from '../../db/schema/labelling.ts';
import { mixSeed } from '../../domain/random.ts';
import { type Asker, readAsker } from './asker.ts';
import { describeLeases, type LabelTask, type Lease } from './label-task.ts';
import { closeLapsedLeases, insertLease, renewForgottenLeases } from './leases.ts';
import { onboardingState } from './onboarding.ts';
import { lockTask, type Task } from './tasks.ts';

/**
 * Why there is nothing, or not enough. `leased`: others hold all that is left; `skipped`: this person skipped all that
 * is left; `others-turn`: they have ranked all that is left, which waits for others.
 */
export const emptyReasons = [
  'none-sampled',
  'all-ranked',
  'leased',
  'skipped',
  'others-turn',
  'paused',
  'nothing-suits',
  'onboarding-failed',
  'onboarding-missing',
] as const;
export type EmptyReason = (typeof emptyReasons)[number];

export interface NextTasks {
  tasks: LabelTask[];
  /** Said where there were fewer than asked for. */
  reason: EmptyReason | null;
}

type Actor = { id: string };

/**
 * The next tasks for a person, leased to them. `holding` names the leases that their page has open: a lease of theirs that
 * it does not hold (the page was reloaded, an admin assigned it) is handed out before anything new.
 */
export async function nextTasks(
  db: Database,
  actor: Actor,
  input: { projectId: string; holding: string[]; count: number },
): Promise<NextTasks> {
  return db.transaction(async (tx) => {
    const asker = await readAsker(tx, actor, input.projectId);
    if (asker.isPaused) return { tasks: [], reason: 'paused' };
    await closeLapsedLeases(tx, asker.projectId);
    const held = await renewForgottenLeases(tx, asker, input);
    const refused = asker.needsOnboarding
      ? await giveOnboarding(tx, asker, held, input.count)
      : await giveWork(tx, asker, held, input.count);
    return { tasks: await describeLeases(tx, held), reason: refused };
  });
}

/** Adds leases to `held` up to `count`; says why where there are too few. */
async function giveWork(tx: Transaction, asker: Asker, held: Lease[], count: number): Promise<EmptyReason | null> {
  while (held.length < count) {
    const isGold = asker.settings.goldRate > 0 && Math.random() < asker.settings.goldRate;
    const lease = (isGold ? await leaseOne(tx, asker, findGold) : null) ?? (await leaseOne(tx, asker, findTask));
    if (!lease) return whyEmpty(tx, asker);
    held.push(lease);
  }
  return null;
}

async function giveOnboarding(
  tx: Transaction,
  asker: Asker,
  held: Lease[],
  count: number,
): Promise<EmptyReason | null> {
  const { state, unanswered } = await onboardingState(tx, { ...asker, userId: asker.id });
  if (state.total === 0) return 'onboarding-missing';
  if (state.hasPassed === false) return 'onboarding-failed';
  for (const taskId of unanswered) {
    if (held.length >= count) break;
    if (held.some((lease) => lease.taskId === taskId)) continue;
    const lease = await insertLease(tx, asker, await lockTask(tx, taskId), sql`false`);
    if (lease) held.push(lease);
  }
  // The test's end decides what comes next: nothing is handed out beyond it.
  return held.length === 0 ? 'leased' : null;
}

type FindTask = (tx: Transaction, asker: Asker) => Promise<Task | null>;

async function leaseOne(tx: Transaction, asker: Asker, find: FindTask): Promise<Lease | null> {
  for (;;) {
    const task = await find(tx, asker);
    if (!task) return null;
    const lease = await insertLease(tx, asker, task, wasGiven(asker));
    // null: this person's other tab was given it between our look and our lock. That lease is visible now: look again.
    if (lease) return lease;
  }
}

/** A lease that this person holds, or that ended in their having done with the task. */
function wasGiven({ id }: Actor) {
  return sql`exists (select 1 from leases l where l.task_id = ${tasks}.id and l.user_id = ${id}
    and (l.closed_at is null or l.outcome in ('submitted', 'skipped', 'withdrawn')))`;
}

function suits({ languages, qualifications }: Asker) {
  return and(
    languages.length === 0
      ? undefined
      : sql`(${tasks.language} is null or ${tasks.language} = any(${sql.param(languages)}::text[]))`,
    qualifications === null ? undefined : sql`${tasks.qualifications} <@ ${sql.param(qualifications)}::text[]`,
  );
}

function toGive(asker: Asker) {
  // As the index `tasks_to_give` has it.
  return and(
    eq(tasks.projectId, asker.projectId),
    sql`${tasks.status} = 'open' and ${tasks.covered} < ${tasks.overlap} and not ${tasks.isPaused} and not ${tasks.isGold}`,
    suits(asker),
    sql`not ${wasGiven(asker)}`,
  );
}

/** Locks the next task: of the first group (priority, age, cover) that has one, the next on the circle from this person. */
const findTask: FindTask = async (tx, asker) => {
  for (;;) {
    const [group] = await tx
      .select({ priority: tasks.priority, openedAt: sql<string>`${tasks.openedAt}::text`, covered: tasks.covered })
      .from(tasks)
      .where(toGive(asker))
      .orderBy(sql`${tasks.priority} desc nulls last`, tasks.openedAt, tasks.covered, tasks.position)
      .limit(1);
    if (!group) return null;
    const inGroup = and(
      toGive(asker),
      eq(tasks.priority, group.priority),
      sql`${tasks.openedAt} = ${group.openedAt}::timestamptz`,
      eq(tasks.covered, group.covered),
    );
    const start = mixSeed(0, asker.id) % 2_147_483_647;
    const from = (half: ReturnType<typeof sql>) =>
      tx
        .select()
        .from(tasks)
        .where(and(inGroup, half))
        .orderBy(tasks.position)
        .limit(1)
        .for('update', { skipLocked: true });
    const [task] = await from(sql`${tasks.position} >= ${start}`);
    if (task) return task;
    const [wrapped] = await from(sql`${tasks.position} < ${start}`);
    if (wrapped) return wrapped;
    // All of this group are locked by others at this moment: whatever is free will do.
    const [free] = await tx
      .select()
      .from(tasks)
      .where(toGive(asker))
      .orderBy(sql`${tasks.priority} desc nulls last`, tasks.openedAt, tasks.covered, tasks.position)
      .limit(1)
      .for('update', { skipLocked: true });
    return free ?? null;
  }
};

/** A gold task of the silent kind that this person has not had. */
const findGold: FindTask = async (tx, asker) => {
  const silent = tx
    .select({ one: sql`1` })
    .from(goldTasks)
    .where(and(eq(goldTasks.taskId, tasks.id), eq(goldTasks.use, 'silent')));
  const [task] = await tx
    .select()
    .from(tasks)
    .where(
      and(
        eq(tasks.projectId, asker.projectId),
        sql`${tasks.isGold}`,
        eq(tasks.status, 'open'),
        eq(tasks.isPaused, false),
        exists(silent),
        suits(asker),
        sql`not ${wasGiven(asker)}`,
      ),
    )
    .orderBy(sql`random()`)
    .limit(1)
    .for('update', { skipLocked: true });
  return task ?? null;
};

async function whyEmpty(tx: Transaction, asker: Asker): Promise<EmptyReason> {
  const mine = (outcomes: ReturnType<typeof sql>) => sql`exists (select 1 from leases l
    where l.task_id = ${tasks}.id and l.user_id = ${asker.id} and ${outcomes})`;
  const counted = (condition: ReturnType<typeof sql>) => sql<number>`count(*) filter (where ${condition})::int`;
  const open = sql`${tasks.status} = 'open'`;
  const suited = suits(asker) ?? sql`true`;
  const [found] = await tx
    .select({
      tasks: sql<number>`count(*)::int`,
      open: counted(open),
      running: counted(sql`${open} and not ${tasks.isPaused}`),
      suiting: counted(sql`${open} and not ${tasks.isPaused} and ${suited}`),
      leased: counted(sql`${open} and not ${tasks.isPaused} and ${suited} and ${tasks.covered} >= ${tasks.overlap}
        and not ${wasGiven(asker)}`),
      skipped: counted(sql`${open} and not ${tasks.isPaused} and ${mine(sql`l.outcome = 'skipped'`)}`),
    })
    .from(tasks)
    .where(and(eq(tasks.projectId, asker.projectId), eq(tasks.isGold, false)));
  if (!found || found.tasks === 0) return 'none-sampled';
  if (found.open === 0) return 'all-ranked';
  if (found.running === 0) return 'paused';
  if (found.suiting === 0) return 'nothing-suits';
  if (found.leased > 0) return 'leased';
  return found.skipped > 0 ? 'skipped' : 'others-turn';
}
