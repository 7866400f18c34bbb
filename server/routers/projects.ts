import { getProject, listOwnProjects } from '../services/projects.ts';
import { annotatorProcedure, projectProcedure, router } from '../trpc.ts';

export const projectsRouter = router({
  list: annotatorProcedure.query(({ ctx }) => listOwnProjects(ctx.db, ctx.user)),
  get: projectProcedure('annotator').query(({ ctx, input }) => getProject(ctx.db, input)),
});
