import { z } from 'zod';
import { conditionsSchema } from '../../domain/conditional.ts';
import { minMarginSchema, pairPolicyNames } from '../../domain/pairs.ts';
import { trainConfigSchema } from '../../engine/config.ts';
import { pairScopes } from '../services/pairs.ts';
import {
  cancelRound,
  decideRound,
  getRound,
  listRoundMetrics,
  listRoundSamples,
  listRounds,
  listRoundWarnings,
  roundDefaults,
  startRound,
} from '../services/rounds.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

const startInput = z.object({
  config: trainConfigSchema,
  pairPolicy: z.enum(pairPolicyNames),
  minMargin: minMarginSchema.optional(),
  conditions: conditionsSchema.optional(),
  reference: z.enum(['sft', 'previous']),
  judgeId: z.uuid(),
  pairScope: z.enum(pairScopes).optional(),
});

const samplesInput = z.object({
  outcome: z.enum(['win', 'tie', 'loss']).optional(),
  cursor: z.number().int().min(0).optional(),
  limit: z.number().int().min(1).max(100).default(20),
});

const decideInput = z.object({
  decision: z.enum(['promote', 'reject']),
  note: z.string().max(2000).optional(),
});

export const roundsRouter = router({
  defaults: projectProcedure('admin').query(({ ctx, input }) => roundDefaults(ctx.db, input)),
  start: projectProcedure('admin')
    .input(startInput)
    .mutation(({ ctx, input }) => startRound(ctx.db, ctx.user, input)),
  list: projectProcedure('admin').query(({ ctx, input }) => listRounds(ctx.db, input)),
  get: rowProcedure('roundId', 'admin').query(({ ctx, input }) => getRound(ctx.db, input)),
  metrics: rowProcedure('roundId', 'admin')
    .input(z.object({ afterStep: z.number().int().optional() }))
    .query(({ ctx, input }) => listRoundMetrics(ctx.db, input)),
  warnings: rowProcedure('roundId', 'admin').query(({ ctx, input }) => listRoundWarnings(ctx.db, input)),
  samples: rowProcedure('roundId', 'admin')
    .input(samplesInput)
    .query(({ ctx, input }) => listRoundSamples(ctx.db, input)),
  cancel: rowProcedure('roundId', 'admin').mutation(({ ctx, input }) => cancelRound(ctx.db, input)),
  decide: rowProcedure('roundId', 'admin')
    .input(decideInput)
    .mutation(({ ctx, input }) => decideRound(ctx.db, ctx.user, input)),
});
