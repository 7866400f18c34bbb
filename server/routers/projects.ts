import { getProject, listOwnProjects } from '../services/projects.ts';
import { annotatorProcedure, projectProcedure, router } from '../trpc.ts';

export const projectsRouter = router({
  list: annotatorProcedure.query(({ ctx }) => listOwnProjects(ctx.db, ctx.user)),
  /** Where the loop stands: policies, judges and settings are its admins' business. */
  get: projectProcedure('admin').query(({ ctx, input }) => getProject(ctx.db, input)),
});
