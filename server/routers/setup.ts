import { z } from 'zod';
import { createFirstAdmin, needsAdmin } from '../services/setup.ts';
import { publicProcedure, router } from '../trpc.ts';
import { newPersonInput } from './people.ts';

export const setupRouter = router({
  status: publicProcedure.query(async ({ ctx }) => ({ needsAdmin: await needsAdmin(ctx.db) })),
  createAdmin: publicProcedure
    .input(newPersonInput.extend({ token: z.string().min(1).max(200) }))
    .mutation(({ ctx, input }) => createFirstAdmin(ctx.db, input)),
});
