// A person who asks a project for something to rank, and what the project says of ranking.
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { members } from '../../db/schema/members.ts';
import { projects } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { type LabelSettings, readLabelSettings } from '../../domain/label-settings.ts';

/** A person in a project, as far as it decides what they are given. */
export interface Asker {
  id: string;
  projectId: string;
  isPaused: boolean;
  isClosed: boolean;
  settings: LabelSettings;
  /** No language suits all; admins of the installation have no member row, and are given everything. */
  languages: string[];
  qualifications: string[] | null;
  needsOnboarding: boolean;
}

export async function readAsker(db: Queryable, actor: { id: string }, projectId: string): Promise<Asker> {
  const [row] = await db
    .select({ project: projects, member: members })
    .from(projects)
    .leftJoin(members, and(eq(members.projectId, projects.id), eq(members.userId, actor.id)))
    .where(eq(projects.id, projectId));
  if (!row) throw new AppError('NOT_FOUND', 'There is no such project.');
  const { project, member } = row;
  const settings = readLabelSettings(project.labelling);
  return {
    id: actor.id,
    projectId,
    isPaused: project.isPaused,
    isClosed: project.rankingsClosedAt !== null,
    settings,
    languages: member?.languages ?? [],
    qualifications: member?.qualifications ?? null,
    needsOnboarding: settings.onboarding.isRequired && member?.role === 'annotator' && !member.onboardedAt,
  };
}
