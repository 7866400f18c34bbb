import { z } from 'zod';
import { flagNames, skipReasons } from '../../domain/annotation.ts';
import { annotationSchema } from '../../domain/annotation-schema.ts';
import { nextTasks } from '../services/assignment.ts';
import { labelContext, labelProgress, readGuideline } from '../services/label-context.ts';
import { skipTask, submitRanking, undoRanking } from '../services/labels.ts';
import { releaseLeases, renewLeases } from '../services/leases.ts';
import { getOwnRanking, listOwnRankings, reviseRanking } from '../services/own-rankings.ts';
import { askerProcedure, router } from '../trpc.ts';

const leaseIds = z.array(z.uuid()).max(20);

const submission = z.object({
  submissionId: z.uuid(),
  annotation: annotationSchema,
  durationMs: z.number().int().min(0).max(2_147_483_647),
  guidelineId: z.uuid().nullable().default(null),
});

const skip = z.object({
  leaseId: z.uuid(),
  reason: z.enum(skipReasons),
  note: z.string().trim().max(500).optional(),
  flags: z
    .array(z.object({ flag: z.enum(flagNames), responseId: z.uuid().nullable() }))
    .max(40)
    .default([]),
});

export const labelRouter = router({
  context: askerProcedure.query(({ ctx }) => labelContext(ctx.db, ctx.asker)),
  // A mutation: it takes leases, so it must never be repeated by a cache.
  next: askerProcedure
    .input(z.object({ holding: leaseIds.default([]), count: z.number().int().min(1).max(5).default(1) }))
    .mutation(({ ctx, input }) => nextTasks(ctx.db, ctx.asker, input)),
  heartbeat: askerProcedure
    .input(z.object({ leaseIds }))
    .mutation(({ ctx, input }) => renewLeases(ctx.db, ctx.asker, input)),
  release: askerProcedure
    .input(z.object({ leaseIds }))
    .mutation(({ ctx, input }) => releaseLeases(ctx.db, ctx.asker, input)),
  submit: askerProcedure
    .input(submission.extend({ leaseId: z.uuid() }))
    .mutation(({ ctx, input }) => submitRanking(ctx.db, ctx.asker, input)),
  skip: askerProcedure.input(skip).mutation(({ ctx, input }) => skipTask(ctx.db, ctx.asker, input)),
  undo: askerProcedure.mutation(({ ctx }) => undoRanking(ctx.db, ctx.asker)),
  history: askerProcedure
    .input(z.object({ cursor: z.uuid().optional(), limit: z.number().int().min(1).max(100).default(30) }))
    .query(({ ctx, input }) => listOwnRankings(ctx.db, ctx.asker, input)),
  ranking: askerProcedure
    .input(z.object({ rankingId: z.uuid() }))
    .query(({ ctx, input }) => getOwnRanking(ctx.db, ctx.asker, input)),
  revise: askerProcedure
    .input(submission.extend({ rankingId: z.uuid() }))
    .mutation(({ ctx, input }) => reviseRanking(ctx.db, ctx.asker, input)),
  readGuideline: askerProcedure
    .input(z.object({ guidelineId: z.uuid() }))
    .mutation(({ ctx, input }) => readGuideline(ctx.db, ctx.asker, input)),
  progress: askerProcedure
    .input(z.object({ since: z.date().optional() }))
    .query(({ ctx, input }) => labelProgress(ctx.db, ctx.asker, input)),
});
