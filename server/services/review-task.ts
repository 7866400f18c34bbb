// One task for a reviewer: the prompt, its responses, and all that was said of them, side by side.
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { leases, rankings, reviews, tasks } from '../../db/schema/labelling.ts';
import { user } from '../../db/schema/people.ts';
import { conditioned } from '../../domain/conditional.ts';
import { agreementWithOthers, disputedPairs, placementsOf } from '../../domain/disagreement.ts';
import { scoreAgainstGold } from '../../domain/gold.ts';
import { readLabelSettings } from '../../domain/label-settings-schema.ts';
import { letterOf } from '../../domain/reviews.ts';
import type { ProjectRole } from '../../domain/roles.ts';
import { getProjectTask, isAnnotation, type ProjectTask } from './annotations.ts';
import { findGold } from './gold.ts';
import { isLiveRanking, requireProject } from './projects.ts';
import { type Task, taskResponses } from './tasks.ts';

/** Names are for the project's admins; to reviewers people are letters, in the order in which they ranked. */
export async function getReviewTask(db: Queryable, viewer: ProjectRole, params: ProjectTask) {
  const task = await getProjectTask(db, params);
  const [prompt, answers, said, skips, adjudication, gold, history, project] = await Promise.all([
    promptOf(db, task),
    taskResponses(db, task).orderBy(asc(responses.ordinal)),
    annotationsOf(db, task.id),
    skipsOf(db, task.id),
    findAdjudication(db, task.id),
    findGold(db, task.id),
    historyOf(db, task.id),
    requireProject(db, params.projectId),
  ]);
  const tiers = said.map((annotation) => annotation.tiers);
  const agreements = agreementWithOthers(tiers);
  const { criteria, reviewBelow } = readLabelSettings(project.labelling);
  return {
    taskId: task.id,
    promptId: task.promptId,
    prompt,
    agreement: task.agreement,
    reviewBelow,
    criteria,
    responses: answers.map((answer) => ({ ...answer, placements: placementsOf(tiers, answer.id) })),
    annotations: said.map(({ name, ...annotation }, index) => ({
      ...annotation,
      letter: letterOf(index),
      name: viewer === 'admin' ? name : null,
      agreement: agreements[index] ?? null,
      gold: gold ? scoreAgainstGold(annotation.tiers, gold.tiers) : null,
    })),
    skips,
    disputed: disputedPairs(
      tiers,
      answers.map(({ id }) => id),
    ),
    gold: gold ? { tiers: gold.tiers, use: gold.use, note: gold.note } : null,
    adjudication,
    history,
  };
}

/** As the policy read it: with what the sampling rendered into it. */
async function promptOf(db: Queryable, task: Task) {
  const [row] = await db
    .select({
      messages: prompts.messages,
      stated: { persona: prompts.persona, tags: prompts.tags },
      conditions: samplings.conditions,
    })
    .from(tasks)
    .innerJoin(prompts, eq(prompts.id, tasks.promptId))
    .innerJoin(samplings, eq(samplings.id, tasks.samplingId))
    .where(eq(tasks.id, task.id));
  if (!row) throw new Error(`task ${task.id} has no prompt`);
  return conditioned(row.messages, row.stated, row.conditions);
}

async function annotationsOf(db: Queryable, taskId: string) {
  return db
    .select({
      rankingId: rankings.id,
      name: user.name,
      /** An account that is gone cannot be given the task back. */
      hasAccount: sql<boolean>`${rankings.userId} is not null`,
      tiers: rankings.tiers,
      shownOrder: rankings.shownOrder,
      overall: rankings.overall,
      thumbs: rankings.thumbs,
      strength: rankings.strength,
      ratings: rankings.ratings,
      flags: rankings.flags,
      rationale: rankings.rationale,
      edit: { id: responses.id, text: responses.text, responseId: responses.editedFromId },
      durationMs: rankings.durationMs,
      createdAt: rankings.createdAt,
    })
    .from(rankings)
    .leftJoin(user, eq(user.id, rankings.userId))
    .leftJoin(responses, eq(responses.id, rankings.editedResponseId))
    .where(and(eq(rankings.taskId, taskId), isAnnotation(db)))
    .orderBy(asc(rankings.createdAt), asc(rankings.id));
}

/** Why people would not rank it. */
async function skipsOf(db: Queryable, taskId: string) {
  return db
    .select({ id: leases.id, reason: leases.skipReason, note: leases.skipNote, flags: leases.flags })
    .from(leases)
    .where(and(eq(leases.taskId, taskId), eq(leases.outcome, 'skipped')))
    .orderBy(asc(leases.closedAt));
}

/** The reviewer's last word, while it was not taken back. */
export async function findAdjudication(db: Queryable, taskId: string) {
  const [row] = await db
    .select({ rankingId: rankings.id, tiers: rankings.tiers, createdAt: rankings.createdAt })
    .from(rankings)
    .where(and(eq(rankings.taskId, taskId), eq(rankings.kind, 'adjudication'), isLiveRanking(db)))
    .orderBy(desc(rankings.createdAt))
    .limit(1);
  return row ?? null;
}

/** What reviewers decided of it before, newest first. */
async function historyOf(db: Queryable, taskId: string) {
  return db
    .select({
      id: reviews.id,
      outcome: reviews.outcome,
      note: reviews.note,
      reviewer: user.name,
      createdAt: reviews.createdAt,
    })
    .from(reviews)
    .leftJoin(user, eq(user.id, reviews.reviewerId))
    .where(eq(reviews.taskId, taskId))
    .orderBy(desc(reviews.createdAt));
}
