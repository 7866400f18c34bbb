// What each person said, raw: a line per ranking, streamed in pages, so that memory stays level whatever the size. A line
// is also one of `rankloop pairs --rankings`; docs/guide.md says what stands in it.
import { createHmac } from 'node:crypto';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database } from '../../db/client.ts';
import { prompts, responses } from '../../db/schema/data.ts';
import { guidelines, rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { judges, policies } from '../../db/schema/project.ts';
import { toSampledRow } from '../../domain/formats.ts';
import type { RankingFilter } from '../../domain/ranking-filter.ts';
import { requireProject } from './projects.ts';
import { matchesRankings } from './ranking-list.ts';

export interface ExportRankings {
  projectId: string;
  filter: RankingFilter;
  /** People as codes that are the same throughout the project and say nothing elsewhere; else by name and e-mail. */
  isPseudonymous: boolean;
}

const pageSize = 500;

export async function exportRankings(
  db: Database,
  secret: string,
  params: ExportRankings,
): Promise<{ filename: string; chunks: AsyncIterable<string> }> {
  const project = await requireProject(db, params.projectId);
  return { filename: `${project.slug}-rankings.jsonl`, chunks: rankingChunks(db, secret, params) };
}

async function* rankingChunks(db: Database, secret: string, params: ExportRankings): AsyncGenerator<string> {
  const pseudonym = (userId: string) =>
    createHmac('sha256', secret).update(`annotator ${params.projectId} ${userId}`).digest('hex').slice(0, 12);
  let last: string | undefined;
  for (;;) {
    const page = await pageAfter(db, params, last);
    const end = page.at(-1);
    if (!end) return;
    const answers = await answersOf(
      db,
      page.map(({ task }) => task),
    );
    yield page.map((row) => `${JSON.stringify(toLine(row, answers, params, pseudonym))}\n`).join('');
    last = end.ranking.id;
  }
}

function pageAfter(db: Database, { projectId, filter }: ExportRankings, last: string | undefined) {
  const edited = alias(responses, 'edited');
  return db
    .select({
      ranking: rankings,
      task: { samplingId: tasks.samplingId, promptId: tasks.promptId },
      isGold: tasks.isGold,
      prompt: { messages: prompts.messages, persona: prompts.persona, tags: prompts.tags },
      person: { name: user.name, email: user.email },
      judge: judges.name,
      guidelineVersion: guidelines.version,
      edit: { text: edited.text, ofId: edited.editedFromId },
      retractedAt: rankingRetractions.createdAt,
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(judges, eq(judges.id, rankings.judgeId))
    .leftJoin(guidelines, eq(guidelines.id, rankings.guidelineId))
    .leftJoin(edited, eq(edited.id, rankings.editedResponseId))
    .leftJoin(rankingRetractions, eq(rankingRetractions.rankingId, rankings.id))
    .where(
      and(
        matchesRankings(projectId, filter),
        last
          ? sql`(${rankings.createdAt}, ${rankings.id}) > (select created_at, id from rankings where id = ${last})`
          : undefined,
      ),
    )
    .orderBy(asc(rankings.createdAt), asc(rankings.id))
    .limit(pageSize);
}

type Exported = Awaited<ReturnType<typeof pageAfter>>[number];
type Answer = Awaited<ReturnType<typeof answersOf>>[number];

function answersOf(db: Database, asked: { samplingId: string; promptId: string }[]) {
  return db
    .select({
      id: responses.id,
      samplingId: responses.samplingId,
      promptId: responses.promptId,
      ordinal: responses.ordinal,
      text: responses.text,
      tokenIds: responses.tokenIds,
      finishReason: responses.finishReason,
      logp: responses.logp,
      policy: policies.name,
    })
    .from(responses)
    .innerJoin(policies, eq(policies.id, responses.policyId))
    .where(
      and(
        inArray(
          responses.samplingId,
          asked.map(({ samplingId }) => samplingId),
        ),
        inArray(
          responses.promptId,
          asked.map(({ promptId }) => promptId),
        ),
        sql`${responses.editedFromId} is null`,
      ),
    )
    .orderBy(asc(responses.ordinal));
}

function toLine(
  { ranking, task, prompt, person, judge, guidelineVersion, edit, retractedAt, isGold }: Exported,
  all: Answer[],
  { isPseudonymous }: ExportRankings,
  pseudonym: (userId: string) => string,
) {
  const own = all.filter((row) => row.samplingId === task.samplingId && row.promptId === task.promptId);
  const indexOf = (id: string) => own.findIndex((row) => row.id === id);
  const byResponse = <V>(said: Record<string, V>) => own.map(({ id }) => said[id] ?? null);
  const { userId } = ranking;
  return {
    prompt: prompt.messages,
    ...(prompt.persona ? { persona: prompt.persona } : {}),
    ...(prompt.tags.length > 0 ? { tags: prompt.tags } : {}),
    responses: own.map(({ policy, ...response }) => ({ ...toSampledRow(response), policy })),
    tiers: ranking.tiers.map((tier) => tier.map(indexOf)),
    ranking_id: ranking.id,
    kind: ranking.judgeId ? 'judgement' : ranking.batchId ? 'imported' : ranking.kind,
    annotator: userId && (isPseudonymous ? pseudonym(userId) : { id: userId, ...person }),
    judge,
    strength: ranking.strength,
    overall: ranking.overall,
    thumbs: ranking.thumbs && byResponse(ranking.thumbs),
    ratings: Object.keys(ranking.ratings).length > 0 ? byResponse(ranking.ratings) : null,
    ...(ranking.scores ? { scores: byResponse(ranking.scores) } : {}),
    flags: ranking.flags.map(({ flag, responseId }) => ({ flag, response: responseId && indexOf(responseId) })),
    rationale: ranking.rationale,
    edit: edit?.ofId ? { response: indexOf(edit.ofId), text: edit.text } : null,
    shown_order: ranking.shownOrder,
    duration_ms: ranking.durationMs,
    created_at: ranking.createdAt,
    guideline_version: guidelineVersion,
    is_gold: isGold,
    ...(retractedAt ? { retracted_at: retractedAt } : {}),
  };
}
