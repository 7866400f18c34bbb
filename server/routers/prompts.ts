import { z } from 'zod';
import { getPrompt, listPrompts } from '../services/prompts.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

const listInput = z.object({
  split: z.enum(['train', 'heldout']).optional(),
  search: z.string().max(200).optional(),
  cursor: z.uuid().optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

export const promptsRouter = router({
  list: projectProcedure('reviewer')
    .input(listInput)
    .query(({ ctx, input }) => listPrompts(ctx.db, input)),
  get: rowProcedure('promptId', 'reviewer').query(({ ctx, input }) => getPrompt(ctx.db, input)),
});
