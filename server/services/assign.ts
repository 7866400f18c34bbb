// What an admin decides of who ranks what: tasks given to a person, and taken from them.
import { and, eq, exists, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { leases, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { closeLeases, leasePicked, pickTask } from './leases.ts';
import { notify } from './notify.ts';
import { lockTask, type Task } from './tasks.ts';

type Actor = { id: string };

export interface TasksOfPerson {
  projectId: string;
  taskIds: string[];
  userId: string;
}

export type NotAssigned = 'full' | 'given-before' | 'not-open';

/** An admin gives tasks to a person, who gets them before anything else; what cannot be given is named with the reason. */
export async function assignTasks(
  db: Database,
  admin: Actor,
  input: TasksOfPerson,
): Promise<{ assigned: string[]; refused: { taskId: string; reason: NotAssigned }[] }> {
  return db.transaction(async (tx) => {
    await requireMember(tx, input);
    const assigned: string[] = [];
    const refused: { taskId: string; reason: NotAssigned }[] = [];
    // In one order for all, so that two admins never wait for one another.
    for (const taskId of [...new Set(input.taskIds)].sort()) {
      const task = await lockTask(tx, taskId);
      if (task.projectId !== input.projectId) throw new AppError('NOT_FOUND', 'A task is not of this project.');
      const reason = whyNotAssigned(task);
      const lease =
        reason || (await hadTask(tx, { taskId, userId: input.userId }))
          ? null
          : await leasePicked(tx, { id: input.userId }, pickTask(taskId), { by: admin.id });
      if (lease) assigned.push(taskId);
      else refused.push({ taskId, reason: reason ?? 'given-before' });
    }
    if (assigned[0]) await notify(tx, 'task', assigned[0]);
    return { assigned, refused };
  });
}

/** Whether a person holds a task, or has ranked or skipped it. */
async function hadTask(tx: Transaction, { taskId, userId }: { taskId: string; userId: string }): Promise<boolean> {
  const [had] = await tx
    .select({ id: leases.id })
    .from(leases)
    .where(
      and(
        eq(leases.taskId, taskId),
        eq(leases.userId, userId),
        or(isNull(leases.closedAt), inArray(leases.outcome, ['submitted', 'skipped'])),
      ),
    )
    .limit(1);
  return had !== undefined;
}

function whyNotAssigned(task: Task): NotAssigned | null {
  if (task.status !== 'open') return 'not-open';
  return !task.isGold && task.covered >= task.overlap ? 'full' : null;
}

async function requireMember(tx: Transaction, { projectId, userId }: TasksOfPerson): Promise<void> {
  const [person] = await tx
    .select({ role: user.role, member: members.userId })
    .from(user)
    .leftJoin(members, and(eq(members.userId, user.id), eq(members.projectId, projectId)))
    .where(eq(user.id, userId));
  if (!person || (person.role !== 'admin' && !person.member)) {
    throw new AppError('CONFLICT', 'This person is not a member of the project: add them first.');
  }
}

/** Takes tasks from a person who has not ranked them yet; they are not given to them again by themselves. */
export async function withdrawTasks(db: Database, input: TasksOfPerson): Promise<{ withdrawn: string[] }> {
  return db.transaction(async (tx) => {
    const named = and(openLeasesOf(tx, input), inArray(leases.taskId, input.taskIds));
    return { withdrawn: await closeLeases(tx, named, 'withdrawn') };
  });
}

/** Whoever leaves a project, or the installation, leaves its tasks to others. */
export async function releaseAllLeases(tx: Transaction, params: { projectId?: string; userId: string }): Promise<void> {
  await closeLeases(tx, openLeasesOf(tx, params), 'withdrawn');
}

/** What a person holds, in one project or in all. */
function openLeasesOf(tx: Transaction, { projectId, userId }: { projectId?: string; userId: string }) {
  const ofProject = tx
    .select({ one: sql`1` })
    .from(tasks)
    .where(and(eq(tasks.id, leases.taskId), projectId ? eq(tasks.projectId, projectId) : undefined));
  return and(eq(leases.userId, userId), isNull(leases.closedAt), exists(ofProject));
}
