// What training takes and gives: frozen pairs, metrics, warnings, evaluations, models and their fine-tuning.
import { sql } from 'drizzle-orm';
import {
  bigint,
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
import { type ModelFacts, modelStatuses } from '../../domain/models.ts';
import { type SftOutcome, sftStatuses } from '../../domain/sft.ts';
import type { SftConfig } from '../../engine/config.ts';
import { type TrainingWarning, warningKinds } from '../../engine/ports.ts';
import { createdAt, id, instant } from './columns.ts';
import { prompts, responses } from './data.ts';
import { rankings } from './labelling.ts';
import { user } from './people.ts';
import { datasetVersions, judges, policies, rounds } from './project.ts';

export const pairs = pgTable(
  'pairs',
  {
    id: id(),
    datasetVersionId: uuid('dataset_version_id')
      .notNull()
      .references(() => datasetVersions.id, { onDelete: 'cascade' }),
    /** Place in the version: the order of export and of training. */
    ordinal: integer('ordinal').notNull(),
    promptId: uuid('prompt_id')
      .notNull()
      .references(() => prompts.id, { onDelete: 'cascade' }),
    chosenResponseId: uuid('chosen_response_id')
      .notNull()
      .references(() => responses.id),
    rejectedResponseId: uuid('rejected_response_id')
      .notNull()
      .references(() => responses.id),
    margin: doublePrecision('margin').notNull(),
    weight: doublePrecision('weight').notNull().default(1),
    criterion: text('criterion').notNull().default('overall'),
    sourceRankingId: uuid('source_ranking_id')
      .notNull()
      .references(() => rankings.id),
  },
  (t) => [unique().on(t.datasetVersionId, t.ordinal)],
);

/** A logged step of a training. */
const trainingMetric = () => ({
  step: integer('step').notNull(),
  maxSteps: integer('max_steps').notNull(),
  epoch: doublePrecision('epoch').notNull(),
  /** TRL's names: loss, rewards/accuracies, rewards/margins, ... */
  values: jsonb('values').$type<Record<string, number>>().notNull(),
  fence: bigint('fence', { mode: 'number' }).notNull(),
  createdAt: createdAt(),
});

export const roundMetrics = pgTable(
  'round_metrics',
  {
    roundId: uuid('round_id')
      .notNull()
      .references(() => rounds.id, { onDelete: 'cascade' }),
    ...trainingMetric(),
  },
  (t) => [primaryKey({ columns: [t.roundId, t.step] })],
);

/** What the diagnostics of a training found; each kind once, as it was first told. */
const trainingWarning = () => ({
  kind: text('kind', { enum: warningKinds }).notNull(),
  step: integer('step').notNull(),
  /** In English, as the command line prints it; pages say it in their own words from the figures. */
  message: text('message').notNull(),
  remedy: text('remedy').notNull(),
  figures: jsonb('figures').$type<Record<string, number>>().notNull(),
  examples: jsonb('examples').$type<NonNullable<TrainingWarning['examples']>>().notNull(),
  createdAt: createdAt(),
});

export const roundWarnings = pgTable(
  'round_warnings',
  {
    roundId: uuid('round_id')
      .notNull()
      .references(() => rounds.id, { onDelete: 'cascade' }),
    ...trainingWarning(),
  },
  (t) => [primaryKey({ columns: [t.roundId, t.kind] })],
);

export const evaluations = pgTable(
  'evaluations',
  {
    id: id(),
    roundId: uuid('round_id')
      .notNull()
      .references(() => rounds.id, { onDelete: 'cascade' }),
    judgeId: uuid('judge_id')
      .notNull()
      .references(() => judges.id),
    policyId: uuid('policy_id')
      .notNull()
      .references(() => policies.id),
    opponentPolicyId: uuid('opponent_policy_id')
      .notNull()
      .references(() => policies.id),
    wins: integer('wins').notNull(),
    ties: integer('ties').notNull(),
    losses: integer('losses').notNull(),
    winRate: doublePrecision('win_rate').notNull(),
    lower: doublePrecision('lower').notNull(),
    upper: doublePrecision('upper').notNull(),
    lengthRatio: doublePrecision('length_ratio').notNull(),
    distinct2: doublePrecision('distinct2').notNull(),
    malformedRate: doublePrecision('malformed_rate'),
    kl: doublePrecision('kl'),
    createdAt: createdAt(),
  },
  (t) => [unique().on(t.roundId, t.judgeId, t.opponentPolicyId)],
);

export const evaluationItems = pgTable(
  'evaluation_items',
  {
    evaluationId: uuid('evaluation_id')
      .notNull()
      .references(() => evaluations.id, { onDelete: 'cascade' }),
    promptId: uuid('prompt_id')
      .notNull()
      .references(() => prompts.id, { onDelete: 'cascade' }),
    ordinal: integer('ordinal').notNull(),
    policyResponseId: uuid('policy_response_id')
      .notNull()
      .references(() => responses.id),
    opponentResponseId: uuid('opponent_response_id')
      .notNull()
      .references(() => responses.id),
    outcome: text('outcome', { enum: ['win', 'tie', 'loss'] }).notNull(),
    verdict: text('verdict'),
  },
  (t) => [primaryKey({ columns: [t.evaluationId, t.promptId, t.ordinal] })],
);

/**
 * Checkpoints that policies may stand on: folders below the models directory, put there by a person or from the Hub.
 * A Hub model is pinned to a commit when its download begins.
 */
export const models = pgTable('models', {
  id: id(),
  name: text('name').notNull(),
  source: text('source', { enum: ['folder', 'hub'] }).notNull(),
  /** Below the models directory, with forward slashes; null until a Hub model's commit is known. */
  folder: text('folder').unique(),
  hubId: text('hub_id'),
  /** The branch, tag or commit that was asked for. */
  hubRevision: text('hub_revision'),
  hubCommit: text('hub_commit'),
  status: text('status', { enum: modelStatuses }).notNull(),
  /** Why it failed, in a sentence. */
  error: text('error'),
  facts: jsonb('facts').$type<ModelFacts>(),
  createdAt: createdAt(),
});

/** A model's supervised fine-tuning on a file of examples; its result is a model of its own. */
export const sftRuns = pgTable(
  'sft_runs',
  {
    id: id(),
    /** The new model's name, and its folder in the models directory. */
    name: text('name').notNull(),
    status: text('status', { enum: sftStatuses }).notNull().default('queued'),
    /** What it starts from; null once that was taken off the list. */
    modelId: uuid('model_id').references(() => models.id, { onDelete: 'set null' }),
    modelName: text('model_name').notNull(),
    config: jsonb('config').$type<SftConfig>().notNull(),
    /** Key of the examples' folder in the artifact store: the hash of their content. */
    dataKey: text('data_key').notNull(),
    /** The file's name, as it was given. */
    dataName: text('data_name').notNull(),
    exampleCount: integer('example_count').notNull(),
    resultModelId: uuid('result_model_id').references(() => models.id, { onDelete: 'set null' }),
    outcome: jsonb('outcome').$type<SftOutcome>(),
    error: text('error'),
    createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    index().on(t.createdAt),
    index().on(t.modelId),
    index().on(t.resultModelId),
    uniqueIndex('sft_runs_one_active_per_name').on(t.name).where(sql`${t.status} in ('queued', 'training')`),
  ],
);

export const sftMetrics = pgTable(
  'sft_metrics',
  {
    sftRunId: uuid('sft_run_id')
      .notNull()
      .references(() => sftRuns.id, { onDelete: 'cascade' }),
    ...trainingMetric(),
  },
  (t) => [primaryKey({ columns: [t.sftRunId, t.step] })],
);

export const sftWarnings = pgTable(
  'sft_warnings',
  {
    sftRunId: uuid('sft_run_id')
      .notNull()
      .references(() => sftRuns.id, { onDelete: 'cascade' }),
    ...trainingWarning(),
  },
  (t) => [primaryKey({ columns: [t.sftRunId, t.kind] })],
);
