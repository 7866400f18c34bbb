import { z } from 'zod';
import { createBackend, listBackends, removeBackend } from '../services/backends.ts';
import { adminProcedure, router } from '../trpc.ts';
import { remoteModelShape } from './judges.ts';

const projectId = z.uuid();

export const backendsRouter = router({
  list: adminProcedure.input(z.object({ projectId })).query(({ ctx, input }) => listBackends(ctx.db, input)),
  create: adminProcedure
    .input(z.object({ projectId, name: z.string().trim().min(1, 'Give a name.').max(100), ...remoteModelShape }))
    .mutation(({ ctx, input }) => createBackend(ctx.db, ctx.secret, input)),
  remove: adminProcedure
    .input(z.object({ backendId: z.uuid() }))
    .mutation(({ ctx, input }) => removeBackend(ctx.db, input)),
});
