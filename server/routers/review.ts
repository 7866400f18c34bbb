import { z } from 'zod';
import { rankableResponses } from '../../domain/ranking.ts';
import { reviewReasons } from '../../domain/reviews.ts';
import { listReviews } from '../services/review-queue.ts';
import { getReviewTask } from '../services/review-task.ts';
import { acceptTask, adjudicateTask, returnTask } from '../services/reviews.ts';
import { projectProcedure, router } from '../trpc.ts';

const taskId = z.object({ taskId: z.uuid() });
const tier = z.array(z.uuid()).min(1).max(rankableResponses.max);
const note = z.string().trim().max(4000);
const requiredNote = note.min(1, 'Write a note: it says why.');

export const reviewRouter = router({
  list: projectProcedure('reviewer')
    .input(
      z.object({
        reason: z.enum(reviewReasons).optional(),
        isDone: z.boolean().optional(),
        cursor: z.number().int().min(0).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input }) => listReviews(ctx.db, input)),
  get: projectProcedure('reviewer')
    .input(taskId)
    .query(({ ctx, input }) => getReviewTask(ctx.db, ctx.projectRole, input)),
  accept: projectProcedure('reviewer')
    .input(taskId.extend({ note: note.default('') }))
    .mutation(({ ctx, input }) => acceptTask(ctx.db, ctx.user, input)),
  adjudicate: projectProcedure('reviewer')
    .input(
      taskId.extend({
        submissionId: z.uuid(),
        tiers: z.array(tier).min(1).max(rankableResponses.max),
        note: requiredNote,
      }),
    )
    .mutation(({ ctx, input }) => adjudicateTask(ctx.db, ctx.user, input)),
  returnTask: projectProcedure('reviewer')
    .input(taskId.extend({ rankingId: z.uuid(), note: requiredNote }))
    .mutation(({ ctx, input }) => returnTask(ctx.db, ctx.user, input)),
});
