// Gold tasks: marked, unmarked, and how people do on each. Gold that most people contradict is shown as doubtful.
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { prompts } from '../../db/schema/data.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import { AppError } from '../../domain/errors.ts';
import {
  addGoldScores,
  findGoldProblem,
  type GoldUse,
  goldAccuracy,
  goldPairs,
  isSuspect,
  noGoldScore,
  scoreAgainstGold,
} from '../../domain/gold.ts';
import { groupBy } from '../../domain/group-by.ts';
import { isAnnotation, lockProjectTask, type ProjectTask } from './annotations.ts';
import { notify } from './notify.ts';
import { recountTask, taskResponses } from './tasks.ts';

export interface MarkGold extends ProjectTask {
  /** Best first; ties are pairs that are not scored. */
  tiers: string[][];
  use: GoldUse;
  /** What a newcomer reads after their answer: why this is right. */
  note: string;
}

/** Makes a task gold, or changes its gold. What people said of it already is scored against it from now on. */
export async function markGold(db: Database, actor: { id: string }, input: MarkGold): Promise<void> {
  const { taskId, tiers, use, note } = input;
  await db.transaction(async (tx) => {
    const task = await lockProjectTask(tx, input);
    const answers = await taskResponses(tx, task);
    const problem = findGoldProblem(
      tiers,
      answers.map(({ id }) => id),
    );
    if (problem) throw new AppError('INVALID_INPUT', `This cannot be the task's gold ranking: ${problem}.`);
    const said = { tiers, use, note };
    await tx
      .insert(goldTasks)
      .values({ taskId, ...said, createdBy: actor.id })
      .onConflictDoUpdate({ target: goldTasks.taskId, set: said });
    await tx.update(tasks).set({ isGold: true }).where(eq(tasks.id, taskId));
    await recountTask(tx, { ...task, isGold: true });
    await notify(tx, 'task', taskId);
  });
}

/** An ordinary task again: its rankings make pairs, and its overlap counts. */
export async function unmarkGold(db: Database, input: ProjectTask): Promise<void> {
  await db.transaction(async (tx) => {
    const task = await lockProjectTask(tx, input);
    await tx.delete(goldTasks).where(eq(goldTasks.taskId, task.id));
    await tx.update(tasks).set({ isGold: false }).where(eq(tasks.id, task.id));
    await recountTask(tx, { ...task, isGold: false });
    await notify(tx, 'task', task.id);
  });
}

export async function findGold(db: Queryable, taskId: string) {
  const [gold] = await db.select().from(goldTasks).where(eq(goldTasks.taskId, taskId));
  return gold ?? null;
}

/** People's live answers to gold tasks. */
export async function goldAnswers(db: Queryable, taskIds: string[]) {
  if (taskIds.length === 0) return [];
  return db
    .select({ id: rankings.id, taskId: rankings.taskId, userId: rankings.userId, tiers: rankings.tiers })
    .from(rankings)
    .where(and(inArray(rankings.taskId, taskIds), isAnnotation(db)));
}

/** Every gold task of a project with how people did on it, the most contradicted first. */
export async function listGold(db: Queryable, params: { projectId: string }) {
  const rows = await db
    .select({
      taskId: goldTasks.taskId,
      promptId: prompts.id,
      prompt: prompts.messages,
      tiers: goldTasks.tiers,
      use: goldTasks.use,
      note: goldTasks.note,
      createdAt: goldTasks.createdAt,
    })
    .from(goldTasks)
    .innerJoin(tasks, eq(tasks.id, goldTasks.taskId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .where(eq(tasks.projectId, params.projectId))
    .orderBy(asc(goldTasks.createdAt), asc(goldTasks.taskId));
  const answers = groupBy(
    await goldAnswers(
      db,
      rows.map(({ taskId }) => taskId),
    ),
    ({ taskId }) => taskId,
  );
  return rows
    .map(({ tiers, ...row }) => {
      const said = (answers.get(row.taskId) ?? []).map((answer) => answer.tiers);
      const scores = said.map((answer) => scoreAgainstGold(answer, tiers).score);
      const worst = goldPairs(said, tiers)[0] ?? null;
      return {
        ...row,
        answers: said.length,
        accuracy: goldAccuracy(scores.reduce(addGoldScores, noGoldScore)),
        /** People who ordered every pair as gold does. */
        allRight: scores.filter(({ correct, total }) => correct === total).length,
        contradicted: worst?.reversed ?? 0,
        isSuspect: worst !== null && isSuspect(worst),
      };
    })
    .sort(
      (one, other) => Number(other.isSuspect) - Number(one.isSuspect) || (one.accuracy ?? 2) - (other.accuracy ?? 2),
    );
}
