// From a judge's row to the function that judges.

import { eq } from 'drizzle-orm';
import type { judges } from '../db/schema/project.ts';
import { policies, projects } from '../db/schema/project.ts';
import { AppError } from '../domain/errors.ts';
import type { Judge, JudgeMode } from '../domain/judging.ts';
import { decryptText } from '../server/secrets.ts';
import type { JobContext } from './context.ts';
import { openJudge } from './judges/index.ts';
import { modelFolder, modelOf } from './sampling.ts';

type JudgeRow = typeof judges.$inferSelect;

const openers: { [K in JudgeRow['kind']]: (row: JudgeRow, context: JobContext, mode: JudgeMode) => Promise<Judge> } = {
  oracle: async () => openJudge({ kind: 'oracle' }),
  random: async () => openJudge({ kind: 'random', seed: 0 }),
  local: async (row, context, mode) => {
    const model = modelFolder(row.model ?? (await sftModelDir(row, context)));
    return openJudge({ kind: 'local', sampler: context.engine.sampler({ model, adapter: null }) }, mode);
  },
  reward: async ({ name, adapterKey, baseModelDir }, context) => {
    if (!adapterKey || !baseModelDir) throw new AppError('JUDGE_REFUSED', `The judge ${name} has no reward model.`);
    const { model, adapter } = await modelOf(context, { name, modelDir: baseModelDir, adapterKey });
    return openJudge({ kind: 'reward', model: context.engine.rewardModel({ model, adapter: adapter ?? '' }) });
  },
  openai: async (row, context, mode) => {
    if (!row.baseUrl || !row.model)
      throw new AppError('JUDGE_REFUSED', `The judge ${row.name} has no address or model.`);
    const apiKey = row.apiKeyEncrypted ? decryptText(context.secret, row.apiKeyEncrypted) : undefined;
    return openJudge({ kind: 'openai', baseUrl: row.baseUrl, model: row.model, apiKey }, mode);
  },
};

/** How many questions a judge is asked at once: those that wait for a network side by side. */
export const judgeConcurrency: { [K in JudgeRow['kind']]: number } = {
  oracle: 1,
  random: 1,
  local: 1,
  openai: 4,
  reward: 1,
};

export function openJudgeOf(row: JudgeRow, context: JobContext, mode: JudgeMode): Promise<Judge> {
  return openers[row.kind](row, context, mode);
}

async function sftModelDir(row: JudgeRow, context: JobContext): Promise<string> {
  const [found] = await context.db
    .select({ modelDir: policies.modelDir })
    .from(projects)
    .innerJoin(policies, eq(policies.id, projects.sftPolicyId))
    .where(eq(projects.id, row.projectId));
  if (!found?.modelDir) throw new AppError('JUDGE_REFUSED', `The judge ${row.name} has no model.`);
  return found.modelDir;
}

/** Runs `work` over the items, `width` at a time; the first failure stops the rest. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) {
        if (failed) return;
        try {
          await work(item);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    }),
  );
}
