import { cancelJob } from '../services/job-end.ts';
import { getJob, listActiveJobs } from '../services/jobs.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

export const jobsRouter = router({
  active: projectProcedure('admin').query(({ ctx, input }) => listActiveJobs(ctx.db, input)),
  get: rowProcedure('jobRunId', 'admin').query(({ ctx, input }) => getJob(ctx.db, input)),
  cancel: rowProcedure('jobRunId', 'admin').mutation(({ ctx, input }) => cancelJob(ctx.db, input)),
});
