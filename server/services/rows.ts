// Which project a row belongs to: what a procedure asks whose input names the row alone.
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Queryable } from '../../db/client.ts';
import { AppError } from '../../domain/errors.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import type { User } from '../auth.ts';
import { findRole, requireRole } from './members.ts';

const row = (noun: string, project: (id: string) => SQL) => ({ noun, project });

/** By the name that the id has in an input: what it is called, and its project's id. */
const rows = {
  promptId: row('prompt', (id) => sql`select project_id from prompts where id = ${id}`),
  batchId: row('batch', (id) => sql`select project_id from batches where id = ${id}`),
  rankingId: row(
    'ranking',
    (id) => sql`select t.project_id from rankings r join tasks t on t.id = r.task_id where r.id = ${id}`,
  ),
  guidelineId: row('version of the guidelines', (id) => sql`select project_id from guidelines where id = ${id}`),
  invitationId: row('invitation', (id) => sql`select project_id from invitations where id = ${id}`),
  judgeId: row('judge', (id) => sql`select project_id from judges where id = ${id}`),
  backendId: row('server', (id) => sql`select project_id from backends where id = ${id}`),
  roundId: row('round', (id) => sql`select project_id from rounds where id = ${id}`),
  jobRunId: row('job', (id) => sql`select project_id from job_runs where id = ${id}`),
} as const;

export type RowName = keyof typeof rows;

export const rowInputs = {
  promptId: z.object({ promptId: z.uuid() }),
  batchId: z.object({ batchId: z.uuid() }),
  rankingId: z.object({ rankingId: z.uuid() }),
  guidelineId: z.object({ guidelineId: z.uuid() }),
  invitationId: z.object({ invitationId: z.uuid() }),
  judgeId: z.object({ judgeId: z.uuid() }),
  backendId: z.object({ backendId: z.uuid() }),
  roundId: z.object({ roundId: z.uuid() }),
  jobRunId: z.object({ jobRunId: z.uuid() }),
} as const satisfies { [N in RowName]: z.ZodType<{ [K in N]: string }> };

/**
 * Refuses whoever has no such role in the row's project. Another project's row is as absent as one that never was; what
 * belongs to no project (a model's job) is an installation admin's.
 */
export async function requireRoleAt(
  db: Queryable,
  actor: Pick<User, 'id' | 'role'>,
  named: { name: RowName; id: string },
  wanted: ProjectRole,
): Promise<void> {
  const { noun, project } = rows[named.name];
  const { rows: found } = await db.execute<{ project_id: string | null }>(project(named.id));
  const absent = new AppError('NOT_FOUND', `There is no such ${noun}.`);
  if (!found[0]) throw absent;
  const projectId = found[0].project_id;
  if (projectId === null) {
    if (actor.role !== 'admin') throw absent;
    return;
  }
  if ((await findRole(db, actor, projectId)) === null) throw absent;
  await requireRole(db, actor, projectId, wanted);
}
