import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { modelFolderSchema } from '../../domain/models.ts';
import type { User } from '../auth.ts';
import { createJudge, listJudges, removeJudge, startJudging } from '../services/judges.ts';
import { listRewardChoices } from '../services/reward-judges.ts';
import { projectProcedure, router, rowProcedure } from '../trpc.ts';

/** A model of a server that speaks OpenAI's API. */
export const remoteModelShape = {
  baseUrl: z.url({ protocol: /^https?$/, error: 'Give an address that starts with http:// or https://.' }).max(1000),
  model: z.string().trim().min(1, "Give the model's name.").max(200),
  apiKey: z.string().max(1000).optional(),
};

const createInput = z.object({
  name: z.string().trim().min(1, 'Give a name.').max(100),
  judge: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('oracle') }),
    z.object({ kind: z.literal('random') }),
    z.object({ kind: z.literal('local'), model: z.string().min(1).max(1000).optional() }),
    z.object({ kind: z.literal('openai'), ...remoteModelShape }),
    z.object({ kind: z.literal('reward'), folder: modelFolderSchema, baseModelId: z.uuid().optional() }),
  ]),
});

/** A folder anywhere on the server's disk: its own admins' to name. The project's SFT model is any project admin's. */
function requireOwnFolder(user: User, { judge }: z.infer<typeof createInput>): void {
  if (judge.kind === 'local' && judge.model !== undefined && user.role !== 'admin') {
    throw new AppError(
      'FORBIDDEN',
      'Only an admin of the installation may name a folder: leave it out for the project’s SFT model.',
    );
  }
}

export const judgesRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listJudges(ctx.db, input)),
  /** Folders that may be reward models, and what they may have been trained on. */
  rewardChoices: projectProcedure('admin').query(({ ctx }) => listRewardChoices(ctx.db, ctx)),
  create: projectProcedure('admin')
    .input(createInput)
    .mutation(({ ctx, input, signal }) => {
      requireOwnFolder(ctx.user, input);
      return createJudge(ctx.db, ctx, input, signal);
    }),
  remove: rowProcedure('judgeId', 'admin').mutation(({ ctx, input }) => removeJudge(ctx.db, input)),
  start: projectProcedure('admin')
    .input(z.object({ judgeId: z.uuid() }))
    .mutation(({ ctx, input }) => startJudging(ctx.db, input)),
});
