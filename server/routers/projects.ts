import { z } from 'zod';
import { getProject, listProjects } from '../services/projects.ts';
import { annotatorProcedure, router } from '../trpc.ts';

export const projectsRouter = router({
  list: annotatorProcedure.query(({ ctx }) => listProjects(ctx.db)),
  get: annotatorProcedure.input(z.object({ projectId: z.uuid() })).query(({ ctx, input }) => getProject(ctx.db, input)),
});
