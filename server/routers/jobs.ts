import { z } from 'zod';
import { cancelJob } from '../services/job-end.ts';
import { getJob, listActiveJobs } from '../services/jobs.ts';
import { adminProcedure, router } from '../trpc.ts';

const jobRunId = z.uuid();

export const jobsRouter = router({
  active: adminProcedure
    .input(z.object({ projectId: z.uuid() }))
    .query(({ ctx, input }) => listActiveJobs(ctx.db, input)),
  get: adminProcedure.input(z.object({ jobRunId })).query(({ ctx, input }) => getJob(ctx.db, input)),
  cancel: adminProcedure.input(z.object({ jobRunId })).mutation(({ ctx, input }) => cancelJob(ctx.db, input)),
});
