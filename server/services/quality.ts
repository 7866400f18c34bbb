// The quality reports: how each person of a project ranks, for its admins; under a number instead of a name for its
// reviewers; and for a person about themselves, with no more than the project lets them know.
import { setImmediate as breathe } from 'node:timers/promises';
import { and, asc, count, eq, gte, inArray, lt } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { leases, tasks } from '../../db/schema/labelling.ts';
import { members } from '../../db/schema/members.ts';
import { user } from '../../db/schema/people.ts';
import {
  addVerdicts,
  agreementOf,
  alphaOfRankings,
  compareRankings,
  kendallTauB,
  noVerdicts,
} from '../../domain/agreement.ts';
import { type AnnotatorReport, annotatorReport, type Figure, neededFor } from '../../domain/annotator-report.ts';
import { groupBy } from '../../domain/group-by.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import type { Tiers } from '../../domain/ranking.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import { getOnboarding } from './onboarding-admin.ts';
import { requireProject } from './projects.ts';
import { collectFacts, type PersonFacts, type Span, type StoredFacts } from './ranking-facts.ts';

export type SpanParams = Span & { projectId: string };

/** A person as the one who looks may know them: reviewers see a number, the same on every page and for every span. */
export interface KnownPerson {
  userId: string;
  number: number;
  name: string | null;
  /** Null: no member, such as an admin of the installation. */
  role: ProjectRole | null;
}

export interface PersonReport extends KnownPerson {
  report: AnnotatorReport;
}

const noFacts: PersonFacts = { rankings: [], withPeers: new Map() };

export async function qualityOverview(db: Queryable, viewer: ProjectRole, params: SpanParams) {
  const { readingSpeed } = await readSettings(db, params.projectId);
  const [facts, skips] = await Promise.all([collectFacts(db, { ...params, readingSpeed }), countSkips(db, params)]);
  const people = await knownPeople(db, viewer, params.projectId, [...facts.people.keys(), ...skips.keys()]);
  const reports: PersonReport[] = [];
  for (const person of people) {
    const { rankings } = facts.people.get(person.userId) ?? noFacts;
    reports.push({ ...person, report: annotatorReport(rankings, skips.get(person.userId)) });
    await breathe();
  }
  return { people: reports, together: together(facts.shared) };
}

async function readSettings(db: Queryable, projectId: string) {
  return readLabelSettings((await requireProject(db, projectId)).labelling);
}

/** Skips by person and reason; '' is none given. */
async function countSkips(db: Queryable, params: SpanParams & { userId?: string | undefined }) {
  const rows = await db
    .select({ userId: leases.userId, reason: leases.skipReason, count: count() })
    .from(leases)
    .innerJoin(tasks, eq(tasks.id, leases.taskId))
    .where(
      and(
        eq(tasks.projectId, params.projectId),
        eq(leases.outcome, 'skipped'),
        params.userId ? eq(leases.userId, params.userId) : undefined,
        params.since ? gte(leases.closedAt, params.since) : undefined,
        params.until ? lt(leases.closedAt, params.until) : undefined,
      ),
    )
    .groupBy(leases.userId, leases.skipReason);
  const byPerson = groupBy(rows, ({ userId }) => userId);
  return new Map(
    [...byPerson].map(([userId, reasons]) => [
      userId,
      Object.fromEntries(reasons.map(({ reason, count: times }) => [reason ?? '', times])),
    ]),
  );
}

/** All members, and whoever else has ranked or skipped. Numbers follow the order in which people came. */
async function knownPeople(
  db: Queryable,
  viewer: ProjectRole,
  projectId: string,
  active: string[],
): Promise<KnownPerson[]> {
  const columns = { userId: user.id, name: user.name };
  const joined = await db
    .select({ ...columns, role: members.role })
    .from(members)
    .innerJoin(user, eq(user.id, members.userId))
    .where(eq(members.projectId, projectId))
    .orderBy(asc(members.createdAt), asc(members.userId));
  const others = [...new Set(active)].filter((id) => joined.every(({ userId }) => userId !== id));
  const guests =
    others.length === 0
      ? []
      : await db.select(columns).from(user).where(inArray(user.id, others)).orderBy(asc(user.createdAt), asc(user.id));
  return [...joined, ...guests.map((guest) => ({ ...guest, role: null }))].map(({ name, ...person }, index) => ({
    ...person,
    number: index + 1,
    name: viewer === 'admin' ? name : null,
  }));
}

/** How far the people of a project agree with one another, over the tasks that two or more of them ranked. */
function together(shared: Tiers<string>[][]) {
  let verdicts = noVerdicts;
  let [tau, taus] = [0, 0];
  for (const rankings of shared) {
    for (const [index, one] of rankings.entries()) {
      for (const other of rankings.slice(index + 1)) {
        verdicts = addVerdicts(verdicts, compareRankings(one, other));
        const { value } = kendallTauB(one, other);
        if (value === null) continue;
        tau += value;
        taus += 1;
      }
    }
  }
  const { pairs } = verdicts;
  return {
    tasks: shared.length,
    agreement: {
      n: pairs,
      needed: neededFor.agreement,
      value: pairs >= neededFor.agreement ? agreementOf(verdicts) : null,
    },
    /** The mean over every two rankings of a task that do not tie everything. */
    tauB: { n: taus, needed: neededFor.tiesAll, value: taus >= neededFor.tiesAll ? tau / taus : null },
    alpha: alphaOfRankings(shared),
  } satisfies { agreement: Figure; tauB: Figure; [other: string]: unknown };
}

/** One person at length: the figures, their course over days, and how they agree with each other person. */
export async function personQuality(db: Queryable, viewer: ProjectRole, params: SpanParams & { userId: string }) {
  const { readingSpeed } = await readSettings(db, params.projectId);
  const [facts, skips] = await Promise.all([collectFacts(db, { ...params, readingSpeed }), countSkips(db, params)]);
  const mine = facts.people.get(params.userId) ?? noFacts;
  const people = await knownPeople(db, viewer, params.projectId, [params.userId, ...mine.withPeers.keys()]);
  const person = people.find(({ userId }) => userId === params.userId) ?? null;
  return {
    person,
    report: annotatorReport(mine.rankings, skips.get(params.userId)),
    ...courseOf(mine.rankings),
    peers: people.flatMap((peer) => {
      const verdicts = mine.withPeers.get(peer.userId);
      if (!verdicts) return [];
      const value = verdicts.pairs >= neededFor.agreement ? agreementOf(verdicts) : null;
      return [{ ...peer, agreement: { n: verdicts.pairs, needed: neededFor.agreement, value } }];
    }),
    /** The gold tasks that they answered, worst first. */
    gold: mine.rankings
      .flatMap(({ taskId, goldUse, goldAccuracy, gold }) =>
        goldUse && goldAccuracy !== null && gold ? [{ taskId, use: goldUse, accuracy: goldAccuracy, score: gold }] : [],
      )
      .sort((one, other) => one.accuracy - other.accuracy),
  };
}

/** What a person may know of themselves: time and counts, onboarding, and the rest where the project says so. */
export async function ownQuality(db: Queryable, actor: { id: string }, params: SpanParams) {
  const { readingSpeed, showsOwnReport } = await readSettings(db, params.projectId);
  const mine = { ...params, userId: actor.id };
  const [facts, skips, onboarding] = await Promise.all([
    collectFacts(db, { ...mine, readingSpeed }),
    countSkips(db, mine),
    getOnboarding(db, actor, params),
  ]);
  const rankings = facts.people.get(actor.id)?.rankings ?? [];
  const report = annotatorReport(rankings, skips.get(actor.id));
  const { rankings: total, time, skips: skipped, skipReasons, ...rest } = report;
  return {
    rankings: total,
    time,
    skips: skipped,
    skipReasons,
    onboarding,
    /** Silent gold shows in these, so that they are the project's to give. */
    rest: showsOwnReport ? rest : null,
    ...courseOf(rankings),
  };
}

/** Upper ends of the classes of active time, in seconds; the last is open. */
const timeClasses = [5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600];

/** Rankings by day (UTC), with the day's median time; and by class of active time. */
function courseOf(rankings: StoredFacts[]) {
  const byDay = groupBy(rankings, ({ createdAt }) => createdAt.toISOString().slice(0, 10));
  const days = [...byDay]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([day, of]) => ({ day, count: of.length }));
  const times = rankings.flatMap(({ durationMs }) => durationMs ?? []);
  const classes = [...timeClasses, null].map((below, index) => {
    const from = timeClasses[index - 1] ?? 0;
    const isIn = (ms: number) => ms >= from * 1000 && (below === null || ms < below * 1000);
    return { from, below, count: times.filter(isIn).length };
  });
  return { days, times: classes };
}
