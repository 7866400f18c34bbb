// Who may do what in which project.
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { members } from '../../db/schema/members.ts';
import { AppError } from '../../domain/errors.ts';
import { isAtLeast, type ProjectRole } from '../../domain/roles.ts';
import type { User } from '../auth.ts';

/** This person's role in a project; an installation's admin is one everywhere. Null: the project is none of theirs. */
export async function findRole(
  db: Queryable,
  actor: Pick<User, 'id' | 'role'>,
  projectId: string,
): Promise<ProjectRole | null> {
  if (actor.role === 'admin') return 'admin';
  const [member] = await db
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.projectId, projectId), eq(members.userId, actor.id)));
  return member?.role ?? null;
}

const refusals: { [R in Exclude<ProjectRole, 'annotator'>]: string } = {
  reviewer: 'Only a reviewer or an admin of this project may do this.',
  admin: 'Only an admin of this project may do this.',
};

/** A stranger learns nothing of a project, not even whether it is there. */
export const notAMember = 'There is no such project, or you are not a member of it.';

/** Refuses whoever has no such role, or a lower one, in the project. */
export async function requireRole(
  db: Queryable,
  actor: Pick<User, 'id' | 'role'>,
  projectId: string,
  wanted: ProjectRole,
): Promise<ProjectRole> {
  const role = await findRole(db, actor, projectId);
  if (!role) throw new AppError('NOT_FOUND', notAMember);
  if (wanted !== 'annotator' && !isAtLeast(role, wanted)) throw new AppError('FORBIDDEN', refusals[wanted]);
  return role;
}
