// Who belongs to a project, and what they can be given to rank.
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import { releaseAllLeases } from './assign.ts';
import { notify } from './notify.ts';

/** Those with a row of their own; admins of the installation may do everything without one. */
export async function listMembers(db: Queryable, params: { projectId: string }) {
  return db
    .select({
      userId: members.userId,
      name: user.name,
      email: user.email,
      role: members.role,
      languages: members.languages,
      qualifications: members.qualifications,
      onboardedAt: members.onboardedAt,
      joinedAt: members.createdAt,
      /** When they last ranked or took a task here. */
      lastActiveAt: sql<Date | null>`greatest(
        (select r.created_at from rankings r join tasks t on t.id = r.task_id
          where r.user_id = ${members.userId} and t.project_id = ${members.projectId}
          order by r.created_at desc limit 1),
        (select max(l.created_at) from leases l join tasks t on t.id = l.task_id
          where l.user_id = ${members.userId} and l.closed_at is null and t.project_id = ${members.projectId}))`.mapWith(
        (value: string) => new Date(value),
      ),
      isInstallationAdmin: sql<boolean>`${user.role} = 'admin'`,
    })
    .from(members)
    .innerJoin(user, eq(user.id, members.userId))
    .where(eq(members.projectId, params.projectId))
    .orderBy(asc(user.name), asc(user.id));
}

export interface AddMember {
  projectId: string;
  /** Of an account that is there already. */
  email: string;
  role: ProjectRole;
  languages: string[];
  qualifications: string[];
}

export async function addMember(db: Database, input: AddMember): Promise<{ userId: string; name: string }> {
  const { email, ...member } = input;
  return db.transaction(async (tx) => {
    const [person] = await tx
      .select({ id: user.id, name: user.name })
      .from(user)
      .where(eq(user.email, email.trim().toLowerCase()));
    if (!person) {
      throw new AppError('NOT_FOUND', `There is no account for ${email}: send them an invitation link instead.`);
    }
    const added = await tx
      .insert(members)
      .values({ ...member, userId: person.id })
      .onConflictDoNothing()
      .returning({ userId: members.userId });
    if (added.length === 0) throw new AppError('CONFLICT', `${person.name} is a member of this project already.`);
    await notify(tx, 'project', input.projectId);
    return { userId: person.id, name: person.name };
  });
}

export interface UpdateMember {
  projectId: string;
  userId: string;
  role: ProjectRole;
  languages: string[];
  qualifications: string[];
}

const noMember = () => new AppError('NOT_FOUND', 'This person is not a member of the project any more.');

export async function updateMember(db: Database, input: UpdateMember): Promise<void> {
  const { projectId, userId, ...change } = input;
  await db.transaction(async (tx) => {
    const changed = await tx
      .update(members)
      .set(change)
      .where(and(eq(members.projectId, projectId), eq(members.userId, userId)))
      .returning({ userId: members.userId });
    if (changed.length === 0) throw noMember();
    await notify(tx, 'project', projectId);
  });
}

/** Their rankings stay; what they hold goes to others at once. */
export async function removeMember(db: Database, input: { projectId: string; userId: string }): Promise<void> {
  const { projectId, userId } = input;
  await db.transaction(async (tx) => {
    const removed = await tx
      .delete(members)
      .where(and(eq(members.projectId, projectId), eq(members.userId, userId)))
      .returning({ userId: members.userId });
    if (removed.length === 0) throw noMember();
    await releaseAllLeases(tx, { userId, projectId });
    await notify(tx, 'project', projectId);
  });
}
