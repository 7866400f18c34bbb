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
import { adminProcedure, router } from '../trpc.ts';

const projectId = z.uuid();
const roundId = z.uuid();

const startInput = z.object({
  projectId,
  config: trainConfigSchema,
  pairPolicy: z.enum(pairPolicyNames),
  minMargin: minMarginSchema.optional(),
  conditions: conditionsSchema.optional(),
  reference: z.enum(['sft', 'previous']),
  judgeId: z.uuid(),
  pairScope: z.enum(pairScopes).optional(),
});

const samplesInput = z.object({
  roundId,
  outcome: z.enum(['win', 'tie', 'loss']).optional(),
  cursor: z.number().int().min(0).optional(),
  limit: z.number().int().min(1).max(100).default(20),
});

const decideInput = z.object({
  roundId,
  decision: z.enum(['promote', 'reject']),
  note: z.string().max(2000).optional(),
});

export const roundsRouter = router({
  defaults: adminProcedure.input(z.object({ projectId })).query(({ ctx, input }) => roundDefaults(ctx.db, input)),
  start: adminProcedure.input(startInput).mutation(({ ctx, input }) => startRound(ctx.db, ctx.user, input)),
  list: adminProcedure.input(z.object({ projectId })).query(({ ctx, input }) => listRounds(ctx.db, input)),
  get: adminProcedure.input(z.object({ roundId })).query(({ ctx, input }) => getRound(ctx.db, input)),
  metrics: adminProcedure
    .input(z.object({ roundId, afterStep: z.number().int().optional() }))
    .query(({ ctx, input }) => listRoundMetrics(ctx.db, input)),
  warnings: adminProcedure.input(z.object({ roundId })).query(({ ctx, input }) => listRoundWarnings(ctx.db, input)),
  samples: adminProcedure.input(samplesInput).query(({ ctx, input }) => listRoundSamples(ctx.db, input)),
  cancel: adminProcedure.input(z.object({ roundId })).mutation(({ ctx, input }) => cancelRound(ctx.db, input)),
  decide: adminProcedure.input(decideInput).mutation(({ ctx, input }) => decideRound(ctx.db, ctx.user, input)),
});
