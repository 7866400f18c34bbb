// Whether the database holds just what the load was told it holds.
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';

export interface Books {
  rankings: number;
  finishedTasks: number;
  /** Finished, with more or fewer rankings than the overlap. */
  wrongOverlap: number;
  /** Any task with more rankings than its overlap. */
  overRanked: number;
  /** Two live rankings of one task by one person. */
  duplicates: number;
  /** Acknowledged, and not stored exactly once. */
  lost: number;
}

export async function readBooks(db: Database, projectId: string, acknowledged: readonly string[]): Promise<Books> {
  const live = sql`select r.* from rankings r join tasks t on t.id = r.task_id
    where t.project_id = ${projectId} and not exists (select 1 from ranking_retractions x where x.ranking_id = r.id)`;
  const counted = sql`select t.status, t.overlap, (select count(*) from live l where l.task_id = t.id) as n
    from tasks t where t.project_id = ${projectId}`;
  const { rows } = await db.execute<Record<keyof Omit<Books, 'lost'>, string>>(sql`
    with live as (${live}), counted as (${counted})
    select (select count(*) from live) as "rankings",
      (select count(*) from counted where status = 'ranked') as "finishedTasks",
      (select count(*) from counted where status = 'ranked' and n <> overlap) as "wrongOverlap",
      (select count(*) from counted where n > overlap) as "overRanked",
      (select count(*) from (select 1 from live group by task_id, user_id having count(*) > 1) d) as "duplicates"`);
  const [row] = rows;
  if (!row) throw new Error('counting gave no row');
  const { rows: stored } = await db.execute<{ submission_id: string }>(sql`select submission_id from (${live}) l`);
  const known = new Set(stored.map(({ submission_id }) => submission_id));
  const numbers = Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value)]));
  return { ...(numbers as Omit<Books, 'lost'>), lost: acknowledged.filter((id) => !known.has(id)).length };
}
