// One message to one model, answered as it is sampled: the models page's try-it box. Nothing of it is stored.
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Queryable } from '../../db/client.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { models } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { modelDirOf, requireReadyModel } from './models.ts';
import { serveSample } from './serving.ts';

export const tryRequestSchema = z.object({
  /** A registered model, or a policy with its adapter. */
  modelId: z.uuid().optional(),
  policyId: z.uuid().optional(),
  message: z.string().min(1, 'Write a message.').max(100_000),
  config: samplingConfigSchema,
  seed: z.number().int().min(0).max(0xffffffff),
});
export type TryRequest = z.infer<typeof tryRequestSchema>;

/** What the page is told: the whole text so far, and at the end what it took. */
export type TryLine =
  | { type: 'text'; text: string }
  | { type: 'end'; text: string; finishReason: 'stop' | 'length'; tokens: number; seconds: number }
  | { type: 'error'; message: string };

export interface TryContext {
  db: Queryable;
  secret: string;
  modelsDir: string;
}

/** Policies and ready models that can be tried, in the order in which they came. */
export async function listTryable(db: Queryable) {
  const [ready, all] = await Promise.all([
    db
      .select({ id: models.id, name: models.name })
      .from(models)
      .where(eq(models.status, 'ready'))
      .orderBy(models.createdAt),
    db
      .select({ id: policies.id, name: policies.name, project: projects.name, modelDir: policies.modelDir })
      .from(policies)
      .innerJoin(projects, eq(projects.id, policies.projectId))
      .orderBy(policies.createdAt),
  ]);
  return {
    models: ready,
    policies: all.flatMap(({ modelDir, ...policy }) => (modelDir ? [policy] : [])),
  };
}

/** Throws what `serveSample` throws; leaving the loop, or `signal`, stops the worker. */
export async function* tryModel(
  context: TryContext,
  request: TryRequest,
  signal: AbortSignal,
): AsyncGenerator<Exclude<TryLine, { type: 'error' }>> {
  const { modelDir, adapterKey, hasChatTemplate } = await findTried(context, request);
  const started = performance.now();
  const prompt = hasChatTemplate ? [{ role: 'user', content: request.message }] : request.message;
  const served = {
    modelDir,
    adapterKey,
    prompts: [prompt],
    n: 1,
    seed: request.seed,
    config: request.config,
    stream: true,
  };
  for await (const chunk of serveSample(context, served, signal)) {
    if (chunk.type === 'progress') yield { type: 'text', text: chunk.text };
    else {
      const seconds = (performance.now() - started) / 1000;
      yield { type: 'end', text: chunk.text, finishReason: chunk.finishReason, tokens: chunk.tokens.length, seconds };
    }
  }
}

async function findTried({ db, modelsDir }: TryContext, { modelId, policyId }: TryRequest) {
  if (modelId) {
    const { model, modelDir } = await requireReadyModel(db, modelsDir, modelId);
    return { modelDir, adapterKey: null, hasChatTemplate: model.facts?.hasChatTemplate ?? true };
  }
  const [policy] = policyId ? await db.select().from(policies).where(eq(policies.id, policyId)) : [];
  if (!policy) throw new AppError('NOT_FOUND', 'There is no such model or policy: choose another one.');
  if (!policy.modelDir) {
    const why = policy.backendId
      ? 'is a model of a server elsewhere: try it there'
      : 'is no model, but texts that were imported: there is nothing to try';
    throw new AppError('CONFLICT', `The policy ${policy.name} ${why}.`);
  }
  const bases = await db.select({ folder: models.folder, facts: models.facts }).from(models);
  const base = bases.find(({ folder }) => folder && modelDirOf(modelsDir, folder) === policy.modelDir);
  return {
    modelDir: policy.modelDir,
    adapterKey: policy.adapterKey,
    hasChatTemplate: base?.facts?.hasChatTemplate ?? true,
  };
}
