import { z } from 'zod';
import { labelSettingsSchema, overlapSchema } from '../../domain/label-settings-schema.ts';
import { findSampleTask, getProjectSettings, saveProjectSettings } from '../services/project-settings.ts';
import { getProject, listOwnProjects } from '../services/projects.ts';
import { annotatorProcedure, projectProcedure, router } from '../trpc.ts';

const settingsInput = z.object({
  name: z.string().trim().min(1, 'Give a name.').max(100),
  overlap: overlapSchema,
  isPaused: z.boolean(),
  isClosed: z.boolean(),
  labelling: labelSettingsSchema,
});

export const projectsRouter = router({
  list: annotatorProcedure.query(({ ctx }) => listOwnProjects(ctx.db, ctx.user)),
  /** Where the loop stands: policies, judges and settings are its admins' business. */
  get: projectProcedure('admin').query(({ ctx, input }) => getProject(ctx.db, input)),
  settings: projectProcedure('admin').query(({ ctx, input }) => getProjectSettings(ctx.db, input)),
  sampleTask: projectProcedure('admin').query(({ ctx, input }) => findSampleTask(ctx.db, input)),
  saveSettings: projectProcedure('admin')
    .input(settingsInput)
    .mutation(({ ctx, input }) => saveProjectSettings(ctx.db, input)),
});
