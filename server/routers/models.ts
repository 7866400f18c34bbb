import { z } from 'zod';
import { hubIdSchema, hubRevisionSchema, hubTokenSchema, modelFolderSchema } from '../../domain/models.ts';
import { hasHubToken, setHubToken } from '../services/hub-token.ts';
import {
  addFromHub,
  listDevices,
  listModels,
  listUnregisteredFolders,
  registerFolder,
  removeModel,
  retryModel,
} from '../services/models.ts';
import { createProject } from '../services/project-create.ts';
import { listTryable } from '../services/try-model.ts';
import { adminProcedure, router } from '../trpc.ts';

const modelId = z.uuid();
const name = z.string().trim().min(1, 'Give a name.').max(100);

export const modelsRouter = router({
  list: adminProcedure.query(({ ctx }) => listModels(ctx.db)),
  devices: adminProcedure.query(({ ctx }) => listDevices(ctx.db)),
  /** Where models are read from, and which folders there could be registered. */
  folders: adminProcedure.query(async ({ ctx }) => ({
    modelsDir: ctx.modelsDir,
    folders: await listUnregisteredFolders(ctx.db, ctx.modelsDir),
  })),
  hub: adminProcedure.query(async ({ ctx }) => ({ endpoint: ctx.hubEndpoint, hasToken: await hasHubToken(ctx.db) })),
  register: adminProcedure
    .input(z.object({ folder: modelFolderSchema, name: name.optional() }))
    .mutation(({ ctx, input }) => registerFolder(ctx.db, ctx.modelsDir, input)),
  addFromHub: adminProcedure
    .input(z.object({ hubId: hubIdSchema, revision: hubRevisionSchema.optional(), name: name.optional() }))
    .mutation(({ ctx, input }) => addFromHub(ctx.db, input)),
  setHubToken: adminProcedure
    .input(z.object({ token: hubTokenSchema.nullable() }))
    .mutation(({ ctx, input }) => setHubToken(ctx.db, ctx.secret, input.token)),
  /** What the try-it box can speak to. */
  tryable: adminProcedure.query(({ ctx }) => listTryable(ctx.db)),
  /** A new project whose SFT policy is this model. */
  createProject: adminProcedure
    .input(z.object({ modelId, name, prompts: z.string().max(20_000_000) }))
    .mutation(({ ctx, input }) => createProject(ctx.db, ctx.modelsDir, input)),
  retry: adminProcedure.input(z.object({ modelId })).mutation(({ ctx, input }) => retryModel(ctx.db, input)),
  remove: adminProcedure
    .input(z.object({ modelId }))
    .mutation(({ ctx, input }) => removeModel(ctx.db, ctx.modelsDir, input)),
});
