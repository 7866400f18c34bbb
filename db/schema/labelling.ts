// Ranking: tasks, who holds them, and what people and judges said of them. Rankings are facts: a change is a
// retraction beside the old one and a new one; only the status of a task or a lease changes.
import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';
import { prompts, samplings } from './data.ts';
import { user } from './people.ts';
import { judges, projects } from './project.ts';

/** Something to rank: a prompt whose n responses of a `label` sampling are complete. */
export const tasks = pgTable(
  'tasks',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    promptId: uuid('prompt_id')
      .notNull()
      .references(() => prompts.id, { onDelete: 'cascade' }),
    samplingId: uuid('sampling_id')
      .notNull()
      .references(() => samplings.id, { onDelete: 'cascade' }),
    /** `skipped`: everyone who could rank it has skipped it. */
    status: text('status', { enum: ['open', 'ranked', 'skipped'] })
      .notNull()
      .default('open'),
    createdAt: createdAt(),
  },
  (t) => [
    unique().on(t.samplingId, t.promptId),
    index().on(t.projectId, t.status, t.createdAt, t.id),
    index().on(t.promptId),
  ],
);

/** One person holds one task for a while. The partial index makes two open leases of a task impossible. */
export const leases = pgTable(
  'leases',
  {
    id: id(),
    taskId: uuid('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    /** The responses' ordinals in the order in which this person saw them. */
    shownOrder: integer('shown_order').array().notNull(),
    expiresAt: instant('expires_at').notNull(),
    closedAt: instant('closed_at'),
    outcome: text('outcome', { enum: ['submitted', 'skipped', 'expired', 'released'] }),
    skipReason: text('skip_reason'),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('leases_one_open_per_task').on(t.taskId).where(sql`${t.closedAt} is null`),
    index('leases_open_by_user').on(t.userId).where(sql`${t.closedAt} is null`),
    index('leases_by_task').on(t.taskId),
  ],
);

export const rankings = pgTable(
  'rankings',
  {
    id: id(),
    taskId: uuid('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    userId: uuid('user_id').references(() => user.id, { onDelete: 'set null' }),
    judgeId: uuid('judge_id').references(() => judges.id),
    /** Response ids, best tier first; responses of one tier are tied. */
    tiers: jsonb('tiers').$type<string[][]>().notNull(),
    shownOrder: integer('shown_order').array().notNull(),
    submissionId: uuid('submission_id').notNull().unique(),
    durationMs: integer('duration_ms'),
    verdict: text('verdict'),
    /** By response id, from a judge that gives numbers (higher is better); null from all others. */
    scores: jsonb('scores').$type<Record<string, number>>(),
    createdAt: createdAt(),
  },
  (t) => [
    index().on(t.taskId),
    index().on(t.userId, t.createdAt),
    index().on(t.createdAt, t.id),
    check('rankings_one_author', sql`not (${t.userId} is not null and ${t.judgeId} is not null)`),
  ],
);

/** An undone ranking stays, with its retraction beside it. */
export const rankingRetractions = pgTable('ranking_retractions', {
  rankingId: uuid('ranking_id')
    .primaryKey()
    .references(() => rankings.id, { onDelete: 'cascade' }),
  userId: uuid('user_id').references(() => user.id, { onDelete: 'set null' }),
  createdAt: createdAt(),
});

/** Every call of a judge, the unparseable ones (tiers null) too. */
export const judgements = pgTable(
  'judgements',
  {
    id: id(),
    taskId: uuid('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    judgeId: uuid('judge_id')
      .notNull()
      .references(() => judges.id),
    shownOrder: integer('shown_order').array().notNull(),
    verdict: text('verdict').notNull(),
    tiers: jsonb('tiers').$type<string[][]>(),
    scores: jsonb('scores').$type<Record<string, number>>(),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.taskId)],
);
