import { z } from 'zod';
import {
  bulkActionSchema,
  promptFilterSchema,
  promptOrders,
  promptSelectionSchema,
} from '../../domain/prompt-filter.ts';
import { changePrompts } from '../services/prompt-bulk.ts';
import { countPrompts, listPrompts, promptChoices } from '../services/prompt-list.ts';
import { getPrompt } from '../services/prompts.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

const listInput = promptFilterSchema.extend({
  order: z.enum(promptOrders).optional(),
  cursor: z.uuid().optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

export const promptsRouter = router({
  list: projectProcedure('reviewer')
    .input(listInput)
    .query(({ ctx, input }) => listPrompts(ctx.db, input)),
  count: projectProcedure('reviewer')
    .input(promptFilterSchema)
    .query(({ ctx, input }) => countPrompts(ctx.db, input)),
  /** What there is to filter by. */
  choices: projectProcedure('reviewer').query(({ ctx, input }) => promptChoices(ctx.db, input)),
  get: rowProcedure('promptId', 'reviewer').query(({ ctx, input }) => getPrompt(ctx.db, input)),
  change: projectProcedure('admin')
    .input(z.object({ selection: promptSelectionSchema, action: bulkActionSchema }))
    .mutation(({ ctx, input }) => changePrompts(ctx.db, ctx.user, input)),
});
