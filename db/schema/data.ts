// What is asked and what was answered: prompts, samplings, responses.
import {
  type AnyPgColumn,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { SamplingConfig } from '../../engine/config.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { conditions, createdAt, id, seed } from './columns.ts';
import { user } from './people.ts';
import { policies, projects, rounds } from './project.ts';

/** One import: what came in together, and what was left out and why. */
export const batches = pgTable(
  'batches',
  {
    id: id(),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The shape that was recognised. */
    format: text('format').notNull(),
    priority: integer('priority').notNull().default(0),
    isPaused: boolean('is_paused').notNull().default(false),
    report: jsonb('report').$type<Record<string, unknown>>().notNull().default({}),
    createdBy: uuid('created_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [index().on(t.projectId, t.createdAt)],
);

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
    /** BCP 47; null suits everyone. */
    language: text('language'),
    /** What an annotator must have to be given it. */
    qualifications: text('qualifications').array().notNull().default([]),
    /** Higher comes first. */
    priority: integer('priority').notNull().default(0),
    batchId: uuid('batch_id').references(() => batches.id, { onDelete: 'set null' }),
    contentHash: text('content_hash').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique().on(t.projectId, t.contentHash),
    index().on(t.batchId),
    index().on(t.projectId, t.split, t.createdAt, t.id),
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
    /** A person's better version of this response: one of the prompt's answers, never shown in its task. */
    editedFromId: uuid('edited_from_id').references((): AnyPgColumn => responses.id, { onDelete: 'cascade' }),
    editedBy: uuid('edited_by').references(() => user.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [unique().on(t.samplingId, t.promptId, t.ordinal), index().on(t.promptId)],
);
