// What is asked and what was answered: prompts, samplings, responses.
import {
  type AnyPgColumn,
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
import { policies, projects, rounds } from './project.ts';

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
