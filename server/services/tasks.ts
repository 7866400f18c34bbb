// Opening tasks, and what a task knows of its rankings and leases. Whoever changes those holds the task's row locked.
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import { projects } from '../../db/schema/project.ts';
import { meanAgreement } from '../../domain/agreement.ts';
import { AppError } from '../../domain/errors.ts';
import { isLiveRanking } from './projects.ts';

export type Task = typeof tasks.$inferSelect;

/** The one way to make tasks, of prompts whose responses are complete: each takes after its prompt and its project. */
export async function openTasks(
  tx: Transaction,
  input: { samplingId: string; promptIds: readonly string[] },
): Promise<{ id: string; promptId: string }[]> {
  if (input.promptIds.length === 0) return [];
  const rows = await tx
    .select({
      projectId: prompts.projectId,
      promptId: prompts.id,
      samplingId: samplings.id,
      batchId: prompts.batchId,
      priority: prompts.priority,
      language: prompts.language,
      qualifications: prompts.qualifications,
      overlap: projects.overlap,
      // What was sampled together is equally old.
      openedAt: samplings.createdAt,
    })
    .from(prompts)
    .innerJoin(projects, eq(projects.id, prompts.projectId))
    .innerJoin(samplings, eq(samplings.id, input.samplingId))
    .where(inArray(prompts.id, [...input.promptIds]));
  return tx.insert(tasks).values(rows).returning({ id: tasks.id, promptId: tasks.promptId });
}

export async function lockTask(tx: Transaction, taskId: string): Promise<Task> {
  const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId)).for('update');
  if (!task) throw new AppError('NOT_FOUND', 'This task does not exist any more.');
  return task;
}

/** A task's own responses, which its rankings order; people's edits of them are not among these. */
export function taskResponses(db: Queryable, task: Pick<Task, 'samplingId' | 'promptId'>) {
  return db
    .select({ id: responses.id, ordinal: responses.ordinal, text: responses.text })
    .from(responses)
    .where(
      and(
        eq(responses.samplingId, task.samplingId),
        eq(responses.promptId, task.promptId),
        isNull(responses.editedFromId),
      ),
    );
}

/** No judge, no reviewer's last word, nothing that came with imported data. */
export const saidByPerson = and(eq(rankings.kind, 'annotation'), isNull(rankings.judgeId), isNull(rankings.batchId));

/** A task's live rankings; the overlap counts its annotations: what people said who were given it. */
export async function liveRankings(db: Queryable, taskId: string) {
  return db
    .select({
      id: rankings.id,
      userId: rankings.userId,
      tiers: rankings.tiers,
      isAnnotation: sql<boolean>`${saidByPerson}`,
    })
    .from(rankings)
    .where(and(eq(rankings.taskId, taskId), isLiveRanking(db)));
}

/**
 * Counts a locked task anew: who has ranked or holds it, how far they agree, and whether it still wants rankings. Gold is
 * always open: everyone may be asked it. `wasLeft`: somebody skipped it, or had it taken from them.
 */
export async function recountTask(
  tx: Transaction,
  task: Pick<Task, 'id' | 'overlap' | 'isGold'>,
): Promise<{ status: Task['status']; wasLeft: boolean }> {
  const live = await liveRankings(tx, task.id);
  const annotations = live.filter(({ isAnnotation }) => isAnnotation);
  const open = sql`(select count(*)::int from leases where task_id = ${task.id} and closed_at is null)`;
  // A judge's ranking, an imported one or a reviewer's word ends it too.
  const isRanked = !task.isGold && (annotations.length >= task.overlap || annotations.length < live.length);
  const status = isRanked ? 'ranked' : 'open';
  const [counted] = await tx
    .update(tasks)
    .set({
      covered: sql`${annotations.length} + ${open}`,
      agreement: meanAgreement(annotations.map(({ tiers }) => tiers)),
      status,
    })
    .where(eq(tasks.id, task.id))
    .returning({
      wasLeft: sql<boolean>`exists (select 1 from leases where task_id = ${task.id} and outcome in ('skipped', 'withdrawn'))`,
    });
  return { status, wasLeft: counted?.wasLeft ?? false };
}
