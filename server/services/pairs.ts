// Preference pairs. Before a round they are derived from the live rankings; a dataset version is those pairs, frozen,
// under the SHA-256 of the JSONL that its export gives.
import { createHash } from 'node:crypto';
import { and, count, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../db/client.ts';
import {
  datasetVersions,
  judges,
  pairs,
  prompts,
  rankings,
  responses,
  samplings,
  tasks,
  user,
} from '../../db/schema.ts';
import { toTrlRow } from '../../domain/formats.ts';
import { type PairPolicy, pairsFromTiers } from '../../domain/pairs.ts';
import { mixSeed } from '../../domain/random.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { isLiveRanking, requireProject } from './projects.ts';
import { rankingSource, toPage } from './prompts.ts';

export const defaultPairPolicy: PairPolicy = 'best-worst';

/** Which rankings: those of the current policy's responses (what a round trains on), or all of them. */
export type PairScope = 'current' | 'all';

export interface LivePair {
  promptId: string;
  prompt: ChatMessage[];
  chosen: { id: string; text: string };
  rejected: { id: string; text: string };
  margin: number;
  source: { kind: 'person' | 'judge'; name: string | null; rankingId: string; createdAt: Date };
}

interface LiveRanking {
  id: string;
  tiers: string[][];
  promptId: string;
  promptHash: string;
  prompt: ChatMessage[];
  createdAt: Date;
  source: { kind: 'person' | 'judge'; name: string | null };
}

/** One page of live rankings, newest first. */
async function pageOfRankings(
  db: Queryable,
  params: { projectId: string; policyId: string | null; cursor?: string | undefined; limit: number },
): Promise<{ items: LiveRanking[]; nextCursor: string | null }> {
  const rows = await db
    .select({
      id: rankings.id,
      tiers: rankings.tiers,
      promptId: prompts.id,
      promptHash: prompts.contentHash,
      prompt: prompts.messages,
      createdAt: rankings.createdAt,
      source: rankingSource,
    })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(judges, eq(judges.id, rankings.judgeId))
    .where(
      and(
        eq(tasks.projectId, params.projectId),
        params.policyId ? eq(samplings.policyId, params.policyId) : undefined,
        isLiveRanking(db),
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
      source: { ...ranking.source, rankingId: ranking.id, createdAt: ranking.createdAt },
    })),
  );
}

export interface LivePairsParams {
  projectId: string;
  pairPolicy?: PairPolicy | undefined;
  scope?: PairScope | undefined;
}

async function policyOfScope(db: Queryable, params: LivePairsParams): Promise<string | null> {
  const project = await requireProject(db, params.projectId);
  return params.scope === 'all' ? null : project.currentPolicyId;
}

/** A page of pairs with their source; `limit` and the cursor count rankings, each of which may give several pairs. */
export async function listPairs(
  db: Queryable,
  params: LivePairsParams & { cursor?: string | undefined; limit: number },
): Promise<{ items: LivePair[]; nextCursor: string | null }> {
  const policyId = await policyOfScope(db, { scope: 'all', ...params });
  const page = await pageOfRankings(db, { ...params, policyId });
  return { items: await toPairs(db, page.items, params.pairPolicy ?? defaultPairPolicy), nextCursor: page.nextCursor };
}

/** Every live pair, in pages, so that memory stays level. */
export async function* livePairs(db: Queryable, params: LivePairsParams): AsyncGenerator<LivePair[]> {
  const policyId = await policyOfScope(db, params);
  let cursor: string | undefined;
  do {
    const page = await pageOfRankings(db, { projectId: params.projectId, policyId, cursor, limit: 500 });
    yield await toPairs(db, page.items, params.pairPolicy ?? defaultPairPolicy);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

export async function summarizePairs(db: Queryable, params: LivePairsParams) {
  const summary = { pairs: 0, byPeople: 0, byJudges: 0, rankings: 0, prompts: 0 };
  const seenRankings = new Set<string>();
  const seenPrompts = new Set<string>();
  for await (const page of livePairs(db, { scope: 'all', ...params })) {
    for (const pair of page) {
      summary.pairs += 1;
      summary[pair.source.kind === 'person' ? 'byPeople' : 'byJudges'] += 1;
      seenRankings.add(pair.source.rankingId);
      seenPrompts.add(pair.promptId);
    }
  }
  const versions = await db
    .select()
    .from(datasetVersions)
    .where(eq(datasetVersions.projectId, params.projectId))
    .orderBy(desc(datasetVersions.createdAt));
  return { ...summary, rankings: seenRankings.size, prompts: seenPrompts.size, datasetVersions: versions };
}

/** One pair as a line of the export; a version's content hash is the SHA-256 of these lines. */
export function pairLine(pair: {
  prompt: ChatMessage[];
  chosen: { text: string };
  rejected: { text: string };
}): string {
  return `${JSON.stringify(toTrlRow(pair.prompt, pair.chosen.text, pair.rejected.text))}\n`;
}

/** Freezes the current policy's live pairs as they stand in this transaction. Returns null when there are none. */
export async function freezeDataset(tx: Transaction, params: Required<LivePairsParams>) {
  const [version] = await tx
    .insert(datasetVersions)
    .values({ projectId: params.projectId, contentHash: '', pairPolicy: params.pairPolicy, pairCount: 0 })
    .returning();
  if (!version) throw new Error('insert into dataset_versions returned no row');
  const hash = createHash('sha256');
  let ordinal = 0;
  for await (const page of livePairs(tx, params)) {
    if (page.length === 0) continue;
    for (const pair of page) hash.update(pairLine(pair));
    await insertPairs(tx, version.id, ordinal, page);
    ordinal += page.length;
  }
  if (ordinal === 0) return null;
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
    .where(and(eq(tasks.projectId, params.projectId), eq(samplings.policyId, params.policyId), isLiveRanking(db)));
  return row?.count ?? 0;
}
