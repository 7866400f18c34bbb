import { z } from 'zod';
import { annotationSchema, flagNames, skipReasons } from '../../domain/annotation.ts';
import { nextTasks } from '../services/assignment.ts';
import { labelContext, labelProgress, readGuideline } from '../services/label-context.ts';
import {
  getOwnRanking,
  listOwnRankings,
  reviseRanking,
  skipTask,
  submitRanking,
  undoRanking,
} from '../services/labels.ts';
import { releaseLeases, renewLeases } from '../services/leases.ts';
import { projectProcedure, router } from '../trpc.ts';

const annotator = projectProcedure('annotator');
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
  context: annotator.query(({ ctx, input }) => labelContext(ctx.db, ctx.user, input)),
  // A mutation: it takes leases, so it must never be repeated by a cache.
  next: annotator
    .input(z.object({ holding: leaseIds.default([]), count: z.number().int().min(1).max(5).default(1) }))
    .mutation(({ ctx, input }) => nextTasks(ctx.db, ctx.user, input)),
  heartbeat: annotator.input(z.object({ leaseIds })).mutation(({ ctx, input }) => renewLeases(ctx.db, ctx.user, input)),
  release: annotator.input(z.object({ leaseIds })).mutation(({ ctx, input }) => releaseLeases(ctx.db, ctx.user, input)),
  submit: annotator
    .input(submission.extend({ leaseId: z.uuid() }))
    .mutation(({ ctx, input }) => submitRanking(ctx.db, ctx.user, input)),
  skip: annotator.input(skip).mutation(({ ctx, input }) => skipTask(ctx.db, ctx.user, input)),
  undo: annotator.mutation(({ ctx, input }) => undoRanking(ctx.db, ctx.user, input)),
  history: annotator
    .input(z.object({ cursor: z.uuid().optional(), limit: z.number().int().min(1).max(100).default(30) }))
    .query(({ ctx, input }) => listOwnRankings(ctx.db, ctx.user, input)),
  ranking: annotator
    .input(z.object({ rankingId: z.uuid() }))
    .query(({ ctx, input }) => getOwnRanking(ctx.db, ctx.user, input)),
  revise: annotator
    .input(submission.extend({ rankingId: z.uuid() }))
    .mutation(({ ctx, input }) => reviseRanking(ctx.db, ctx.user, input)),
  readGuideline: annotator
    .input(z.object({ guidelineId: z.uuid() }))
    .mutation(({ ctx, input }) => readGuideline(ctx.db, ctx.user, input)),
  progress: annotator
    .input(z.object({ since: z.date().optional() }))
    .query(({ ctx, input }) => labelProgress(ctx.db, ctx.user, input)),
});
