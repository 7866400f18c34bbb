import { z } from 'zod';
import { skipReasons } from '../../domain/annotation.ts';
import { rankableResponses } from '../../domain/ranking.ts';
import {
  labelProgress,
  nextTask,
  releaseLeases,
  renewLeases,
  skipTask,
  submitRanking,
  undoRanking,
} from '../services/labels.ts';
import { annotatorProcedure, router } from '../trpc.ts';

const projectId = z.uuid();
const leaseIds = z.array(z.uuid()).max(20);
const tier = z.array(z.uuid()).min(1).max(rankableResponses.max);

const submitInput = z.object({
  submissionId: z.uuid(),
  leaseId: z.uuid(),
  tiers: z.array(tier).min(1).max(rankableResponses.max),
  durationMs: z.number().int().min(0).max(2_147_483_647),
});

export const labelRouter = router({
  // A mutation: it takes a lease, so it must never be repeated by a cache.
  next: annotatorProcedure
    .input(z.object({ projectId, holding: leaseIds.default([]) }))
    .mutation(({ ctx, input }) => nextTask(ctx.db, ctx.user, input)),
  heartbeat: annotatorProcedure
    .input(z.object({ leaseIds }))
    .mutation(({ ctx, input }) => renewLeases(ctx.db, ctx.user, input)),
  release: annotatorProcedure
    .input(z.object({ leaseIds }))
    .mutation(({ ctx, input }) => releaseLeases(ctx.db, ctx.user, input)),
  submit: annotatorProcedure.input(submitInput).mutation(({ ctx, input }) => submitRanking(ctx.db, ctx.user, input)),
  skip: annotatorProcedure
    .input(z.object({ leaseId: z.uuid(), reason: z.enum(skipReasons).optional() }))
    .mutation(({ ctx, input }) => skipTask(ctx.db, ctx.user, input)),
  undo: annotatorProcedure
    .input(z.object({ projectId }))
    .mutation(({ ctx, input }) => undoRanking(ctx.db, ctx.user, input)),
  progress: annotatorProcedure
    .input(z.object({ projectId, since: z.date().optional() }))
    .query(({ ctx, input }) => labelProgress(ctx.db, ctx.user, input)),
});
