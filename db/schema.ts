// Every table. Facts (responses, rankings, judgements, pairs, metrics, evaluations) are appended, never rewritten;
// only the status of a task, lease, round or job changes. Sign-in's four tables are Better Auth's.
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { conditionNames } from '../domain/conditional.ts';
import { jobNames, jobStatuses } from '../domain/jobs.ts';
import { type DeviceMemory, type ModelFacts, modelStatuses } from '../domain/models.ts';
import { roundStatuses } from '../domain/rounds.ts';
import { type SftOutcome, sftStatuses } from '../domain/sft.ts';
import type { SamplingConfig, SftConfig, TrainConfig } from '../engine/config.ts';
import type { ChatMessage } from '../engine/ports.ts';
import { type TrainingWarning, warningKinds } from '../engine/ports.ts';

const id = () => uuid('id').primaryKey().defaultRandom();
const instant = (name: string) => timestamp(name, { withTimezone: true });
const createdAt = () => instant('created_at').notNull().defaultNow();
const seed = () => bigint('seed', { mode: 'number' }).notNull();
/** What of a prompt beside its messages is rendered into it. */
const conditions = () => text('conditions', { enum: conditionNames }).array().notNull().default([]);

/** People. The first admin comes from the one-time set-up address; admins create all other accounts. */
export const roles = ['admin', 'annotator'] as const;
export type Role = (typeof roles)[number];

export const user = pgTable('user', {
  id: id(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
  role: text('role', { enum: roles }).notNull().default('annotator'),
  createdAt: createdAt(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export const session = pgTable(
  'session',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    token: text('token').notNull().unique(),
    expiresAt: instant('expires_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [index().on(t.userId)],
);

export const account = pgTable(
  'account',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: instant('access_token_expires_at'),
    refreshTokenExpiresAt: instant('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [unique().on(t.providerId, t.accountId), index().on(t.userId)],
);

export const verification = pgTable(
  'verification',
  {
    id: id(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [index().on(t.identifier)],
);

/** What opens /v1: only the key's SHA-256 is kept. */
export const apiKeys = pgTable('api_keys', {
  id: id(),
  name: text('name').notNull(),
  /** The key's first characters, by which people tell keys apart. */
  prefix: text('prefix').notNull(),
  hash: text('hash').notNull().unique(),
  createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
  createdAt: createdAt(),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
});

/** Counters of rate-limiter-flexible, which clears them itself. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull().default(0),
  expire: bigint('expire', { mode: 'number' }),
});

/** Facts about this installation: the set-up token's hash, the Hub token (encrypted). */
export const settings = pgTable('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
});

export const projects = pgTable('projects', {
  id: id(),
  name: text('name').notNull(),
  slug: text('slug').notNull().unique(),
  kind: text('kind', { enum: ['demo', 'custom'] }).notNull(),
  responsesPerPrompt: integer('responses_per_prompt').notNull(),
  sampling: jsonb('sampling').$type<SamplingConfig>().notNull(),
  sftPolicyId: uuid('sft_policy_id').references((): AnyPgColumn => policies.id),
  currentPolicyId: uuid('current_policy_id').references((): AnyPgColumn => policies.id),
  createdAt: createdAt(),
});

export const prompts = pgTable(
  'prompts',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    messages: jsonb('messages').$type<ChatMessage[]>().notNull(),
    split: text('split', { enum: ['train', 'heldout'] }).notNull(),
    /** What a round or a sampling may render into the messages: who answers, and what the answer should be like. */
    persona: text('persona'),
    tags: text('tags').array().notNull().default([]),
    contentHash: text('content_hash').notNull(),
    createdAt: createdAt(),
  },
  (t) => [unique().on(t.projectId, t.contentHash), index().on(t.projectId, t.split, t.createdAt, t.id)],
);

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

/** A base model with an optional adapter, or a model of a backend; `parent_id` is what it was trained from. */
export const policies = pgTable(
  'policies',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references((): AnyPgColumn => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Absolute, or relative to the project's root; null = `backend_id` serves it. */
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
    check('policies_one_home', sql`num_nonnulls(${t.modelDir}, ${t.backendId}) = 1`),
  ],
);

/** One act of sampling: n responses per prompt from one policy with one config and seed. */
export const samplings = pgTable(
  'samplings',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    policyId: uuid('policy_id')
      .notNull()
      .references(() => policies.id),
    purpose: text('purpose', { enum: ['label', 'evaluation'] }).notNull(),
    n: integer('n').notNull(),
    config: jsonb('config').$type<SamplingConfig>().notNull(),
    conditions: conditions(),
    seed: seed(),
    roundId: uuid('round_id').references((): AnyPgColumn => rounds.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.projectId, t.policyId)],
);

/** The prompts that a sampling covers, so that two samplings never claim the same prompt by accident. */
export const samplingPrompts = pgTable(
  'sampling_prompts',
  {
    samplingId: uuid('sampling_id')
      .notNull()
      .references(() => samplings.id, { onDelete: 'cascade' }),
    promptId: uuid('prompt_id')
      .notNull()
      .references(() => prompts.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.samplingId, t.promptId] }), index().on(t.promptId)],
);

export const responses = pgTable(
  'responses',
  {
    id: id(),
    samplingId: uuid('sampling_id')
      .notNull()
      .references(() => samplings.id, { onDelete: 'cascade' }),
    promptId: uuid('prompt_id')
      .notNull()
      .references(() => prompts.id, { onDelete: 'cascade' }),
    policyId: uuid('policy_id')
      .notNull()
      .references(() => policies.id),
    ordinal: integer('ordinal').notNull(),
    text: text('text').notNull(),
    /** Null: a server elsewhere sampled it, whose tokens are not known here. */
    tokenIds: integer('token_ids').array(),
    finishReason: text('finish_reason', { enum: ['stop', 'length'] }).notNull(),
    /** Null where such a server did not tell it. */
    logp: doublePrecision('logp'),
    seed: seed(),
    createdAt: createdAt(),
  },
  (t) => [unique().on(t.samplingId, t.promptId, t.ordinal), index().on(t.promptId)],
);

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

/** What people see of a job, and the fence: each start of the job adds one, and a write with an older fence is refused. */
export const jobRuns = pgTable(
  'job_runs',
  {
    id: id(),
    name: text('name', { enum: jobNames as [(typeof jobNames)[number], ...typeof jobNames] }).notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    /** Null for work on a model or a fine-tuning, which belong to no project. */
    projectId: uuid('project_id').references(() => projects.id, { onDelete: 'cascade' }),
    roundId: uuid('round_id').references(() => rounds.id, { onDelete: 'cascade' }),
    modelId: uuid('model_id').references(() => models.id, { onDelete: 'cascade' }),
    sftRunId: uuid('sft_run_id').references(() => sftRuns.id, { onDelete: 'cascade' }),
    status: text('status', { enum: jobStatuses }).notNull().default('queued'),
    done: integer('done').notNull().default(0),
    total: integer('total').notNull().default(0),
    message: text('message'),
    error: text('error'),
    fence: bigint('fence', { mode: 'number' }).notNull().default(0),
    workerId: uuid('worker_id'),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [index().on(t.projectId, t.status), index().on(t.roundId), index().on(t.modelId), index().on(t.sftRunId)],
);

/** Worker processes; the queue knows them as `<id>:<lane>`. */
export const workers = pgTable('workers', {
  id: id(),
  name: text('name').notNull(),
  device: text('device').notNull(),
  /** Where its internal service answers, http://host:port. */
  serveUrl: text('serve_url'),
  /** What its device has, as last read. */
  memory: jsonb('memory').$type<DeviceMemory>(),
  startedAt: instant('started_at').notNull().defaultNow(),
  heartbeatAt: instant('heartbeat_at').notNull().defaultNow(),
});
