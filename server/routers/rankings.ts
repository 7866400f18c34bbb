import { z } from 'zod';
import { rankingFilterSchema } from '../../domain/ranking-filter.ts';
import {
  countRankings,
  getRanking,
  listRankings,
  mostRetracted,
  rankingAuthors,
  retractRankings,
} from '../services/ranking-list.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

const listInput = rankingFilterSchema.extend({
  cursor: z.uuid().optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

const retractInput = z.object({
  rankingIds: z.array(z.uuid()).min(1, 'Choose a ranking first.').max(mostRetracted),
  reason: z.string().trim().min(1, 'Say why: it is kept with the ranking.').max(1_000),
});

export const rankingsRouter = router({
  list: projectProcedure('reviewer')
    .input(listInput)
    .query(({ ctx, input }) => listRankings(ctx.db, input)),
  count: projectProcedure('reviewer')
    .input(rankingFilterSchema)
    .query(({ ctx, input }) => countRankings(ctx.db, input)),
  authors: projectProcedure('reviewer').query(({ ctx, input }) => rankingAuthors(ctx.db, input)),
  get: rowProcedure('rankingId', 'reviewer').query(({ ctx, input }) => getRanking(ctx.db, input)),
  retract: projectProcedure('admin')
    .input(retractInput)
    .mutation(({ ctx, input }) => retractRankings(ctx.db, ctx.user, input)),
});
