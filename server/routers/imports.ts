import { z } from 'zod';
import { importOptionsSchema, prioritySchema, uploadSchema } from '../../domain/imports/options.ts';
import { changeBatch, getBatch, listBatches } from '../services/batches.ts';
import { openUpload, previewImport, startImport } from '../services/imports.ts';
import { projectProcedure, router } from '../trpc.ts';

const admin = projectProcedure('admin');
const batchId = z.uuid();
const fileInput = z.object({ upload: uploadSchema, options: importOptionsSchema });

export const importsRouter = router({
  /** What the import would do; nothing is stored. */
  preview: admin
    .input(fileInput)
    .query(async ({ ctx, input }) => previewImport(ctx.db, await openUpload(ctx.artifacts, input.upload), input)),
  start: admin.input(fileInput).mutation(({ ctx, input }) => startImport(ctx.db, ctx.user, ctx.artifacts, input)),
  list: admin.query(({ ctx, input }) => listBatches(ctx.db, input)),
  get: admin.input(z.object({ batchId })).query(({ ctx, input }) => getBatch(ctx.db, input)),
  /** Pauses, resumes, moves forward or back. */
  change: admin
    .input(z.object({ batchId, isPaused: z.boolean().optional(), priority: prioritySchema.optional() }))
    .mutation(({ ctx, input }) => changeBatch(ctx.db, input)),
});
