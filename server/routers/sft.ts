import { z } from 'zod';
import { mostSftText, sftNameSchema } from '../../domain/sft.ts';
import { sftConfigSchema } from '../../engine/config.ts';
import { cancelSftRun, getSftRun, listSftMetrics, listSftRuns, listSftWarnings, startSft } from '../services/sft.ts';
import { adminProcedure, router } from '../trpc.ts';

const sftRunId = z.uuid();

const startInput = z.object({
  modelId: z.uuid(),
  name: sftNameSchema,
  config: sftConfigSchema,
  data: z.string().max(mostSftText, 'The file is too large: split it, or use the command line.'),
  dataName: z.string().trim().min(1).max(200),
});

export const sftRouter = router({
  start: adminProcedure.input(startInput).mutation(({ ctx, input }) => startSft(ctx.db, ctx.user, ctx, input)),
  list: adminProcedure.query(({ ctx }) => listSftRuns(ctx.db)),
  get: adminProcedure.input(z.object({ sftRunId })).query(({ ctx, input }) => getSftRun(ctx.db, input)),
  metrics: adminProcedure
    .input(z.object({ sftRunId, afterStep: z.number().int().optional() }))
    .query(({ ctx, input }) => listSftMetrics(ctx.db, input)),
  warnings: adminProcedure.input(z.object({ sftRunId })).query(({ ctx, input }) => listSftWarnings(ctx.db, input)),
  cancel: adminProcedure.input(z.object({ sftRunId })).mutation(({ ctx, input }) => cancelSftRun(ctx.db, input)),
});
