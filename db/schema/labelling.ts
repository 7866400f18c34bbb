// Ranking: tasks, who holds them, and what people and judges said of them. Rankings are facts: a change is a
// retraction beside the old one and a new one; only the status of a task or a lease changes.
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { type Flag, overallVerdicts, type Ratings, skipReasons, type Thumbs } from '../../domain/annotation.ts';
import type { Strength } from '../../domain/label-settings.ts';
import { createdAt, id, instant } from './columns.ts';
import { batches, prompts, responses, samplings } from './data.ts';
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
    /** Of what came in together; null where it was sampled from the project's own prompts. */
    batchId: uuid('batch_id').references(() => batches.id, { onDelete: 'set null' }),
    /** As the prompt's, when the task was opened or since. */
    priority: integer('priority').notNull().default(0),
    language: text('language'),
    qualifications: text('qualifications').array().notNull().default([]),
    /** How many people rank it. */
    overlap: integer('overlap').notNull().default(1),
    /** People who have ranked it or hold it: its live annotations and open leases. Never above `overlap`. */
    covered: integer('covered').notNull().default(0),
    isPaused: boolean('is_paused').notNull().default(false),
    isGold: boolean('is_gold').notNull().default(false),
    /** When what was opened together was opened. */
    openedAt: instant('opened_at').notNull().defaultNow(),
    /** A place on a circle, at random: each person goes round it from a place of their own. */
    position: integer('position').notNull().default(sql`floor(random() * 2147483647)::integer`),
    /** The mean pairwise agreement of its live annotations; null with fewer than two. */
    agreement: doublePrecision('agreement'),
    /** `skipped`: nobody is left who could rank it. */
    status: text('status', { enum: ['open', 'ranked', 'skipped'] })
      .notNull()
      .default('open'),
    createdAt: createdAt(),
  },
  (t) => [
    unique().on(t.samplingId, t.promptId),
    index().on(t.projectId, t.status, t.createdAt, t.id),
    index().on(t.promptId),
    index().on(t.batchId),
    // In the order in which tasks are given out.
    index('tasks_to_give')
      .on(t.projectId, t.priority.desc(), t.openedAt, t.covered, t.position)
      .where(sql`${t.status} = 'open' and ${t.covered} < ${t.overlap} and not ${t.isPaused} and not ${t.isGold}`),
    index('tasks_gold').on(t.projectId).where(sql`${t.isGold}`),
    index('tasks_by_agreement').on(t.projectId, t.agreement).where(sql`${t.agreement} is not null`),
  ],
);

/** A person holds a task for a while, or until they have ranked it where an admin gave it to them. */
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
    /** The admin who gave it to this person; such a lease does not run out. */
    assignedBy: uuid('assigned_by').references(() => user.id, { onDelete: 'set null' }),
    /** Why a reviewer gave it back. */
    note: text('note'),
    closedAt: instant('closed_at'),
    outcome: text('outcome', { enum: ['submitted', 'skipped', 'expired', 'released', 'withdrawn'] }),
    skipReason: text('skip_reason', { enum: skipReasons }),
    /** What the person added to the reason, and what they flagged. */
    skipNote: text('skip_note'),
    flags: jsonb('flags').$type<Flag[]>().notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('leases_one_open_per_person').on(t.taskId, t.userId).where(sql`${t.closedAt} is null`),
    index('leases_open_by_user').on(t.userId).where(sql`${t.closedAt} is null`),
    index('leases_open_by_end').on(t.expiresAt).where(sql`${t.closedAt} is null`),
    index('leases_by_task').on(t.taskId, t.userId),
    index('leases_by_user').on(t.userId, t.closedAt),
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
    /** Active time: how long the person had the task before them and was at it. */
    durationMs: integer('duration_ms'),
    /** An adjudication is a reviewer's last word: it stands for all annotations of its task. */
    kind: text('kind', { enum: ['annotation', 'adjudication'] })
      .notNull()
      .default('annotation'),
    overall: text('overall', { enum: overallVerdicts }),
    thumbs: jsonb('thumbs').$type<Thumbs>(),
    strength: integer('strength').$type<Strength>(),
    ratings: jsonb('ratings').$type<Ratings>().notNull().default({}),
    flags: jsonb('flags').$type<Flag[]>().notNull().default([]),
    rationale: text('rationale'),
    editedResponseId: uuid('edited_response_id').references(() => responses.id),
    guidelineId: uuid('guideline_id').references((): AnyPgColumn => guidelines.id, { onDelete: 'set null' }),
    /** It came with imported data. */
    batchId: uuid('batch_id').references(() => batches.id, { onDelete: 'cascade' }),
    /** The retracted ranking that this one changed. */
    replacesId: uuid('replaces_id').references((): AnyPgColumn => rankings.id, { onDelete: 'set null' }),
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
  /** Why an admin took it back; null where its author did. */
  reason: text('reason'),
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

/** What annotators are asked to do, in Markdown; a change is a new version, which they read again. */
export const guidelines = pgTable(
  'guidelines',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    text: text('text').notNull(),
    createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [unique().on(t.projectId, t.version)],
);

export const guidelineReads = pgTable(
  'guideline_reads',
  {
    guidelineId: uuid('guideline_id')
      .notNull()
      .references(() => guidelines.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.guidelineId, t.userId] })],
);

/** Tasks whose right ranking is known. They make no pairs, and as many people rank them as there are. */
export const goldTasks = pgTable('gold_tasks', {
  taskId: uuid('task_id')
    .primaryKey()
    .references(() => tasks.id, { onDelete: 'cascade' }),
  tiers: jsonb('tiers').$type<string[][]>().notNull(),
  use: text('use', { enum: ['onboarding', 'silent'] }).notNull(),
  /** Why it is right: what a newcomer reads after their answer. */
  note: text('note').notNull().default(''),
  createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
  createdAt: createdAt(),
});

/** What reviewers decided of tasks on which people disagree. */
export const reviews = pgTable(
  'reviews',
  {
    id: id(),
    taskId: uuid('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    reviewerId: uuid('reviewer_id').references(() => user.id, { onDelete: 'set null' }),
    outcome: text('outcome', { enum: ['accepted', 'adjudicated', 'returned'] }).notNull(),
    /** The adjudication, or the ranking that went back. */
    rankingId: uuid('ranking_id').references(() => rankings.id, { onDelete: 'set null' }),
    note: text('note').notNull().default(''),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.taskId, t.createdAt)],
);
