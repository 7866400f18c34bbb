// Ranking in tests, as the label page does it.
import { randomUUID } from 'node:crypto';
import type { Database } from '../db/client.ts';
import { type Annotation, annotationSchema } from '../domain/annotation.ts';
import { type EmptyReason, nextTasks } from '../server/services/assignment.ts';
import type { LabelTask } from '../server/services/label-task.ts';
import { submitRanking } from '../server/services/labels.ts';

/** The next task for a person, or why there is none. */
export async function nextTask(
  db: Database,
  person: { id: string },
  input: { projectId: string; holding?: string[] },
): Promise<LabelTask | EmptyReason> {
  const { tasks, reason } = await nextTasks(db, person, { holding: [], count: 1, ...input });
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
export function rankTask(
  db: Database,
  person: { id: string },
  projectId: string,
  task: LabelTask,
  said: { submissionId?: string; annotation?: Annotation } = {},
) {
  const { leaseId } = task;
  const { submissionId = randomUUID(), annotation = annotated(task.responses.map(({ id }) => [id])) } = said;
  const rest = { durationMs: 1_000, guidelineId: null };
  return submitRanking(db, person, { projectId, submissionId, leaseId, annotation, ...rest });
}
