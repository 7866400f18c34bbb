// Ranking in tests, as the label page does it.
import { randomUUID } from 'node:crypto';
import type { Database } from '../db/client.ts';
import type { Annotation } from '../domain/annotation.ts';
import { annotationSchema } from '../domain/annotation-schema.ts';
import type { User } from '../server/auth.ts';
import { readAsker } from '../server/services/asker.ts';
import { type EmptyReason, nextTasks } from '../server/services/assignment.ts';
import type { LabelTask } from '../server/services/label-task.ts';
import { submitRanking } from '../server/services/labels.ts';

/** A person as the verbs of ranking take them. */
export const askerOf = (db: Database, person: User, projectId: string) => readAsker(db, person, projectId);

/** The next task for a person, or why there is none. */
export async function nextTask(
  db: Database,
  person: User,
  input: { projectId: string; holding?: string[] },
): Promise<LabelTask | EmptyReason> {
  const { projectId, holding = [] } = input;
  const { tasks, reason } = await nextTasks(db, await askerOf(db, person, projectId), { holding, count: 1 });
  const [task] = tasks;
  if (task) return task;
  if (!reason) throw new Error('neither a task nor a reason');
  return reason;
}

export async function requireNextTask(...params: Parameters<typeof nextTask>): Promise<LabelTask> {
  const task = await nextTask(...params);
  if (typeof task === 'string') throw new Error(`no task: ${task}`);
  return task;
}

/** An annotation that says no more than the order. */
export const annotated = (tiers: string[][], more: Partial<Annotation> = {}): Annotation => ({
  ...annotationSchema.parse({ tiers }),
  ...more,
});

/** Ranks a task in the order shown, or as `annotation` says. */
export async function rankTask(
  db: Database,
  person: User,
  projectId: string,
  task: LabelTask,
  said: { submissionId?: string; annotation?: Annotation } = {},
) {
  const { leaseId } = task;
  const { submissionId = randomUUID(), annotation = annotated(task.responses.map(({ id }) => [id])) } = said;
  const rest = { durationMs: 1_000, guidelineId: null };
  return submitRanking(db, await askerOf(db, person, projectId), { submissionId, leaseId, annotation, ...rest });
}
