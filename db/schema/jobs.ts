// What people see of the queue's jobs, and the workers.
import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { jobNames, jobStatuses } from '../../domain/jobs.ts';
import type { DeviceMemory } from '../../domain/models.ts';
import { createdAt, id, instant } from './columns.ts';
import { projects, rounds } from './project.ts';
import { models, sftRuns } from './training.ts';

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
