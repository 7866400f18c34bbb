// Rankings in lists and one by one, with all that their author said; and taken back by an admin, with a reason.
import { and, asc, desc, eq, gte, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database, Queryable } from '../../db/client.ts';
import { batches, prompts, responses, samplings } from '../../db/schema/data.ts';
import { guidelines, rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { judges } from '../../db/schema/project.ts';
import { conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import type { RankingFilter } from '../../domain/ranking-filter.ts';
import { settleTask } from './labels.ts';
import { rankingSource, toPage } from './prompts.ts';
import { lockTask, saidByPerson, taskResponses } from './tasks.ts';

const sources: { [S in NonNullable<RankingFilter['source']>]: SQL | undefined } = {
  person: saidByPerson,
  judge: isNotNull(rankings.judgeId),
  import: isNotNull(rankings.batchId),
  adjudication: eq(rankings.kind, 'adjudication'),
};

const asked = (wanted: boolean | undefined, condition: SQL): SQL | undefined =>
  wanted === undefined ? undefined : wanted ? condition : sql`not ${condition}`;

/** Of rankings joined with their tasks. */
export function matchesRankings(projectId: string, filter: RankingFilter): SQL | undefined {
  const { userId, judgeId, source, from, until, batchId, overall, strength, isRetracted = false } = filter;
  return and(
    eq(tasks.projectId, projectId),
    asked(isRetracted, sql`exists (select 1 from ranking_retractions x where x.ranking_id = ${rankings}.id)`),
    userId ? eq(rankings.userId, userId) : undefined,
    judgeId ? eq(rankings.judgeId, judgeId) : undefined,
    source ? sources[source] : undefined,
    from ? gte(rankings.createdAt, new Date(from as Date)) : undefined,
    until ? lt(rankings.createdAt, new Date(until as Date)) : undefined,
    batchId ? eq(tasks.batchId, batchId) : undefined,
    overall ? eq(rankings.overall, overall) : undefined,
    strength ? eq(rankings.strength, strength) : undefined,
    asked(filter.isFlagged, sql`(${rankings.flags} <> '[]')`),
    asked(filter.hasRationale, sql`(coalesce(${rankings.rationale}, '') <> '')`),
    asked(filter.hasEdit, sql`(${rankings.editedResponseId} is not null)`),
  );
}

/** The tiers by the responses' places in the sampling, from 0. */
const places = sql<number[][]>`coalesce((select jsonb_agg((select jsonb_agg(r.ordinal order by r.ordinal)
    from jsonb_array_elements_text(tier) as one(id) join responses r on r.id = one.id::uuid) order by place)
  from jsonb_array_elements(${rankings.tiers}) with ordinality as tiers(tier, place)), '[]')`;

const previewLength = 200;

export async function listRankings(
  db: Queryable,
  { projectId, cursor, limit, ...filter }: RankingFilter & { projectId: string; cursor?: string; limit: number },
) {
  const rows = await db
    .select({
      id: rankings.id,
      taskId: tasks.id,
      promptId: tasks.promptId,
      preview: sql<string>`left(${prompts.messages}->-1->>'content', ${previewLength})`,
      places,
      kind: rankings.kind,
      source: rankingSource,
      overall: rankings.overall,
      strength: rankings.strength,
      flags: sql<number>`jsonb_array_length(${rankings.flags})`,
      hasRationale: sql<boolean>`(coalesce(${rankings.rationale}, '') <> '')`,
      hasEdit: sql<boolean>`(${rankings.editedResponseId} is not null)`,
      durationMs: rankings.durationMs,
      createdAt: rankings.createdAt,
      retractedAt: rankingRetractions.createdAt,
      isGold: tasks.isGold,
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(judges, eq(judges.id, rankings.judgeId))
    .leftJoin(batches, eq(batches.id, rankings.batchId))
    .leftJoin(rankingRetractions, eq(rankingRetractions.rankingId, rankings.id))
    .where(
      and(
        matchesRankings(projectId, filter),
        cursor
          ? sql`(${rankings.createdAt}, ${rankings.id}) < (select created_at, id from rankings where id = ${cursor})`
          : undefined,
      ),
    )
    .orderBy(desc(rankings.createdAt), desc(rankings.id))
    .limit(limit + 1);
  return toPage(rows, limit);
}

export async function countRankings(db: Queryable, { projectId, ...filter }: RankingFilter & { projectId: string }) {
  const [found] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .where(matchesRankings(projectId, filter));
  return found?.count ?? 0;
}

/** Who has ranked in a project: people, those who have left too, and judges. */
export async function rankingAuthors(db: Queryable, { projectId }: { projectId: string }) {
  const ofProject = eq(tasks.projectId, projectId);
  const [people, machines] = await Promise.all([
    db
      .selectDistinct({ id: user.id, name: user.name })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .innerJoin(user, eq(user.id, rankings.userId))
      .where(ofProject)
      .orderBy(asc(user.name)),
    db
      .select({ id: judges.id, name: judges.name })
      .from(judges)
      .where(eq(judges.projectId, projectId))
      .orderBy(asc(judges.name)),
  ]);
  return { people, judges: machines };
}

/** One ranking with everything that was shown and said. */
export async function getRanking(db: Queryable, params: { rankingId: string }) {
  const edited = alias(responses, 'edited');
  const remover = alias(user, 'remover');
  const [row] = await db
    .select({
      ranking: rankings,
      source: rankingSource,
      task: tasks,
      prompt: { messages: prompts.messages, persona: prompts.persona, tags: prompts.tags },
      conditions: samplings.conditions,
      guidelineVersion: guidelines.version,
      edit: { text: edited.text, ofId: edited.editedFromId },
      retraction: { at: rankingRetractions.createdAt, reason: rankingRetractions.reason, by: remover.name },
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(judges, eq(judges.id, rankings.judgeId))
    .leftJoin(batches, eq(batches.id, rankings.batchId))
    .leftJoin(guidelines, eq(guidelines.id, rankings.guidelineId))
    .leftJoin(edited, eq(edited.id, rankings.editedResponseId))
    .leftJoin(rankingRetractions, eq(rankingRetractions.rankingId, rankings.id))
    .leftJoin(remover, eq(remover.id, rankingRetractions.userId))
    .where(eq(rankings.id, params.rankingId));
  if (!row) throw new AppError('NOT_FOUND', 'There is no such ranking.');
  const { ranking, task, prompt, conditions, retraction, ...rest } = row;
  const answers = await taskResponses(db, task);
  const { submissionId: _, taskId: __, ...said } = ranking;
  return {
    ...rest,
    said,
    retraction: retraction.at && { ...retraction, at: retraction.at },
    taskId: task.id,
    promptId: task.promptId,
    isGold: task.isGold,
    prompt: conditioned(prompt.messages, prompt, conditions),
    /** In the order in which the author saw them. */
    responses: answers.sort(
      (one, other) => ranking.shownOrder.indexOf(one.ordinal) - ranking.shownOrder.indexOf(other.ordinal),
    ),
  };
}

export const mostRetracted = 1_000;

/** Takes rankings back in an admin's name: they stay, as facts, and their tasks are open again. */
export async function retractRankings(
  db: Database,
  actor: { id: string },
  input: { projectId: string; rankingIds: string[]; reason: string },
): Promise<{ retracted: number }> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .select({ id: rankings.id, taskId: rankings.taskId })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .where(and(eq(tasks.projectId, input.projectId), inArray(rankings.id, input.rankingIds)));
    let retracted = 0;
    // In the order in which everybody locks several tasks.
    for (const taskId of [...new Set(rows.map((row) => row.taskId))].sort()) {
      const task = await lockTask(tx, taskId);
      const taken = await tx
        .insert(rankingRetractions)
        .values(
          rows
            .filter((row) => row.taskId === taskId)
            .map(({ id }) => ({ rankingId: id, userId: actor.id, reason: input.reason })),
        )
        .onConflictDoNothing()
        .returning({ rankingId: rankingRetractions.rankingId });
      retracted += taken.length;
      if (taken.length > 0) await settleTask(tx, task);
    }
    return { retracted };
  });
}
