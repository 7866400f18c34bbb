// A project and what it is made of that points at one another: policies, backends, judges, dataset versions, rounds.
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { LabelSettingsInput } from '../../domain/label-settings-schema.ts';
import { roundStatuses } from '../../domain/rounds.ts';
import type { SamplingConfig, TrainConfig } from '../../engine/config.ts';
import { conditions, createdAt, id, instant } from './columns.ts';
import { user } from './people.ts';

export const projects = pgTable('projects', {
  id: id(),
  name: text('name').notNull(),
  slug: text('slug').notNull().unique(),
  kind: text('kind', { enum: ['demo', 'custom'] }).notNull(),
  responsesPerPrompt: integer('responses_per_prompt').notNull(),
  sampling: jsonb('sampling').$type<SamplingConfig>().notNull(),
  sftPolicyId: uuid('sft_policy_id').references((): AnyPgColumn => policies.id),
  currentPolicyId: uuid('current_policy_id').references((): AnyPgColumn => policies.id),
  /** How people rank here; `readLabelSettings` reads it. */
  labelling: jsonb('labelling').$type<LabelSettingsInput>().notNull().default({}),
  /** How many people rank each task. A task keeps the number that it was opened with, or was given since. */
  overlap: integer('overlap').notNull().default(1),
  /** Nobody is given a task while it is set. */
  isPaused: boolean('is_paused').notNull().default(false),
  /** From then on nobody changes a ranking of theirs. */
  rankingsClosedAt: instant('rankings_closed_at'),
  createdAt: createdAt(),
});

/** A server elsewhere that speaks OpenAI's API, and the model there: sampled from, never trained. */
export const backends = pgTable(
  'backends',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    baseUrl: text('base_url').notNull(),
    model: text('model').notNull(),
    apiKeyEncrypted: text('api_key_encrypted'),
    /** A removed backend keeps its row: its policy's responses name it. */
    removedAt: instant('removed_at'),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.projectId)],
);

/**
 * A base model with an optional adapter, or a model of a backend; `parent_id` is what it was trained from. Neither: the
 * texts came with imported data.
 */
export const policies = pgTable(
  'policies',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references((): AnyPgColumn => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Absolute, or relative to the project's root. */
    modelDir: text('model_dir'),
    backendId: uuid('backend_id').references(() => backends.id),
    /** Key of the adapter's folder in the artifact store; null = the bare model. */
    adapterKey: text('adapter_key'),
    parentId: uuid('parent_id').references((): AnyPgColumn => policies.id),
    roundId: uuid('round_id').references((): AnyPgColumn => rounds.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [
    index().on(t.projectId),
    uniqueIndex('policies_one_per_round').on(t.roundId),
    check('policies_one_home', sql`num_nonnulls(${t.modelDir}, ${t.backendId}) <= 1`),
  ],
);

export const judges = pgTable(
  'judges',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['oracle', 'random', 'local', 'openai', 'reward'] }).notNull(),
    name: text('name').notNull(),
    baseUrl: text('base_url'),
    model: text('model'),
    /** A reward model as it was when the judge was added: its key in the artifact store, and its base, named as policies do. */
    adapterKey: text('adapter_key'),
    baseModelDir: text('base_model_dir'),
    apiKeyEncrypted: text('api_key_encrypted'),
    /** A removed judge keeps its row: rankings and evaluations name it. */
    removedAt: instant('removed_at'),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.projectId)],
);

/** Frozen pairs. `content_hash` is the SHA-256 of the version's exported JSONL. */
export const datasetVersions = pgTable('dataset_versions', {
  id: id(),
  projectId: uuid('project_id')
    .notNull()
    .references(() => projects.id, { onDelete: 'cascade' }),
  contentHash: text('content_hash').notNull(),
  pairPolicy: text('pair_policy').notNull(),
  /** Pairs whose scores differ by less were left out; null left out none. */
  minMargin: doublePrecision('min_margin'),
  conditions: conditions(),
  pairCount: integer('pair_count').notNull(),
  createdAt: createdAt(),
});

export const rounds = pgTable(
  'rounds',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    status: text('status', { enum: roundStatuses }).notNull().default('queued'),
    initPolicyId: uuid('init_policy_id').notNull(),
    referencePolicyId: uuid('reference_policy_id').notNull(),
    policyId: uuid('policy_id'),
    datasetVersionId: uuid('dataset_version_id')
      .notNull()
      .references(() => datasetVersions.id),
    judgeId: uuid('judge_id')
      .notNull()
      .references(() => judges.id),
    config: jsonb('config').$type<TrainConfig>().notNull(),
    createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    decidedAt: instant('decided_at'),
    decidedBy: uuid('decided_by').references(() => user.id, { onDelete: 'set null' }),
    decisionNote: text('decision_note'),
    error: text('error'),
  },
  (t) => [
    unique().on(t.projectId, t.number),
    // Policies point back at rounds, so these keys are named here, outside the columns' own types.
    foreignKey({ columns: [t.initPolicyId], foreignColumns: [policies.id] }),
    foreignKey({ columns: [t.referencePolicyId], foreignColumns: [policies.id] }),
    foreignKey({ columns: [t.policyId], foreignColumns: [policies.id] }),
    uniqueIndex('rounds_one_active_per_project')
      .on(t.projectId)
      .where(sql`${t.status} in ('queued', 'training', 'evaluating')`),
  ],
);
