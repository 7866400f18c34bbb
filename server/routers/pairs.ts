import { z } from 'zod';
import { minMarginSchema, pairPolicyNames } from '../../domain/pairs.ts';
import { listPairs, pairScopes, summarizePairs } from '../services/pairs.ts';
import { projectProcedure, router } from '../trpc.ts';

const livePairsInput = z.object({
  pairPolicy: z.enum(pairPolicyNames).optional(),
  scope: z.enum(pairScopes).optional(),
  minMargin: minMarginSchema.optional(),
});

export const pairsRouter = router({
  list: projectProcedure('admin')
    .input(livePairsInput.extend({ cursor: z.uuid().optional(), limit: z.number().int().min(1).max(200).default(50) }))
    .query(({ ctx, input }) => listPairs(ctx.db, input)),
  summary: projectProcedure('admin')
    .input(livePairsInput)
    .query(({ ctx, input }) => summarizePairs(ctx.db, input)),
});
