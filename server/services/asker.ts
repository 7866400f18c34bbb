// A member of a project who ranks, and what the project says of ranking: read once for each request.
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { members } from '../../db/schema/members.ts';
import { projects } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import type { LabelSettings } from '../../domain/label-settings.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import type { User } from '../auth.ts';
import { notAMember } from './members.ts';

/** A person in a project, as far as it decides what they are given. */
export interface Asker {
  id: string;
  projectId: string;
  role: ProjectRole;
  isPaused: boolean;
  isClosed: boolean;
  settings: LabelSettings;
  /** No language suits all; admins of the installation have no member row, and are given everything. */
  languages: string[];
  qualifications: string[] | null;
  needsOnboarding: boolean;
}

/** Refuses whoever is no member. */
export async function readAsker(db: Queryable, actor: Pick<User, 'id' | 'role'>, projectId: string): Promise<Asker> {
  const [row] = await db
    .select({ project: projects, member: members })
    .from(projects)
    .leftJoin(members, and(eq(members.projectId, projects.id), eq(members.userId, actor.id)))
    .where(eq(projects.id, projectId));
  const role = actor.role === 'admin' ? 'admin' : row?.member?.role;
  // As `requireRole` says it: a stranger learns nothing of a project.
  if (!row || !role) throw new AppError('NOT_FOUND', notAMember);
  const { project, member } = row;
  const settings = readLabelSettings(project.labelling);
  return {
    id: actor.id,
    projectId,
    role,
    isPaused: project.isPaused,
    isClosed: project.rankingsClosedAt !== null,
    settings,
    languages: member?.languages ?? [],
    qualifications: member?.qualifications ?? null,
    needsOnboarding: settings.onboarding.isRequired && role === 'annotator' && !member?.onboardedAt,
  };
}
