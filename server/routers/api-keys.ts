import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey } from '../services/api-keys.ts';
import { adminProcedure, router } from '../trpc.ts';

export const apiKeysRouter = router({
  list: adminProcedure.query(({ ctx }) => listApiKeys(ctx.db)),
  create: adminProcedure
    .input(z.object({ name: z.string().trim().min(1, 'Give a name.').max(100) }))
    .mutation(({ ctx, input }) => createApiKey(ctx.db, ctx.user, input)),
  revoke: adminProcedure
    .input(z.object({ apiKeyId: z.uuid() }))
    .mutation(({ ctx, input }) => revokeApiKey(ctx.db, input)),
});
