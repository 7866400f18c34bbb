// The two requests, read into what the worker is asked. A response to (prompt p, sample i) is the choice p * n + i.
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { mixSeed } from '../../domain/random.ts';
import { type ServedRequest, servedLimits } from '../../domain/serving.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { BadRequest } from './errors.ts';
import { commonShape, knownFields, noTokenLimit, parseFields, samplingOf } from './fields.ts';

export interface Asked {
  model: string;
  /** What the worker is asked, but for the model. */
  request: Omit<ServedRequest, 'modelDir' | 'adapterKey'>;
  withLogprobs: boolean;
  /** Whether the likeliest token's log-prob is wanted too, where it is known. */
  withTop: boolean;
  /** The prompt comes back before its completions, with its own log-probs. */
  isEchoed: boolean;
  /** No completion is wanted: the prompt's log-probs are all. */
  isReadOnly: boolean;
  /** Whether each drawn token is the likeliest one, so that its log-prob is also the first of the top ones. */
  isGreedy: boolean;
  withUsage: boolean;
}

const textPart = z.object({ type: z.literal('text', 'only parts of type "text" are supported'), text: z.string() });
const contentSchema = z.union(
  [z.string(), z.array(textPart).transform((parts) => parts.map(({ text }) => text).join(''))],
  'must be text or a list of parts of type "text"',
);
/** A reply of ours may come back as part of a conversation: its empty fields say nothing. */
const nothing = z.union([z.null(), z.array(z.never())]).optional();
const messageSchema = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant'], 'must be system, developer, user or assistant'),
    content: contentSchema,
    name: z.string().optional(),
    refusal: z.null().optional(),
    audio: z.null().optional(),
    annotations: nothing,
    tool_calls: nothing,
    function_call: z.null().optional(),
  })
  // OpenAI's newer word; chat templates know the older one.
  .transform(({ role, content }): ChatMessage => ({ role: role === 'developer' ? 'system' : role, content }));

const chatSchema = z.object({
  ...commonShape,
  messages: z.array(messageSchema).min(1, 'must hold a message'),
  max_completion_tokens: commonShape.max_tokens,
  logprobs: z.boolean().default(false),
  top_logprobs: z
    .literal(0, 'only 0 is supported: the drawn tokens have their log-probs, the others are not kept')
    .optional(),
});

export function readChatRequest(body: unknown): Asked {
  const fields = parseFields(chatSchema, knownFields(body, Object.keys(chatSchema.shape)));
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens ?? noTokenLimit;
  return asked(fields, [fields.messages], maxTokens, { withLogprobs: fields.logprobs });
}

const idsSchema = z.array(z.number().int().min(0)).min(1);
const completionSchema = z.object({
  ...commonShape,
  max_tokens: z.number().int().min(0).optional(),
  echo: z.boolean().default(false),
  prompt: z.union(
    [
      z.string().transform((prompt) => [prompt]),
      idsSchema.transform((tokenIds) => [{ tokenIds }]),
      z.array(z.string()).min(1),
      z.array(idsSchema.transform((tokenIds) => ({ tokenIds }))).min(1),
    ],
    'must be a string, a list of strings, a list of token ids or a list of such lists',
  ),
  logprobs: z
    .number()
    .int()
    .min(0)
    .max(1, 'only 0 and 1 are supported: the drawn tokens have their log-probs, the others are not kept')
    .optional(),
});

/** OpenAI's default for completions. */
const completionTokens = 16;

export function readCompletionRequest(body: unknown): Asked {
  const fields = parseFields(completionSchema, knownFields(body, Object.keys(completionSchema.shape)));
  const { echo, logprobs, max_tokens = completionTokens, stream } = fields;
  if (max_tokens === 0 && !echo) throw new BadRequest('"max_tokens" 0 is for "echo": true.', 'max_tokens');
  if (echo && stream) throw new BadRequest('"echo" is not supported with "stream": leave one out.', 'echo');
  return asked(fields, fields.prompt, Math.max(1, max_tokens), {
    withLogprobs: logprobs !== undefined,
    withTop: logprobs === 1,
    isEchoed: echo,
    isReadOnly: max_tokens === 0,
  });
}

function asked(
  fields: z.output<z.ZodObject<typeof commonShape>>,
  prompts: ServedRequest['prompts'],
  maxTokens: number,
  wishes: Partial<Pick<Asked, 'withLogprobs' | 'withTop' | 'isEchoed' | 'isReadOnly'>>,
): Asked {
  const { model, n, stream, seed } = fields;
  if (prompts.length > servedLimits.prompts || prompts.length * n > servedLimits.responses) {
    throw new BadRequest(
      `One request takes at most ${servedLimits.prompts} prompts and ${servedLimits.responses} responses: send several.`,
      prompts.length > 1 ? 'prompt' : 'n',
    );
  }
  const config = samplingOf(fields, maxTokens);
  return {
    model,
    request: { prompts, n, seed: seed === undefined ? randomInt(2 ** 32) : engineSeed(seed), config, stream },
    withLogprobs: wishes.withLogprobs ?? false,
    withTop: wishes.withTop ?? false,
    isEchoed: wishes.isEchoed ?? false,
    isReadOnly: wishes.isReadOnly ?? false,
    isGreedy:
      config.temperature === 0 &&
      config.repetition_penalty === 1 &&
      config.presence_penalty === 0 &&
      config.frequency_penalty === 0,
    withUsage: fields.stream_options?.include_usage ?? false,
  };
}

/** Seeds of the engine's range as they are, so that they give what the app and the command line give. */
const engineSeed = (seed: number) => (seed >= 0 && seed < 2 ** 32 ? seed : mixSeed(0, seed));
