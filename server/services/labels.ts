// What people say of tasks: a submission, a skip, an undo. A ranking is a fact: taking it back is a retraction beside it. Every verb locks the task before its leases (see leases.ts).
import { and, desc, eq, max, notExists, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { responses } from '../../db/schema/data.ts';
import { goldTasks, leases, rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { type Annotation, type Flag, findAnnotationProblem, type SkipReason } from '../../domain/annotation.ts';
import { AppError } from '../../domain/errors.ts';
import type { LabelSettings } from '../../domain/label-settings.ts';
import type { Asker } from './asker.ts';
import { describeLeases, describeRanking, type LabelTask } from './label-task.ts';
import { hasOtherLease, isSomebodyLeft, type Lease, leaseLife } from './leases.ts';
import { notify } from './notify.ts';
import { type Feedback, findFeedback, type OnboardingState, settleOnboarding } from './onboarding.ts';
import { isLiveRanking } from './projects.ts';
import { lockTask, recountTask, type Task, taskResponses } from './tasks.ts';

type Actor = { id: string };
type Ranking = typeof rankings.$inferSelect;

export interface Submission {
  submissionId: string;
  annotation: Annotation;
  /** Active time since the task was opened this time. */
  durationMs: number;
  /** The version of the guidelines that the page showed. */
  guidelineId: string | null;
}

export interface Submitted {
  rankingId: string;
  /** After an onboarding task: how it should have been, and where the test stands. */
  feedback: Feedback | null;
  onboarding: OnboardingState | null;
}

/** Stores a person's ranking and closes their lease. Idempotent by `submissionId`. */
export async function submitRanking(
  db: Database,
  asker: Asker,
  input: Submission & { leaseId: string },
): Promise<Submitted> {
  return db.transaction(async (tx) => {
    const { lease, task } = await lockLease(tx, asker, input.leaseId);
    // Sent again, it mostly finds its lease closed; a first sending, which all but some are, need not look.
    const earlier =
      lease.closedAt || input.annotation.edit ? await findSubmission(tx, asker, input.submissionId) : null;
    if (earlier) return tellSubmitted(tx, asker, task, earlier);
    await requireLease(tx, lease, task);
    const stored = await storeRanking(tx, asker, task, { ...input, shownOrder: lease.shownOrder, replacesId: null });
    // It was stored before and undone since: the undoing stands.
    const ranking = stored ?? (await findSubmission(tx, asker, input.submissionId));
    if (!ranking) throw new Error(`submission ${input.submissionId} was neither stored nor there`);
    if (!stored) return tellSubmitted(tx, asker, task, ranking);
    await tx.update(leases).set({ closedAt: sql`now()`, outcome: 'submitted' }).where(eq(leases.id, lease.id));
    await settleTask(tx, task);
    return tellSubmitted(tx, asker, task, ranking);
  });
}

async function tellSubmitted(tx: Transaction, asker: Asker, task: Task, { id, tiers }: Ranking): Promise<Submitted> {
  const feedback = task.isGold ? await findFeedback(tx, task.id, tiers) : null;
  const onboarding = feedback ? await settleOnboarding(tx, { ...asker, userId: asker.id }) : null;
  return { rankingId: id, feedback, onboarding };
}

async function lockLease(tx: Transaction, asker: Asker, leaseId: string): Promise<{ lease: Lease; task: Task }> {
  // Rows are locked in the order of the tables here: the task before its lease.
  const [locked] = await tx
    .select({ task: tasks, lease: leases })
    .from(tasks)
    .innerJoin(leases, eq(leases.taskId, tasks.id))
    .where(and(eq(leases.id, leaseId), eq(leases.userId, asker.id), eq(tasks.projectId, asker.projectId)))
    .for('update');
  if (!locked) throw new AppError('NOT_FOUND', 'This task was not given to you.');
  return locked;
}

export async function findSubmission(tx: Transaction, asker: Asker, submissionId: string): Promise<Ranking | null> {
  const [ranking] = await tx.select().from(rankings).where(eq(rankings.submissionId, submissionId));
  if (!ranking) return null;
  if (ranking.userId !== asker.id) throw new AppError('CONFLICT', 'This submission id belongs to someone else.');
  return ranking;
}

/** A lease that ran out still counts while the task has room: no work is refused without need. */
async function requireLease(tx: Transaction, lease: Lease, task: Task): Promise<void> {
  if (lease.outcome === 'withdrawn') {
    throw new AppError('CONFLICT', 'This task was taken back from you by an admin of the project.');
  }
  if (!lease.closedAt && task.status === 'open') return;
  const isOver = lease.outcome === 'expired';
  const hasRoom = task.status === 'open' && (task.isGold || task.covered < task.overlap);
  if (isOver && hasRoom && !(await hasOtherLease(tx, lease))) return;
  if (isOver) throw new AppError('CONFLICT', 'You were away too long, and this task went to someone else.');
  throw new AppError('CONFLICT', 'This task has been dealt with already.');
}

interface NewRanking extends Submission {
  shownOrder: number[];
  replacesId: string | null;
}

/** Null where the submission is stored already. */
export async function storeRanking(
  tx: Transaction,
  asker: Asker,
  task: Task,
  input: NewRanking,
): Promise<Ranking | null> {
  const { edit, ...said } = input.annotation;
  await requireWhole(tx, task, input.annotation, asker.settings);
  const [ranking] = await tx
    .insert(rankings)
    .values({
      ...said,
      taskId: task.id,
      userId: asker.id,
      shownOrder: input.shownOrder,
      submissionId: input.submissionId,
      durationMs: input.durationMs,
      guidelineId: input.guidelineId,
      replacesId: input.replacesId,
      editedResponseId: edit ? await insertEdit(tx, asker, edit) : null,
    })
    .onConflictDoNothing({ target: rankings.submissionId })
    .returning();
  return ranking ?? null;
}

async function requireWhole(tx: Transaction, task: Task, annotation: Annotation, settings: LabelSettings) {
  const problem = findAnnotationProblem(annotation, await taskResponses(tx, task), settings);
  if (!problem) return;
  const detail = 'detail' in problem ? ` (${problem.detail})` : '';
  throw new AppError('INVALID_INPUT', `This is not a ranking of the task's responses: ${problem.key}${detail}.`);
}

/** A person's better version of a response, as an answer of its own beside it. */
async function insertEdit(tx: Transaction, actor: Actor, edit: NonNullable<Annotation['edit']>): Promise<string> {
  const [original] = await tx.select().from(responses).where(eq(responses.id, edit.responseId));
  if (!original) throw new AppError('NOT_FOUND', 'The response that was edited does not exist any more.');
  const { samplingId, promptId, policyId, seed } = original;
  const [last] = await tx
    .select({ ordinal: max(responses.ordinal) })
    .from(responses)
    .where(and(eq(responses.samplingId, samplingId), eq(responses.promptId, promptId)));
  const [edited] = await tx
    .insert(responses)
    .values({
      samplingId,
      promptId,
      policyId,
      seed,
      ordinal: (last?.ordinal ?? -1) + 1,
      text: edit.text,
      finishReason: 'stop',
      editedFromId: original.id,
      editedBy: actor.id,
    })
    .returning({ id: responses.id });
  if (!edited) throw new Error('insert into responses returned no row');
  return edited.id;
}

/** After a ranking or a skip: counts the task anew, and gives it up where nobody is left for it. */
export async function settleTask(tx: Transaction, task: Task): Promise<void> {
  const { status, wasLeft } = await recountTask(tx, task);
  if (status === 'open' && wasLeft && !task.isGold && !(await isSomebodyLeft(tx, task))) {
    await tx.update(tasks).set({ status: 'skipped' }).where(eq(tasks.id, task.id));
  }
  await notify(tx, 'task', task.id);
}

export interface Skip {
  leaseId: string;
  reason: SkipReason;
  note?: string | undefined;
  flags: Flag[];
}

/** Gives the task back: others still get it, this person does not. Once nobody is left, it counts as skipped. */
export async function skipTask(db: Database, asker: Asker, input: Skip): Promise<void> {
  await db.transaction(async (tx) => {
    const { lease, task } = await lockLease(tx, asker, input.leaseId);
    if (lease.outcome === 'skipped') return;
    await requireLease(tx, lease, task);
    const { reason, note, flags } = input;
    await tx
      .update(leases)
      .set({ closedAt: sql`now()`, outcome: 'skipped', skipReason: reason, skipNote: note || null, flags })
      .where(eq(leases.id, lease.id));
    await settleTask(tx, task);
  });
}

export function isOwn(db: Queryable, asker: Pick<Asker, 'id' | 'projectId'>) {
  return and(
    eq(rankings.userId, asker.id),
    eq(rankings.kind, 'annotation'),
    eq(tasks.projectId, asker.projectId),
    isLiveRanking(db),
  );
}

/** Who has been told the right answer does not answer again; whom a reviewer has overruled has had their say. */
export function isChangeable(db: Queryable) {
  const told = db
    .select({ one: sql`1` })
    .from(goldTasks)
    .where(and(eq(goldTasks.taskId, tasks.id), eq(goldTasks.use, 'onboarding')));
  return and(notExists(told), sql`not ${isDecided}`);
}

const isDecided = sql`exists (select 1 from rankings d where d.task_id = ${tasks}.id and d.kind = 'adjudication'
  and not exists (select 1 from ranking_retractions x where x.ranking_id = d.id))`;

export function requireChangeable({ isClosed }: Asker): void {
  if (isClosed) throw new AppError('CONFLICT', 'The project’s rankings are closed: none can be changed any more.');
}

/** Takes back this person's newest ranking: the task is theirs again, as they had it. */
export async function undoRanking(db: Database, asker: Asker): Promise<{ task: LabelTask | null }> {
  requireChangeable(asker);
  return db.transaction(async (tx) => {
    const [newest] = await tx
      .select({ ranking: rankings })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .where(and(isOwn(tx, asker), isChangeable(tx)))
      .orderBy(desc(rankings.createdAt), desc(rankings.id))
      .limit(1);
    if (!newest) return { task: null };
    const task = await lockTask(tx, newest.ranking.taskId);
    const { annotation } = await describeRanking(tx, newest.ranking);
    const lease = await retract(tx, asker, newest.ranking);
    await recountTask(tx, task);
    await notify(tx, 'task', task.id);
    const [shown] = await describeLeases(tx, [lease]);
    if (!shown) throw new Error(`lease ${lease.id} is of no task`);
    return { task: { ...shown, annotation } };
  });
}

/**
 * Retracts a person's ranking under its task's lock and opens their lease again, so that the task's place stays theirs.
 * `returned` says why where it was a reviewer's doing: the lease then waits for them.
 */
export async function retract(
  tx: Transaction,
  actor: Actor,
  ranking: Pick<Ranking, 'id' | 'taskId' | 'userId' | 'shownOrder'>,
  returned: { note: string } | null = null,
): Promise<Lease> {
  await insertRetraction(tx, actor, ranking.id);
  if (!ranking.userId)
    throw new AppError('CONFLICT', 'Whoever made this ranking is gone: nobody can take it up again.');
  const until = returned ? sql`now() + interval '100 years'` : sql`now() + ${leaseLife}`;
  const held = { closedAt: null, outcome: null, expiresAt: until };
  const back = returned ? { ...held, note: returned.note, assignedBy: actor.id } : held;
  const [former] = await tx
    .select({ id: leases.id })
    .from(leases)
    .where(and(eq(leases.taskId, ranking.taskId), eq(leases.userId, ranking.userId), eq(leases.outcome, 'submitted')))
    .orderBy(desc(leases.closedAt))
    .limit(1);
  const [lease] = former
    ? await tx.update(leases).set(back).where(eq(leases.id, former.id)).returning()
    : await tx
        .insert(leases)
        .values({ taskId: ranking.taskId, userId: ranking.userId, shownOrder: ranking.shownOrder, ...back })
        .returning();
  if (!lease) throw new Error(`ranking ${ranking.id} left no lease`);
  return lease;
}

export async function insertRetraction(tx: Transaction, actor: Actor, rankingId: string): Promise<void> {
  const retracted = await tx
    .insert(rankingRetractions)
    .values({ rankingId, userId: actor.id })
    .onConflictDoNothing()
    .returning();
  if (retracted.length === 0) throw new AppError('CONFLICT', 'This ranking has just been undone already.');
}
