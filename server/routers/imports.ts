import { z } from 'zod';
import { importOptionsSchema, uploadSchema } from '../../domain/imports/options.ts';
import { getBatch, listBatches, openUpload, previewImport, startImport } from '../services/imports.ts';
import { projectProcedure, router } from '../trpc.ts';

const admin = projectProcedure('admin');
const fileInput = z.object({ upload: uploadSchema, options: importOptionsSchema });

export const importsRouter = router({
  /** What the import would do; nothing is stored. */
  preview: admin
    .input(fileInput)
    .query(async ({ ctx, input }) => previewImport(ctx.db, await openUpload(ctx.artifacts, input.upload), input)),
  start: admin.input(fileInput).mutation(({ ctx, input }) => startImport(ctx.db, ctx.user, ctx.artifacts, input)),
  list: admin.query(({ ctx, input }) => listBatches(ctx.db, input)),
  get: admin.input(z.object({ batchId: z.uuid() })).query(({ ctx, input }) => getBatch(ctx.db, input)),
});
