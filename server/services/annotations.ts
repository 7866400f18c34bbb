// What "an annotation" is to the quality pages, and a task of the project that its reader named.
import { and, eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import { tasks } from '../../db/schema/labelling.ts';
import { AppError } from '../../domain/errors.ts';
import { isLiveRanking } from './projects.ts';
import { lockTask, saidByPerson, type Task } from './tasks.ts';

/** What people said, and have not undone. */
export const isAnnotation = (db: Queryable) => and(saidByPerson, isLiveRanking(db));

export interface ProjectTask {
  projectId: string;
  taskId: string;
}

/** Roles hold for a project: a task of another one is none of theirs. */
function requireOf(task: Task | undefined, projectId: string): Task {
  if (task?.projectId === projectId) return task;
  throw new AppError('NOT_FOUND', 'There is no such task in this project.');
}

export async function getProjectTask(db: Queryable, { projectId, taskId }: ProjectTask): Promise<Task> {
  const [task] = await db.select().from(tasks).where(eq(tasks.id, taskId));
  return requireOf(task, projectId);
}

export async function lockProjectTask(tx: Transaction, { projectId, taskId }: ProjectTask): Promise<Task> {
  return requireOf(await lockTask(tx, taskId), projectId);
}
