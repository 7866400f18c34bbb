// Preference pairs. Before a round they are derived from the live rankings; a dataset version is those pairs, frozen,
// under the SHA-256 of the JSONL that its export gives.
import { createHash } from 'node:crypto';
import { and, count, desc, eq, inArray, isNull, notExists, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Queryable, Transaction } from '../../db/client.ts';
import { batches, prompts, responses, samplings } from '../../db/schema/data.ts';
import { rankingRetractions, rankings, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { datasetVersions, judges, policies } from '../../db/schema/project.ts';
import { pairs } from '../../db/schema/training.ts';
import { type ConditionName, type Conditions, conditioned } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';
import { toTrlRow } from '../../domain/formats.ts';
import { type PairPolicy, pairsFromTiers, scoreGap } from '../../domain/pairs.ts';
import { mixSeed } from '../../domain/random.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { isLiveRanking, requireProject } from './projects.ts';
import { type RankingSource, rankingSource, toPage } from './prompts.ts';

export const defaultPairPolicy: PairPolicy = 'best-worst';

/** Which rankings: those of the current policy's responses (what a round trains on), with imported ones, or all of them. */
export const pairScopes = ['current', 'imported', 'all'] as const;
export type PairScope = (typeof pairScopes)[number];

export interface LivePair {
  promptId: string;
  prompt: ChatMessage[];
  chosen: { id: string; text: string };
  rejected: { id: string; text: string };
  margin: number;
  /** How much higher the chosen one was scored; null where the ranking's author gives no scores. */
  scoreGap: number | null;
  stated: Conditions;
  source: RankingSource & { rankingId: string; createdAt: Date };
}

interface LiveRanking {
  id: string;
  /** A person's better version of a response stands above all of them. */
  tiers: string[][];
  scores: Record<string, number> | null;
  promptId: string;
  promptHash: string;
  prompt: ChatMessage[];
  stated: Conditions;
  createdAt: Date;
  source: RankingSource;
}

/** Live rankings of tasks that are not gold; where a reviewer adjudicated, that stands for all others of its task. */
function makesPairs(db: Queryable) {
  const adjudications = alias(rankings, 'adjudications');
  const adjudicated = db
    .select({ one: sql`1` })
    .from(adjudications)
    .where(
      and(
        eq(adjudications.taskId, rankings.taskId),
        eq(adjudications.kind, 'adjudication'),
        notExists(
          db.select({ one: sql`1` }).from(rankingRetractions).where(eq(rankingRetractions.rankingId, adjudications.id)),
        ),
      ),
    );
  return and(isLiveRanking(db), eq(tasks.isGold, false), or(eq(rankings.kind, 'adjudication'), notExists(adjudicated)));
}

/** One page of the rankings that make pairs, newest first. */
async function pageOfRankings(
  db: Queryable,
  params: { projectId: string; isInScope: SQL | undefined; cursor?: string | undefined; limit: number },
): Promise<{ items: LiveRanking[]; nextCursor: string | null }> {
  const rows = await db
    .select({
      id: rankings.id,
      tiers: sql<string[][]>`case when ${rankings.editedResponseId} is null then ${rankings.tiers}
        else jsonb_build_array(jsonb_build_array(${rankings.editedResponseId})) || ${rankings.tiers} end`,
      scores: rankings.scores,
      promptId: prompts.id,
      promptHash: prompts.contentHash,
      prompt: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      createdAt: rankings.createdAt,
      source: rankingSource,
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(judges, eq(judges.id, rankings.judgeId))
    .leftJoin(batches, eq(batches.id, rankings.batchId))
    .where(
      and(
        eq(tasks.projectId, params.projectId),
        params.isInScope,
        makesPairs(db),
        params.cursor
          ? sql`(${rankings.createdAt}, ${rankings.id}) < (select created_at, id from rankings where id = ${params.cursor})`
          : undefined,
      ),
    )
    .orderBy(desc(rankings.createdAt), desc(rankings.id))
    .limit(params.limit + 1);
  return toPage(rows, params.limit);
}

async function toPairs(db: Queryable, page: LiveRanking[], pairPolicy: PairPolicy): Promise<LivePair[]> {
  const ids = page.flatMap((ranking) => ranking.tiers.flat());
  if (ids.length === 0) return [];
  const rows = await db
    .select({ id: responses.id, text: responses.text })
    .from(responses)
    .where(inArray(responses.id, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const responseOf = (id: string) => {
    const response = byId.get(id);
    if (!response) throw new Error(`a ranking names response ${id}, which does not exist`);
    return response;
  };
  return page.flatMap((ranking) =>
    pairsFromTiers(pairPolicy, ranking.tiers, {
      // By the prompt's content, so that the same data gives the same pairs in another installation.
      seed: mixSeed(0, ranking.promptHash),
      isSame: (one, other) => responseOf(one).text === responseOf(other).text,
    }).map(({ chosen, rejected, margin }) => ({
      promptId: ranking.promptId,
      prompt: ranking.prompt,
      chosen: responseOf(chosen),
      rejected: responseOf(rejected),
      margin,
      scoreGap: ranking.scores ? scoreGap({ chosen, rejected }, ranking.scores) : null,
      stated: ranking.stated,
      source: { ...ranking.source, rankingId: ranking.id, createdAt: ranking.createdAt },
    })),
  );
}

export interface LivePairsParams {
  projectId: string;
  pairPolicy?: PairPolicy | undefined;
  scope?: PairScope | undefined;
  /** Leaves out pairs whose scores differ by less. Rankings without scores, people's say, have no gap and stay. */
  minMargin?: number | null | undefined;
}

const isFarEnough = ({ scoreGap: gap }: LivePair, { minMargin }: Pick<LivePairsParams, 'minMargin'>) =>
  gap === null || gap >= (minMargin ?? Number.NEGATIVE_INFINITY);

/** What samplings must be, for their rankings to be of this scope. */
async function scopeCondition(db: Queryable, params: LivePairsParams): Promise<SQL | undefined> {
  const { id, currentPolicyId } = await requireProject(db, params.projectId);
  if (params.scope === 'all' || !currentPolicyId) return undefined;
  const isCurrent = eq(samplings.policyId, currentPolicyId);
  if (params.scope !== 'imported') return isCurrent;
  const imported = db
    .select({ id: policies.id })
    .from(policies)
    .where(and(eq(policies.projectId, id), isNull(policies.modelDir), isNull(policies.backendId)));
  return or(isCurrent, inArray(samplings.policyId, imported));
}

/** A page of pairs with their source; `limit` and the cursor count rankings, each of which may give several pairs. */
export async function listPairs(
  db: Queryable,
  params: LivePairsParams & { cursor?: string | undefined; limit: number },
): Promise<{ items: LivePair[]; nextCursor: string | null }> {
  const isInScope = await scopeCondition(db, { scope: 'all', ...params });
  const page = await pageOfRankings(db, { ...params, isInScope });
  const items = await toPairs(db, page.items, params.pairPolicy ?? defaultPairPolicy);
  return { items: items.filter((pair) => isFarEnough(pair, params)), nextCursor: page.nextCursor };
}

/** Every live pair, in pages, so that memory stays level. */
export async function* livePairs(db: Queryable, params: LivePairsParams): AsyncGenerator<LivePair[]> {
  for await (const page of closeAndFarPairs(db, params)) yield page.filter((pair) => isFarEnough(pair, params));
}

/** Also those that a minimum margin leaves out. */
async function* closeAndFarPairs(db: Queryable, params: LivePairsParams): AsyncGenerator<LivePair[]> {
  const isInScope = await scopeCondition(db, params);
  let cursor: string | undefined;
  do {
    const page = await pageOfRankings(db, { projectId: params.projectId, isInScope, cursor, limit: 500 });
    yield await toPairs(db, page.items, params.pairPolicy ?? defaultPairPolicy);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

export async function summarizePairs(db: Queryable, params: LivePairsParams) {
  const bySource: { [K in RankingSource['kind']]: number } = { person: 0, judge: 0, import: 0 };
  const summary = { pairs: 0, rankings: 0, prompts: 0, tooClose: 0, withScores: 0 };
  const seenRankings = new Set<string>();
  const seenPrompts = new Set<string>();
  for await (const page of closeAndFarPairs(db, { scope: 'all', ...params })) {
    for (const pair of page) {
      if (pair.scoreGap !== null) summary.withScores += 1;
      if (!isFarEnough(pair, params)) {
        summary.tooClose += 1;
        continue;
      }
      summary.pairs += 1;
      bySource[pair.source.kind] += 1;
      seenRankings.add(pair.source.rankingId);
      seenPrompts.add(pair.promptId);
    }
  }
  const versions = await db
    .select()
    .from(datasetVersions)
    .where(eq(datasetVersions.projectId, params.projectId))
    .orderBy(desc(datasetVersions.createdAt));
  return {
    ...summary,
    byPeople: bySource.person,
    byJudges: bySource.judge,
    byImports: bySource.import,
    rankings: seenRankings.size,
    prompts: seenPrompts.size,
    datasetVersions: versions,
  };
}

/** One pair as a line of the export; a version's content hash is the SHA-256 of these lines. */
export function pairLine(
  pair: { prompt: ChatMessage[]; stated: Conditions; chosen: { text: string }; rejected: { text: string } },
  asked: readonly ConditionName[],
): string {
  const prompt = conditioned(pair.prompt, pair.stated, asked);
  return `${JSON.stringify(toTrlRow(prompt, pair.chosen.text, pair.rejected.text))}\n`;
}

export interface FrozenPairsParams extends Required<LivePairsParams> {
  pairPolicy: PairPolicy;
  minMargin: number | null;
  conditions: ConditionName[];
}

/**
 * Freezes the current policy's live pairs as they stand in this transaction, under the SHA-256 of their export with the
 * conditions rendered. Returns null when there are none; throws where a minimum margin leaves none, or has nothing to compare.
 */
export async function freezeDataset(tx: Transaction, params: FrozenPairsParams) {
  const { projectId, pairPolicy, minMargin, conditions } = params;
  const [version] = await tx
    .insert(datasetVersions)
    .values({ projectId, contentHash: '', pairPolicy, minMargin, conditions, pairCount: 0 })
    .returning();
  if (!version) throw new Error('insert into dataset_versions returned no row');
  const hash = createHash('sha256');
  let ordinal = 0;
  const seen = { pairs: 0, withScores: 0 };
  for await (const page of closeAndFarPairs(tx, params)) {
    seen.pairs += page.length;
    seen.withScores += page.filter((pair) => pair.scoreGap !== null).length;
    const kept = page.filter((pair) => isFarEnough(pair, params));
    if (kept.length === 0) continue;
    for (const pair of kept) hash.update(pairLine(pair, conditions));
    await insertPairs(tx, version.id, ordinal, kept);
    ordinal += kept.length;
  }
  if (seen.pairs === 0) return null;
  if (minMargin !== null && seen.withScores === 0) {
    throw new AppError(
      'CONFLICT',
      'No ranking of these pairs has scores, which a minimum margin compares: let the oracle or a reward model judge, or leave it out.',
    );
  }
  if (ordinal === 0) {
    throw new AppError('CONFLICT', `All pairs are closer than the minimum margin of ${minMargin}: lower it.`);
  }
  const [frozen] = await tx
    .update(datasetVersions)
    .set({ contentHash: hash.digest('hex'), pairCount: ordinal })
    .where(eq(datasetVersions.id, version.id))
    .returning();
  return frozen ?? null;
}

/** Postgres takes 65,535 parameters a statement, and a pair needs eight. */
const pairsPerInsert = 5_000;

async function insertPairs(tx: Transaction, datasetVersionId: string, firstOrdinal: number, page: LivePair[]) {
  const rows = page.map((pair, index) => ({
    datasetVersionId,
    ordinal: firstOrdinal + index,
    promptId: pair.promptId,
    chosenResponseId: pair.chosen.id,
    rejectedResponseId: pair.rejected.id,
    margin: pair.margin,
    sourceRankingId: pair.source.rankingId,
  }));
  for (let start = 0; start < rows.length; start += pairsPerInsert) {
    await tx.insert(pairs).values(rows.slice(start, start + pairsPerInsert));
  }
}

/** How many tasks of the current policy a round could use. */
export async function countCurrentRankings(db: Queryable, params: { projectId: string; policyId: string }) {
  const [row] = await db
    .select({ count: count() })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .where(and(eq(tasks.projectId, params.projectId), eq(samplings.policyId, params.policyId), makesPairs(db)));
  return row?.count ?? 0;
}
