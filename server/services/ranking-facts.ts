// The rankings of a project as the quality reports look at them. Some thousand tasks at a time: memory holds small facts,
// never texts, and the process answers others in between. 100,000 rankings take about five seconds of one core.
import { setImmediate as breathe } from 'node:timers/promises';
import { and, eq, gte, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Queryable } from '../../db/client.ts';
import { responses } from '../../db/schema/data.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import {
  addVerdicts,
  compareRankings,
  kendallTauB,
  noVerdicts,
  type PairVerdicts,
  placesOf,
} from '../../domain/agreement.ts';
import { addRankings, type Coincidences, noCoincidences } from '../../domain/alpha.ts';
import type { RankingFacts } from '../../domain/annotator-report.ts';
import { type GoldUse, goldAccuracy, scoreAgainstGold } from '../../domain/gold.ts';
import { groupBy } from '../../domain/group-by.ts';
import { isTooFastForSize, readingWords } from '../../domain/reading-time.ts';
import { isAnnotation } from './annotations.ts';

export interface Span {
  since?: Date | undefined;
  until?: Date | undefined;
}

export interface StoredFacts extends RankingFacts {
  taskId: string;
  createdAt: Date;
  goldUse: GoldUse | null;
  goldAccuracy: number | null;
}

export interface PersonFacts {
  rankings: StoredFacts[];
  /** By the other person's id. */
  withPeers: Map<string, PairVerdicts>;
}

/** How far people agree over the tasks that two or more of them ranked. */
export interface Together {
  tasks: number;
  verdicts: PairVerdicts;
  /** Over every two rankings of a task that do not tie everything. */
  tauB: { sum: number; n: number };
  coincidences: Coincidences;
}

export interface ProjectFacts {
  people: Map<string, PersonFacts>;
  together: Together;
}

const tasksPerPage = 5_000;
/** After so many tasks the process sees to others: a person who ranks must not wait for a report. */
const tasksPerBreath = 200;

const isInSpan = (column: typeof rankings.createdAt, { since, until }: Span): SQL | undefined =>
  and(since ? gte(column, since) : undefined, until ? lt(column, until) : undefined);

/** The facts of rankings made in the span, by everyone or one person; they are compared with others' of any time. */
export async function collectFacts(
  db: Queryable,
  params: Span & { projectId: string; userId?: string | undefined; readingSpeed: number | null },
): Promise<ProjectFacts> {
  const facts: ProjectFacts = {
    people: new Map(),
    together: { tasks: 0, verdicts: noVerdicts, tauB: { sum: 0, n: 0 }, coincidences: noCoincidences() },
  };
  const wanted = await db
    .selectDistinct({ id: rankings.taskId })
    .from(rankings)
    .innerJoin(tasks, eq(tasks.id, rankings.taskId))
    .where(
      and(
        eq(tasks.projectId, params.projectId),
        params.userId ? eq(rankings.userId, params.userId) : isNotNull(rankings.userId),
        isAnnotation(db),
        isInSpan(rankings.createdAt, params),
      ),
    );
  for (let start = 0; start < wanted.length; start += tasksPerPage) {
    const ids = wanted.slice(start, start + tasksPerPage).map(({ id }) => id);
    await addPage(db, facts, ids, params);
  }
  return facts;
}

type Wanted = Span & { userId?: string | undefined; readingSpeed: number | null };

/** One parameter, whatever the number of ids: thousands of them take Postgres longer to parse than to look up. */
const isAnyOf = (column: AnyPgColumn, ids: string[]) => sql`${column} = any(${sql.param(ids)}::uuid[])`;

async function addPage(db: Queryable, facts: ProjectFacts, taskIds: string[], wanted: Wanted): Promise<void> {
  const [said, answers, gold] = await Promise.all([
    rankingsOf(db, taskIds),
    responseSizes(db, taskIds),
    db.select().from(goldTasks).where(isAnyOf(goldTasks.taskId, taskIds)),
  ]);
  const goldOf = new Map(gold.map((row) => [row.taskId, row]));
  const answersOf = groupBy(answers, ({ taskId }) => taskId);
  const doubtful: { fact: StoredFacts; durationMs: number }[] = [];
  let seen = 0;
  for (const [taskId, onTask] of groupBy(said, (ranking) => ranking.taskId)) {
    if (++seen % tasksPerBreath === 0) await breathe();
    const verdicts = compareAll(onTask, facts.together);
    const known = answersOf.get(taskId) ?? [];
    for (const ranking of onTask) {
      if (!isWanted(ranking, wanted)) continue;
      const fact = toFacts(ranking, known, goldOf.get(taskId) ?? null, wanted.readingSpeed);
      const person: PersonFacts = facts.people.get(ranking.userId) ?? { rankings: [], withPeers: new Map() };
      for (const [other, verdict] of verdicts.get(ranking.id) ?? []) {
        fact.withOthers = addVerdicts(fact.withOthers, verdict);
        const peer = other.userId;
        if (peer) person.withPeers.set(peer, addVerdicts(person.withPeers.get(peer) ?? noVerdicts, verdict));
      }
      if (fact.isTooFast === null && fact.durationMs !== null) doubtful.push({ fact, durationMs: fact.durationMs });
      person.rankings.push(fact);
      facts.people.set(ranking.userId, person);
    }
  }
  if (wanted.readingSpeed !== null) await countDoubtful(db, doubtful, wanted.readingSpeed);
}

/** All the time that the person spent on the task: what was undone or revised was time spent, too. */
const activeTime = sql<number | null>`(select least(sum(spent.duration_ms), 2147483647)::int from rankings spent
  where spent.task_id = ${rankings}.task_id and spent.user_id = ${rankings}.user_id and spent.kind = 'annotation')`;

async function rankingsOf(db: Queryable, taskIds: string[]) {
  return db
    .select({
      id: rankings.id,
      taskId: rankings.taskId,
      userId: rankings.userId,
      tiers: rankings.tiers,
      shownOrder: rankings.shownOrder,
      durationMs: activeTime,
      createdAt: rankings.createdAt,
    })
    .from(rankings)
    .where(and(isAnyOf(rankings.taskId, taskIds), isAnnotation(db)));
}
type Said = Awaited<ReturnType<typeof rankingsOf>>[number];

/** Sizes in bytes: Postgres knows them without reading the texts. */
async function responseSizes(db: Queryable, taskIds: string[]) {
  return db
    .select({
      taskId: tasks.id,
      id: responses.id,
      ordinal: responses.ordinal,
      bytes: sql<number>`octet_length(${responses.text})`,
    })
    .from(tasks)
    .innerJoin(responses, and(eq(responses.samplingId, tasks.samplingId), eq(responses.promptId, tasks.promptId)))
    .where(and(isAnyOf(tasks.id, taskIds), isNull(responses.editedFromId)));
}
type Answer = Awaited<ReturnType<typeof responseSizes>>[number];

/** Each two rankings of a task once, for both and for all together. */
function compareAll(onTask: Said[], together: Together): Map<string, [Said, PairVerdicts][]> {
  const verdicts = new Map<string, [Said, PairVerdicts][]>(onTask.map(({ id }) => [id, []]));
  for (const [index, one] of onTask.entries()) {
    for (const other of onTask.slice(index + 1)) {
      const verdict = compareRankings(one.tiers, other.tiers);
      together.verdicts = addVerdicts(together.verdicts, verdict);
      const { value } = kendallTauB(one.tiers, other.tiers);
      if (value !== null) {
        together.tauB.sum += value;
        together.tauB.n += 1;
      }
      verdicts.get(one.id)?.push([other, verdict]);
      verdicts.get(other.id)?.push([one, verdict]);
    }
  }
  if (onTask.length > 1) {
    together.tasks += 1;
    addRankings(
      together.coincidences,
      onTask.map(({ tiers }) => tiers),
    );
  }
  return verdicts;
}

function isWanted(ranking: Said, { userId, since, until }: Wanted): ranking is Said & { userId: string } {
  if (ranking.userId === null || (userId && ranking.userId !== userId)) return false;
  return (!since || ranking.createdAt >= since) && (!until || ranking.createdAt < until);
}

function toFacts(
  { id, taskId, tiers, shownOrder, durationMs, createdAt }: Said,
  answers: Answer[],
  gold: typeof goldTasks.$inferSelect | null,
  readingSpeed: number | null,
): StoredFacts {
  const byOrdinal = new Map(answers.map((answer) => [answer.ordinal, answer]));
  const places = placesOf(tiers);
  const shown = shownOrder.map((ordinal) => {
    const answer = byOrdinal.get(ordinal);
    const place = answer && places.get(answer.id);
    if (!answer || place === undefined)
      throw new Error(`ranking ${id} shows response ${ordinal}, which it does not rank`);
    return { place, bytes: answer.bytes };
  });
  const bytes = shown.reduce((sum, answer) => sum + answer.bytes, 0);
  const score = gold ? scoreAgainstGold(tiers, gold.tiers).score : null;
  return {
    taskId,
    createdAt,
    places: shown.map(({ place }) => place),
    lengths: shown.map((answer) => answer.bytes),
    durationMs,
    isTooFast: readingSpeed === null || durationMs === null ? null : isTooFastForSize(durationMs, bytes, readingSpeed),
    withOthers: noVerdicts,
    gold: score,
    goldUse: gold?.use ?? null,
    goldAccuracy: score ? goldAccuracy(score) : null,
  };
}

/** Where a text's size does not say whether it can have been read, its words do. */
async function countDoubtful(
  db: Queryable,
  doubtful: { fact: StoredFacts; durationMs: number }[],
  readingSpeed: number,
): Promise<void> {
  if (doubtful.length === 0) return;
  const rows = await db
    .select({ taskId: tasks.id, text: responses.text })
    .from(tasks)
    .innerJoin(responses, and(eq(responses.samplingId, tasks.samplingId), eq(responses.promptId, tasks.promptId)))
    .where(
      and(
        isAnyOf(
          tasks.id,
          doubtful.map(({ fact }) => fact.taskId),
        ),
        isNull(responses.editedFromId),
      ),
    );
  const words = new Map<string, number>();
  for (const { taskId, text } of rows) words.set(taskId, (words.get(taskId) ?? 0) + readingWords(text));
  for (const { fact, durationMs } of doubtful) {
    fact.isTooFast = durationMs < ((words.get(fact.taskId) ?? 0) / readingSpeed) * 60_000;
  }
}
