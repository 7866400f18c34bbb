// A reviewer's decisions of a task: people's rankings stand, the reviewer's own stands for them, or one goes back to who
// made it, with a note. Each locks the task first, as whoever changes its rankings does.
import { and, eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { rankingRetractions, rankings, reviews } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { findTiersProblem } from '../../domain/ranking.ts';
import { isAnnotation, lockProjectTask, type ProjectTask } from './annotations.ts';
import { retract } from './labels.ts';
import { findRole } from './members.ts';
import { notify } from './notify.ts';
import { requireProject } from './projects.ts';
import { findAdjudication } from './review-task.ts';
import { recountTask, type Task, taskResponses } from './tasks.ts';

type Actor = { id: string };

/** The rankings stand as they are; the task waits no more until somebody ranks it anew. */
export async function acceptTask(db: Database, actor: Actor, input: ProjectTask & { note: string }): Promise<void> {
  await db.transaction(async (tx) => {
    const task = await lockProjectTask(tx, input);
    await addReview(tx, actor, task, { outcome: 'accepted', rankingId: null, note: input.note });
  });
}

export interface Adjudicate extends ProjectTask {
  /** Made by the page, so that a repeated request stores one. */
  submissionId: string;
  tiers: string[][];
  note: string;
}

/** The reviewer's own ranking stands for all others of the task. A later one stands for an earlier one. */
export async function adjudicateTask(db: Database, actor: Actor, input: Adjudicate): Promise<{ rankingId: string }> {
  return db.transaction(async (tx) => {
    const task = await lockProjectTask(tx, input);
    const [repeated] = await tx
      .select({ id: rankings.id })
      .from(rankings)
      .where(
        and(eq(rankings.submissionId, input.submissionId), eq(rankings.taskId, task.id), eq(rankings.userId, actor.id)),
      );
    if (repeated) return { rankingId: repeated.id };
    if (task.isGold) {
      throw new AppError(
        'CONFLICT',
        'This task is gold, which has its right ranking already: change that, or unmark it.',
      );
    }
    const answers = await taskResponses(tx, task);
    const problem = findTiersProblem(
      input.tiers,
      answers.map(({ id }) => id),
    );
    if (problem) throw new AppError('INVALID_INPUT', `This is not a ranking of the task's responses: ${problem}.`);
    const earlier = await findAdjudication(tx, task.id);
    if (earlier) await tx.insert(rankingRetractions).values({ rankingId: earlier.rankingId, userId: actor.id });
    const [made] = await tx
      .insert(rankings)
      .values({
        taskId: task.id,
        userId: actor.id,
        kind: 'adjudication',
        tiers: input.tiers,
        shownOrder: answers.map(({ ordinal }) => ordinal).sort((one, other) => one - other),
        submissionId: input.submissionId,
        rationale: input.note,
        replacesId: earlier?.rankingId ?? null,
      })
      .returning({ id: rankings.id });
    if (!made) throw new Error('insert into rankings returned no row');
    await recountTask(tx, task);
    await addReview(tx, actor, task, { outcome: 'adjudicated', rankingId: made.id, note: input.note });
    return { rankingId: made.id };
  });
}

/** Takes one person's ranking back and gives them the task again, as it was shown to them, with the note. */
export async function returnTask(
  db: Database,
  actor: Actor,
  input: ProjectTask & { rankingId: string; note: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    const task = await lockProjectTask(tx, input);
    const { rankingsClosedAt } = await requireProject(tx, input.projectId);
    if (await findAdjudication(tx, task.id)) {
      throw new AppError('CONFLICT', 'A reviewer has adjudicated this task: what people said of it counts no more.');
    }
    if (rankingsClosedAt) {
      throw new AppError(
        'CONFLICT',
        'The rankings of this project are closed: nobody can change one. Adjudicate instead.',
      );
    }
    const [ranking] = await tx
      .select()
      .from(rankings)
      .where(and(eq(rankings.id, input.rankingId), eq(rankings.taskId, task.id), isAnnotation(tx)));
    if (!ranking)
      throw new AppError('CONFLICT', 'This ranking has been taken back or changed: look at the task again.');
    if (!(await isStillHere(tx, ranking.userId, input.projectId))) {
      throw new AppError('CONFLICT', 'Who made this ranking is not in the project any more: adjudicate instead.');
    }
    await retract(tx, actor, ranking, { note: input.note });
    await recountTask(tx, task);
    await addReview(tx, actor, task, { outcome: 'returned', rankingId: ranking.id, note: input.note });
  });
}

async function isStillHere(tx: Transaction, userId: string | null, projectId: string): Promise<boolean> {
  const [author] = await tx.select({ id: user.id, role: user.role }).from(user).where(sql`${user.id} = ${userId}`);
  return author !== undefined && (await findRole(tx, author, projectId)) !== null;
}

/** `clock_timestamp`: a review must be younger than the ranking that it is of, also where one transaction wrote both. */
async function addReview(
  tx: Transaction,
  actor: Actor,
  task: Task,
  review: Pick<typeof reviews.$inferInsert, 'outcome' | 'rankingId' | 'note'>,
): Promise<void> {
  await tx
    .insert(reviews)
    .values({ ...review, taskId: task.id, reviewerId: actor.id, createdAt: sql`clock_timestamp()` });
  await notify(tx, 'task', task.id);
}
