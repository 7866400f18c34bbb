// A person's own earlier rankings: to look at, and to change until the project closes them. A change is a retraction of the
// old one and a new one in its place.
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import type { Annotation } from '../../domain/annotation.ts';
import { AppError } from '../../domain/errors.ts';
import type { Asker } from './asker.ts';
import { describeRanking, type ShownTask } from './label-task.ts';
import {
  findSubmission,
  insertRetraction,
  isChangeable,
  isOwn,
  requireChangeable,
  type Submission,
  storeRanking,
} from './labels.ts';
import { notify } from './notify.ts';
import { lockTask, recountTask } from './tasks.ts';

const ownRankingColumns = {
  rankingId: rankings.id,
  taskId: rankings.taskId,
  createdAt: rankings.createdAt,
  tiers: rankings.tiers,
  shownOrder: rankings.shownOrder,
  strength: rankings.strength,
  overall: rankings.overall,
};

const previewLength = 160;

/** This person's rankings, newest first, with the beginning of what was asked. */
export async function listOwnRankings(
  db: Queryable,
  asker: Asker,
  input: { cursor?: string | undefined; limit: number },
) {
  const rows = await db
    .select({
      ...ownRankingColumns,
      preview: sql<string>`left((select m->>'content' from prompts p, jsonb_array_elements(p.messages) with ordinality e(m, n)
        where p.id = ${tasks.promptId} order by n desc limit 1), ${previewLength})`,
      canChange: sql<boolean>`${isChangeable(db)}`,
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .where(
      and(
        isOwn(db, asker),
        input.cursor
          ? sql`(${rankings.createdAt}, ${rankings.id}) < (select created_at, id from rankings where id = ${input.cursor})`
          : undefined,
      ),
    )
    .orderBy(desc(rankings.createdAt), desc(rankings.id))
    .limit(input.limit + 1);
  const items = rows.slice(0, input.limit).map((row) => ({ ...row, canChange: row.canChange && !asker.isClosed }));
  return { items, nextCursor: rows.length > input.limit ? (items.at(-1)?.rankingId ?? null) : null };
}

/** One of this person's live rankings, to look at or to change. */
export async function getOwnRanking(
  db: Queryable,
  asker: Asker,
  input: { rankingId: string },
): Promise<ShownTask & { rankingId: string; annotation: Annotation }> {
  const [found] = await db
    .select({ ranking: rankings })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .where(and(isOwn(db, asker), eq(rankings.id, input.rankingId)));
  if (!found) throw new AppError('NOT_FOUND', 'You have no such ranking.');
  return { rankingId: found.ranking.id, ...(await describeRanking(db, found.ranking)) };
}

/** Puts a new ranking in the place of an earlier one of this person's. Idempotent by `submissionId`. */
export async function reviseRanking(
  db: Database,
  asker: Asker,
  input: Submission & { rankingId: string },
): Promise<{ rankingId: string }> {
  return db.transaction(async (tx) => {
    const { taskId } = await getOwnRankingTask(tx, asker, input.rankingId);
    const task = await lockTask(tx, taskId);
    const earlier = await findSubmission(tx, asker, input.submissionId);
    if (earlier) return { rankingId: earlier.id };
    requireChangeable(asker);
    const [former] = await tx
      .select({ ranking: rankings })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .where(and(isOwn(tx, asker), isChangeable(tx), eq(rankings.id, input.rankingId)));
    if (!former) {
      throw new AppError('CONFLICT', 'This ranking was undone or changed elsewhere, or a reviewer has decided on it.');
    }
    await insertRetraction(tx, asker, former.ranking.id);
    const { shownOrder, id: replacesId } = former.ranking;
    const ranking = await storeRanking(tx, asker, task, { ...input, shownOrder, replacesId });
    if (!ranking) throw new Error(`submission ${input.submissionId} was stored in this moment`);
    await recountTask(tx, task);
    await notify(tx, 'task', task.id);
    return { rankingId: ranking.id };
  });
}

/** The task of a ranking of this person's, live or not. */
async function getOwnRankingTask(tx: Transaction, asker: Asker, rankingId: string): Promise<{ taskId: string }> {
  const [found] = await tx
    .select({ taskId: rankings.taskId })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .where(and(eq(rankings.id, rankingId), eq(rankings.userId, asker.id), eq(tasks.projectId, asker.projectId)));
  if (!found) throw new AppError('NOT_FOUND', 'You have no such ranking.');
  return found;
}
