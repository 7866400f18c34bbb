import { z } from 'zod';
import { conditionsSchema } from '../../domain/conditional.ts';
import { rankableResponses } from '../../domain/ranking.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { samplingDefaults, startSampling } from '../services/samplings.ts';
import { projectProcedure, router } from '../trpc.ts';

const startInput = z.object({
  /** A backend's; the current policy if not said. */
  policyId: z.uuid().optional(),
  promptCount: z.number().int().min(1).max(100_000),
  n: z.number().int().min(rankableResponses.min).max(rankableResponses.max),
  config: samplingConfigSchema,
  conditions: conditionsSchema.optional(),
  seed: z.number().int().min(0).max(0xffffffff).optional(),
});

export const samplingRouter = router({
  defaults: projectProcedure('admin').query(({ ctx, input }) => samplingDefaults(ctx.db, input)),
  start: projectProcedure('admin')
    .input(startInput)
    .mutation(({ ctx, input }) => startSampling(ctx.db, input)),
});
