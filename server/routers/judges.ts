import { z } from 'zod';
import { modelFolderSchema } from '../../domain/models.ts';
import { createJudge, listJudges, removeJudge, startJudging } from '../services/judges.ts';
import { listRewardChoices } from '../services/reward-judges.ts';
import { adminProcedure, router } from '../trpc.ts';

const projectId = z.uuid();
const judgeId = z.uuid();

/** A model of a server that speaks OpenAI's API. */
export const remoteModelShape = {
  baseUrl: z.url({ protocol: /^https?$/, error: 'Give an address that starts with http:// or https://.' }).max(1000),
  model: z.string().trim().min(1, "Give the model's name.").max(200),
  apiKey: z.string().max(1000).optional(),
};

const createInput = z.object({
  projectId,
  name: z.string().trim().min(1, 'Give a name.').max(100),
  judge: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('oracle') }),
    z.object({ kind: z.literal('random') }),
    z.object({ kind: z.literal('local'), model: z.string().min(1).max(1000).optional() }),
    z.object({ kind: z.literal('openai'), ...remoteModelShape }),
    z.object({ kind: z.literal('reward'), folder: modelFolderSchema, baseModelId: z.uuid().optional() }),
  ]),
});

export const judgesRouter = router({
  list: adminProcedure.input(z.object({ projectId })).query(({ ctx, input }) => listJudges(ctx.db, input)),
  /** Folders that may be reward models, and what they may have been trained on. */
  rewardChoices: adminProcedure.query(({ ctx }) => listRewardChoices(ctx.db, ctx)),
  create: adminProcedure
    .input(createInput)
    .mutation(({ ctx, input, signal }) => createJudge(ctx.db, ctx, input, signal)),
  remove: adminProcedure.input(z.object({ judgeId })).mutation(({ ctx, input }) => removeJudge(ctx.db, input)),
  start: adminProcedure
    .input(z.object({ projectId, judgeId }))
    .mutation(({ ctx, input }) => startJudging(ctx.db, input)),
});
