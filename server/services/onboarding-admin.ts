// Onboarding as the admins of a project see it: how each member did, and letting somebody in by hand or try again.
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { goldTasks, rankingRetractions, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { type OnboardingResult, onboardingResult, scoreAgainstGold } from '../../domain/gold.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import { goldAnswers } from './gold.ts';
import { notify } from './notify.ts';
import { requireProject } from './projects.ts';
import { lockTask, recountTask } from './tasks.ts';

async function onboardingTasks(db: Queryable, projectId: string) {
  return db
    .select({ taskId: goldTasks.taskId, tiers: goldTasks.tiers })
    .from(goldTasks)
    .innerJoin(tasks, eq(tasks.id, goldTasks.taskId))
    .where(and(eq(tasks.projectId, projectId), eq(goldTasks.use, 'onboarding')));
}

/** Each person's result so far, over the project's onboarding tasks. */
async function resultsOf(db: Queryable, projectId: string): Promise<(userId: string) => OnboardingResult> {
  const { labelling } = await requireProject(db, projectId);
  const { passAccuracy } = readLabelSettings(labelling).onboarding;
  const gold = await onboardingTasks(db, projectId);
  const tiersOf = new Map(gold.map(({ taskId, tiers }) => [taskId, tiers]));
  const answers = await goldAnswers(db, [...tiersOf.keys()]);
  return (userId) =>
    onboardingResult(
      answers
        .filter((answer) => answer.userId === userId)
        .map(({ taskId, tiers }) => scoreAgainstGold(tiers, tiersOf.get(taskId) ?? []).score),
      { of: gold.length, passAccuracy },
    );
}

export async function getOnboarding(db: Queryable, actor: { id: string }, params: { projectId: string }) {
  return (await resultsOf(db, params.projectId))(actor.id);
}

export async function listOnboarding(db: Queryable, params: { projectId: string }) {
  const resultOf = await resultsOf(db, params.projectId);
  const rows = await db
    .select({ userId: user.id, name: user.name, role: members.role, onboardedAt: members.onboardedAt })
    .from(members)
    .innerJoin(user, eq(user.id, members.userId))
    .where(eq(members.projectId, params.projectId))
    .orderBy(asc(members.createdAt), asc(members.userId));
  return rows.map((row) => ({ ...row, result: resultOf(row.userId) }));
}

/** Lets a member rank without the test, or asks them to pass it first. */
export async function setOnboarded(
  db: Queryable,
  input: { projectId: string; userId: string; isOnboarded: boolean },
): Promise<void> {
  const changed = await db
    .update(members)
    .set({ onboardedAt: input.isOnboarded ? new Date() : null })
    .where(and(eq(members.projectId, input.projectId), eq(members.userId, input.userId)))
    .returning({ userId: members.userId });
  if (changed.length === 0) throw new AppError('NOT_FOUND', 'This person is not a member of this project.');
}

/** Takes back a member's onboarding answers, so that they are asked again from the first. */
export async function retryOnboarding(
  db: Database,
  actor: { id: string },
  input: { projectId: string; userId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await setOnboarded(tx, { ...input, isOnboarded: false });
    const gold = await onboardingTasks(tx, input.projectId);
    // In the order in which everyone locks more than one task.
    const taskIds = gold.map(({ taskId }) => taskId).sort();
    if (taskIds.length === 0) return;
    await tx
      .select({ id: tasks.id })
      .from(tasks)
      .where(inArray(tasks.id, taskIds))
      .orderBy(asc(tasks.id))
      .for('update');
    const answers = (await goldAnswers(tx, taskIds)).filter(({ userId }) => userId === input.userId);
    if (answers.length === 0) return;
    await tx
      .insert(rankingRetractions)
      .values(answers.map(({ id }) => ({ rankingId: id, userId: actor.id })))
      .onConflictDoNothing();
    for (const { taskId } of answers) {
      await recountTask(tx, await lockTask(tx, taskId));
      await notify(tx, 'task', taskId);
    }
  });
}
