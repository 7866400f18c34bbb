// A prompt and what was answered to it.
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { batches, prompts, responses, samplings } from '../../db/schema/data.ts';
import { rankings, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { judges, policies } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { isLiveRanking } from './projects.ts';

/** One row more than asked for says that there is a next page; the cursor is the id of the last one shown. */
export function toPage<Row extends { id: string }>(
  rows: Row[],
  limit: number,
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

export async function getPrompt(db: Queryable, params: { promptId: string }) {
  const [prompt] = await db.select().from(prompts).where(eq(prompts.id, params.promptId));
  if (!prompt) throw new AppError('NOT_FOUND', 'There is no such prompt.');
  const [answers, ranked] = await Promise.all([
    db
      .select({
        samplingId: samplings.id,
        purpose: samplings.purpose,
        config: samplings.config,
        seed: samplings.seed,
        conditions: samplings.conditions,
        sampledAt: samplings.createdAt,
        policyId: policies.id,
        policyName: policies.name,
        isImported: sql<boolean>`${policies.modelDir} is null and ${policies.backendId} is null`,
        taskId: tasks.id,
        taskStatus: tasks.status,
        response: {
          id: responses.id,
          ordinal: responses.ordinal,
          text: responses.text,
          finishReason: responses.finishReason,
          logp: responses.logp,
          tokenCount: sql<number | null>`cardinality(${responses.tokenIds})`,
        },
      })
      .from(responses)
      .innerJoin(samplings, eq(samplings.id, responses.samplingId))
      .innerJoin(policies, eq(policies.id, responses.policyId))
      .leftJoin(tasks, and(eq(tasks.samplingId, samplings.id), eq(tasks.promptId, prompt.id)))
      .where(eq(responses.promptId, prompt.id))
      .orderBy(desc(samplings.createdAt), samplings.id, asc(responses.ordinal)),
    db
      .select({
        id: rankings.id,
        samplingId: tasks.samplingId,
        tiers: rankings.tiers,
        verdict: rankings.verdict,
        createdAt: rankings.createdAt,
        source: rankingSource,
      })
      .from(rankings)
      .innerJoin(tasks, eq(tasks.id, rankings.taskId))
      .leftJoin(user, eq(user.id, rankings.userId))
      .leftJoin(judges, eq(judges.id, rankings.judgeId))
      .leftJoin(batches, eq(batches.id, rankings.batchId))
      .where(and(eq(tasks.promptId, prompt.id), isLiveRanking(db)))
      .orderBy(desc(rankings.createdAt)),
  ]);
  const groups = new Map<string, SamplingGroup>();
  for (const { response, ...sampling } of answers) {
    const group = groups.get(sampling.samplingId) ?? { ...sampling, responses: [] };
    group.responses.push(response);
    groups.set(sampling.samplingId, group);
  }
  return { prompt, samplings: [...groups.values()], rankings: ranked };

  type Answer = (typeof answers)[number];
  type SamplingGroup = Omit<Answer, 'response'> & { responses: Answer['response'][] };
}

export interface RankingSource {
  kind: 'person' | 'judge' | 'import';
  name: string | null;
}

/** Who ranked: a person (perhaps gone by now), a judge, or whoever made the data that was imported. */
export const rankingSource = {
  kind: sql<RankingSource['kind']>`case when ${rankings.judgeId} is not null then 'judge'
    when ${rankings.batchId} is not null then 'import' else 'person' end`,
  name: sql<string | null>`coalesce(${judges.name}, ${user.name}, ${batches.name})`,
};
