import { z } from 'zod';
import { listGuidelines, saveGuidelines } from '../services/guidelines.ts';
import { projectProcedure, router } from '../trpc.ts';

const versionInput = z.object({
  text: z.string().trim().min(1, 'Write something first.').max(50_000, 'Guidelines have 50,000 characters at most.'),
  basedOn: z.number().int().min(1).nullable(),
});

export const guidelinesRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listGuidelines(ctx.db, input)),
  save: projectProcedure('admin')
    .input(versionInput)
    .mutation(({ ctx, input }) => saveGuidelines(ctx.db, ctx.user, input)),
});
