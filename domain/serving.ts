// What the web process asks of a worker's internal service, and what comes back: a line of JSON per chunk.
import { z } from 'zod';
import { samplingConfigSchema } from '../engine/config.ts';
import type { SampledChunk } from '../engine/ports.ts';

/** One request is for a person or a program that waits: larger work is a job. */
export const servedLimits = { prompts: 64, responses: 256, bodyBytes: 8 * 2 ** 20 } as const;

const messageSchema = z.object({ role: z.string(), content: z.string() });

export const servedRequestSchema = z.object({
  /** The base model's folder, as its policy has it, and the adapter's key in the artifact store. */
  modelDir: z.string().min(1),
  adapterKey: z.string().nullable(),
  prompts: z
    .array(z.union([z.string(), z.array(messageSchema), z.object({ tokenIds: z.array(z.number()) })]))
    .min(1)
    .max(servedLimits.prompts),
  n: z.number().int().min(1).max(servedLimits.responses),
  seed: z.number().int().min(0),
  config: samplingConfigSchema,
  /** Whether the text is wanted while it grows. */
  stream: z.boolean(),
});
export type ServedRequest = z.infer<typeof servedRequestSchema>;

/** Only to be read: what the model makes of each token. */
export const readRequestSchema = servedRequestSchema.pick({ modelDir: true, adapterKey: true, prompts: true });
export type ReadRequest = z.infer<typeof readRequestSchema>;

/** Only to be looked at: whether the adapter is a reward model of this base. */
export const rewardModelRequestSchema = readRequestSchema.pick({ modelDir: true, adapterKey: true });
export type RewardModelRequest = z.infer<typeof rewardModelRequestSchema>;

const readPromptSchema = z.object({
  tokens: z.array(z.string()),
  /** Null for the first token, which nothing predicts. */
  scores: z.array(z.object({ logp: z.number(), top: z.string(), topLogp: z.number() }).nullable()),
});
/** A prompt's tokens as text, each with its log-prob and the likeliest token in its place with its own. */
export type ReadPrompt = z.infer<typeof readPromptSchema>;

const place = { prompt: z.number().int(), index: z.number().int() };

export const servedChunkSchema = z.discriminatedUnion('type', [
  /** The response has grown: `text` is the whole text so far. */
  z.object({ type: z.literal('progress'), ...place, text: z.string() }),
  z.object({
    type: z.literal('response'),
    ...place,
    text: z.string(),
    finishReason: z.enum(['stop', 'length']),
    promptTokens: z.number().int(),
    /** The sampled tokens as text, and their log-probs: untempered and unfiltered, in nats. */
    tokens: z.array(z.string()),
    tokenLogps: z.array(z.number()),
  }),
]);
/** A chunk of the response `index` to the prompt `prompt`, both counted from 0. */
export type ServedChunk = z.infer<typeof servedChunkSchema>;
export type ServedResponse = Extract<ServedChunk, { type: 'response' }>;

/** A line of the stream. The last one is `end` or `error`: without it, the connection broke. */
export const servedLineSchema = z.union([
  servedChunkSchema,
  z.object({ type: z.literal('read'), prompts: z.array(readPromptSchema) }),
  z.object({ type: z.literal('recognised') }),
  z.object({ type: z.literal('end') }),
  z.object({ type: z.literal('error'), code: z.string().nullable(), message: z.string() }),
]);
export type ServedLine = z.infer<typeof servedLineSchema>;

/** An engine's chunk, whose requests were named by their prompt's number, as a chunk of the service. */
export function toServedChunk(
  chunk: SampledChunk,
  explain: (prompt: number, tokenIds: readonly number[]) => { promptTokens: number; tokens: string[] },
): ServedChunk {
  const at = { prompt: Number(chunk.id), index: chunk.index };
  if (chunk.type === 'progress') return { type: 'progress', ...at, text: chunk.text };
  const { text, finishReason, tokenIds, tokenLogps } = chunk.response;
  return { type: 'response', ...at, text, finishReason, tokenLogps, ...explain(at.prompt, tokenIds) };
}
