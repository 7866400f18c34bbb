import { z } from 'zod';
import { createBackend, listBackends, removeBackend } from '../services/backends.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';
import { remoteModelShape } from './judges.ts';

export const backendsRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listBackends(ctx.db, input)),
  create: projectProcedure('admin')
    .input(z.object({ name: z.string().trim().min(1, 'Give a name.').max(100), ...remoteModelShape }))
    .mutation(({ ctx, input }) => createBackend(ctx.db, ctx.secret, input)),
  remove: rowProcedure('backendId', 'admin').mutation(({ ctx, input }) => removeBackend(ctx.db, input)),
});
