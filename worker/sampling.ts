// Samples the prompts of a sampling that have no responses yet: what the `sample` job and an evaluation share.
// A prompt's n responses are written together or not at all, so a killed worker's successor goes on where it stood.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { and, asc, eq, inArray, notExists, sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.ts';
import { prompts, responses, type samplings } from '../db/schema/data.ts';
import type { policies } from '../db/schema/project.ts';
import { conditioned } from '../domain/conditional.ts';
import { AppError } from '../domain/errors.ts';
import { mixSeed } from '../domain/random.ts';
import { samplingConfigSchema } from '../engine/config.ts';
import type { ChatMessage, RemoteResponse, SampledResponse, Sampler } from '../engine/ports.ts';
import { decryptText } from '../server/secrets.ts';
import { requireBackend } from '../server/services/backends.ts';
import { openRemoteSampler } from './backends/openai.ts';
import type { JobContext, WorkerServices } from './context.ts';
import type { ModelOptions } from './engine-protocol.ts';

type Sampling = typeof samplings.$inferSelect;
type Policy = typeof policies.$inferSelect;

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
/** How many prompts go to the engine at once. */
const promptsPerRequest = 64;

export interface SampledPrompt {
  id: string;
  messages: ChatMessage[];
  persona: string | null;
  tags: string[];
  contentHash: string;
}

/** Folders of a policy's model and adapter, as the engine wants them. */
export async function modelOf(
  { artifacts }: Pick<WorkerServices, 'artifacts'>,
  { name, modelDir, adapterKey }: Pick<Policy, 'name' | 'modelDir' | 'adapterKey'>,
): Promise<ModelOptions> {
  if (!modelDir) {
    throw new AppError('CONFLICT', `The policy ${name} is a model of a server elsewhere: it can only be sampled from.`);
  }
  return {
    model: modelFolder(modelDir),
    adapter: adapterKey ? await artifacts.openFolder(adapterKey) : null,
  };
}

export function modelFolder(modelDir: string): string {
  return path.resolve(projectRoot, modelDir);
}

type AnyResponse = SampledResponse | RemoteResponse;
type Ask = Sampler<AnyResponse>['sample'];

/** The engine, or the backend whose model the policy is. */
async function askOf(context: JobContext, policy: Policy): Promise<Ask> {
  if (!policy.backendId) {
    const model = await modelOf(context, policy);
    return (requests, config, signal) => context.engine.sample(model, requests, config, signal);
  }
  const { baseUrl, model, apiKeyEncrypted } = await requireBackend(context.db, policy.backendId);
  const apiKey = apiKeyEncrypted ? decryptText(context.secret, apiKeyEncrypted) : undefined;
  return openRemoteSampler({ baseUrl, model, apiKey }).sample;
}

/** `onPrompt` runs in the transaction that stores a prompt's responses. */
export async function sampleMissing(
  context: JobContext,
  sampling: Sampling,
  policy: Policy,
  promptIds: string[],
  onPrompt: (tx: Transaction, prompt: SampledPrompt) => Promise<void>,
): Promise<void> {
  const ask = await askOf(context, policy);
  for (let start = 0; start < promptIds.length; start += promptsPerRequest) {
    const missing = await findUnanswered(context, sampling, promptIds.slice(start, start + promptsPerRequest));
    if (missing.length > 0) await samplePrompts(context, sampling, ask, missing, onPrompt);
  }
}

async function findUnanswered(context: JobContext, sampling: Sampling, promptIds: string[]): Promise<SampledPrompt[]> {
  const answered = context.db
    .select({ one: sql`1` })
    .from(responses)
    .where(and(eq(responses.samplingId, sampling.id), eq(responses.promptId, prompts.id)));
  return context.db
    .select({
      id: prompts.id,
      messages: prompts.messages,
      persona: prompts.persona,
      tags: prompts.tags,
      contentHash: prompts.contentHash,
    })
    .from(prompts)
    .where(and(inArray(prompts.id, promptIds), notExists(answered)))
    .orderBy(asc(prompts.createdAt), asc(prompts.id));
}

async function samplePrompts(
  context: JobContext,
  sampling: Sampling,
  ask: Ask,
  missing: SampledPrompt[],
  onPrompt: (tx: Transaction, prompt: SampledPrompt) => Promise<void>,
): Promise<void> {
  const waiting = new Map(missing.map((prompt) => [prompt.id, { prompt, answers: new Map<number, AnyResponse>() }]));
  const requests = missing.map((prompt) => ({
    id: prompt.id,
    prompt: conditioned(prompt.messages, prompt, sampling.conditions),
    n: sampling.n,
    seed: promptSeed(sampling, prompt),
  }));
  // Parsed again: a configuration stored by an earlier version lacks what came later.
  const config = samplingConfigSchema.parse(sampling.config);
  for await (const chunk of ask(requests, config, context.signal)) {
    if (chunk.type !== 'response') continue;
    const entry = waiting.get(chunk.id);
    if (!entry) continue;
    entry.answers.set(chunk.index, chunk.response);
    if (entry.answers.size < sampling.n) continue;
    waiting.delete(chunk.id);
    await context.write(async (tx) => {
      await insertResponses(tx, sampling, entry.prompt, entry.answers);
      await onPrompt(tx, entry.prompt);
    });
  }
}

/** By content, so that the same prompt and seed give the same responses in another installation. */
function promptSeed(sampling: Sampling, prompt: SampledPrompt): number {
  return mixSeed(sampling.seed, prompt.contentHash);
}

async function insertResponses(
  tx: Transaction,
  sampling: Sampling,
  prompt: SampledPrompt,
  answers: Map<number, AnyResponse>,
): Promise<void> {
  await tx.insert(responses).values(
    [...answers].map(([ordinal, answer]) => ({
      samplingId: sampling.id,
      promptId: prompt.id,
      policyId: sampling.policyId,
      ordinal,
      text: toStorable(answer.text),
      tokenIds: answer.tokenIds,
      finishReason: answer.finishReason,
      logp: answer.logp,
      seed: promptSeed(sampling, prompt),
    })),
  );
}

/** Postgres holds no NUL in text; the token ids stay as they were sampled. */
function toStorable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
