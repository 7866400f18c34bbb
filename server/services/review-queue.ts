// What reviewers should look at, worst first: tasks on which people disagree, that somebody flagged, whose answers some
// find all bad and others not, and silent gold that somebody turned around.
import { eq, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { prompts } from '../../db/schema/data.ts';
import { goldTasks, leases, rankings, reviews, tasks } from '../../db/schema/labelling.ts';
import { scoreAgainstGold } from '../../domain/gold.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import { type ReviewReason, reviewReasons } from '../../domain/reviews.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { isAnnotation } from './annotations.ts';
import { goldAnswers } from './gold.ts';
import { requireProject } from './projects.ts';

export interface ListReviews {
  projectId: string;
  /** One reason, or all of them. */
  reason?: ReviewReason | undefined;
  /** Those that were dealt with, newest first, instead of those that wait. */
  isDone?: boolean | undefined;
  cursor?: number | undefined;
  limit: number;
}

export interface ReviewItem {
  taskId: string;
  prompt: ChatMessage[];
  agreement: number | null;
  /** How many people ranked it. */
  people: number;
  reasons: ReviewReason[];
}

type Row = { taskId: string; prompt: ChatMessage[]; agreement: number | null; people: number } & {
  [R in ReviewReason]: boolean;
};

/**
 * Only tasks that may be due are counted: those that the index on agreement gives, and those that one look through the
 * rankings finds flagged, or one through the leases. A task is done while its newest review is younger than its newest ranking.
 */
export async function listReviews(
  db: Queryable,
  params: ListReviews,
): Promise<{ items: ReviewItem[]; nextCursor: number | null }> {
  const { reviewBelow } = readLabelSettings((await requireProject(db, params.projectId)).labelling);
  const missed = await missedGold(db, params.projectId);
  const start = params.cursor ?? 0;
  const isBad = sql`${rankings.overall} is not distinct from 'all-bad'`;
  const { rows } = await db.execute<Row>(sql`
    with due as (
      select id from tasks where project_id = ${params.projectId} and not is_gold and agreement < ${reviewBelow}
      union
      select ${rankings.taskId} from ${rankings} where ${isAnnotation(db)} and (${rankings.flags} <> '[]' or ${isBad})
      union
      select ${leases.taskId} from ${leases} where ${isFlaggedSkip}
      union
      select unnest(${sql.param(missed)}::uuid[])
    ), said as (
      select ${tasks.id} as id, greatest(max(${rankings.createdAt}), max(skips.newest)) as newest,
        count(${rankings.id})::int as people,
        coalesce(not ${tasks.isGold} and ${tasks.agreement} < ${reviewBelow}, false) as "disagreement",
        coalesce(bool_or(${rankings.flags} <> '[]'), false) or max(skips.newest) is not null as "flagged",
        coalesce(bool_or(${isBad}) and not bool_and(${isBad}), false) as "all-bad",
        ${tasks.id} = any(${sql.param(missed)}::uuid[]) as "gold-miss"
      from due join ${tasks} on ${tasks.id} = due.id
        left join ${rankings} on ${rankings.taskId} = ${tasks.id} and ${isAnnotation(db)}
        left join lateral (select max(${leases.closedAt}) as newest from ${leases}
          where ${leases.taskId} = ${tasks.id} and ${isFlaggedSkip}) skips on true
      where ${tasks.projectId} = ${params.projectId}
      group by ${tasks.id}
    )
    select said.id as "taskId", ${prompts.messages} as prompt, ${tasks.agreement} as agreement, said.people,
      "disagreement", "flagged", "all-bad", "gold-miss"
    from said join ${tasks} on ${tasks.id} = said.id join ${prompts} on ${prompts.id} = ${tasks.promptId}
      left join lateral (select max(${reviews.createdAt}) as at from ${reviews} where ${reviews.taskId} = said.id) seen on true
    where (${hasReason(params.reason)})
      and coalesce(seen.at > said.newest, false) = ${params.isDone ?? false}
    order by ${params.isDone ? sql`seen.at desc` : worstFirst}, said.id
    limit ${params.limit + 1} offset ${start}`);
  const items = rows.slice(0, params.limit).map(({ taskId, prompt, agreement, people, ...reasons }) => ({
    taskId,
    prompt,
    agreement,
    people,
    reasons: reviewReasons.filter((reason) => reasons[reason]),
  }));
  return { items, nextCursor: rows.length > params.limit ? start + params.limit : null };
}

const isFlaggedSkip = sql`${leases.outcome} = 'skipped' and ${leases.flags} <> '[]'`;

/** By agreement, a single ranking in the middle; half of the scale earlier where somebody raised a hand. */
const worstFirst = sql`coalesce(${tasks.agreement}, 0.5) - 0.5 * ("flagged" or "all-bad")::int`;

function hasReason(reason: ReviewReason | undefined): SQL {
  return sql.join(
    (reason ? [reason] : reviewReasons).map((name) => sql.identifier(name)),
    sql` or `,
  );
}

/** Silent gold tasks of which somebody turned a pair around. */
async function missedGold(db: Queryable, projectId: string): Promise<string[]> {
  const gold = await db
    .select({ taskId: goldTasks.taskId, tiers: goldTasks.tiers })
    .from(goldTasks)
    .innerJoin(tasks, eq(tasks.id, goldTasks.taskId))
    .where(sql`${tasks.projectId} = ${projectId} and ${goldTasks.use} = 'silent'`);
  const tiersOf = new Map(gold.map(({ taskId, tiers }) => [taskId, tiers]));
  const answers = await goldAnswers(db, [...tiersOf.keys()]);
  const missed = answers.filter(
    ({ taskId, tiers }) => scoreAgainstGold(tiers, tiersOf.get(taskId) ?? []).score.wrong > 0,
  );
  return [...new Set(missed.map(({ taskId }) => taskId))];
}
