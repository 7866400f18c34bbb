import { z } from 'zod';
import { goldUses } from '../../domain/gold.ts';
import { rankableResponses } from '../../domain/ranking.ts';
import { listGold, markGold, unmarkGold } from '../services/gold.ts';
import { projectProcedure, router } from '../trpc.ts';

const taskId = z.object({ taskId: z.uuid() });
const tier = z.array(z.uuid()).min(1).max(rankableResponses.max);

export const goldRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listGold(ctx.db, input)),
  mark: projectProcedure('admin')
    .input(
      taskId.extend({
        tiers: z.array(tier).min(1).max(rankableResponses.max),
        use: z.enum(goldUses),
        note: z.string().trim().max(4000).default(''),
      }),
    )
    .mutation(({ ctx, input }) => markGold(ctx.db, ctx.user, input)),
  unmark: projectProcedure('admin')
    .input(taskId)
    .mutation(({ ctx, input }) => unmarkGold(ctx.db, input)),
});
