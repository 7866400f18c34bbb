// What annotators are asked to do, in versions: a change is a new one, which they read again.
import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { Database, Queryable } from '../../db/client.ts';
import { guidelines } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import { AppError } from '../../domain/errors.ts';
import { notify } from './notify.ts';
import { lockProject } from './projects.ts';

/** All versions, the newest first, each with how many of the annotators who are here now have read it. */
export async function listGuidelines(db: Queryable, params: { projectId: string }) {
  const annotators = and(eq(members.projectId, params.projectId), eq(members.role, 'annotator'));
  const [versions, people] = await Promise.all([
    db
      .select({
        id: guidelines.id,
        version: guidelines.version,
        text: guidelines.text,
        createdAt: guidelines.createdAt,
        createdBy: user.name,
        reads: sql<number>`(select count(*)::int from guideline_reads r
          join members m on m.user_id = r.user_id and m.project_id = ${guidelines.projectId} and m.role = 'annotator'
          where r.guideline_id = ${guidelines}.id)`,
      })
      .from(guidelines)
      .leftJoin(user, eq(user.id, guidelines.createdBy))
      .where(eq(guidelines.projectId, params.projectId))
      .orderBy(desc(guidelines.version)),
    db.select({ count: count() }).from(members).where(annotators),
  ]);
  return { versions, annotators: people[0]?.count ?? 0 };
}

/** A new version. `basedOn` is the one that its author saw: a newer one must not be written over unseen. */
export async function saveGuidelines(
  db: Database,
  actor: { id: string },
  input: { projectId: string; text: string; basedOn: number | null },
): Promise<{ guidelineId: string; version: number }> {
  return db.transaction(async (tx) => {
    await lockProject(tx, input.projectId);
    const [newest] = await tx
      .select({ version: guidelines.version, text: guidelines.text })
      .from(guidelines)
      .where(eq(guidelines.projectId, input.projectId))
      .orderBy(desc(guidelines.version))
      .limit(1);
    if ((newest?.version ?? null) !== input.basedOn) {
      throw new AppError(
        'CONFLICT',
        `Version ${newest?.version} has been saved since you began: copy your text, load the page anew and merge the two.`,
      );
    }
    if (newest?.text === input.text) throw new AppError('CONFLICT', 'Nothing is different from the newest version.');
    const version = (newest?.version ?? 0) + 1;
    const [saved] = await tx
      .insert(guidelines)
      .values({ projectId: input.projectId, version, text: input.text, createdBy: actor.id })
      .returning({ guidelineId: guidelines.id });
    if (!saved) throw new Error('insert into guidelines returned no row');
    await notify(tx, 'project', input.projectId);
    return { ...saved, version };
  });
}
