// The JSONL files that people bring and take away: prompts, samples, rankings, pairs (TRL's names). Read here line by
// line with the reason and the number of a bad one; files and streams are the callers' affair.
import { z } from 'zod';
import type {
  ChatMessage,
  Completion,
  Prompt,
  RemoteResponse,
  SampledResponse,
  SftExample,
  TrainingExample,
  TrainingPair,
} from '../engine/ports.ts';
import { type ConditionName, conditioned } from './conditional.ts';
import { AppError } from './errors.ts';
import { splitPrompt } from './implicit-prompt.ts';
import { findTiersProblem, responseIndices } from './ranking.ts';

const messageSchema = z.object(
  { role: z.string('must be text').min(1, 'must not be empty'), content: z.string('must be text') },
  'must be a message {"role", "content"}',
) satisfies z.ZodType<ChatMessage>;

const textOrMessages = 'must be a string or a list of messages {"role", "content"}';

/**
 * A string or a list of messages, by what is there: a plain union would say of a bad message only that neither fits.
 * Unknown fields of a message are dropped.
 */
const stringOrMessagesSchema = z.unknown().transform((value, context): string | ChatMessage[] => {
  if (typeof value === 'string') return value;
  const parsed = z.array(messageSchema, textOrMessages).min(1, 'must not be an empty list').safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

export const promptSchema = stringOrMessagesSchema.refine((prompt) => prompt !== '', 'must not be empty');

const weightSchema = z.number('must be a number').min(0, 'must be 0 or more');

const tokenIdsSchema = z.array(z.number('must be token ids').int('must be token ids').min(0, 'must be token ids'), {
  error: 'must be a list of token ids',
});
const finishReasonSchema = z.enum(['stop', 'length'], 'must be "stop" or "length"');

/** A response of a `sample` line; token ids, finish reason and log-prob are absent where it came from elsewhere. */
export const sampledResponseSchema = z.looseObject(
  {
    text: z.string('must be text'),
    token_ids: tokenIdsSchema.optional(),
    finish_reason: finishReasonSchema.optional(),
    logp: z.number('must be a number').optional(),
  },
  'must be a response {"text"}',
);

/** What `conditioned` puts in front of a prompt where it is asked to. */
const conditionFields = {
  persona: z.string('must be text').nullish(),
  tags: z.array(z.string('must be text'), 'must be a list of texts').nullish(),
};

/** {prompt}, and whatever else the line carries. */
export const promptRowSchema = z.looseObject(
  { prompt: promptSchema, ...conditionFields },
  'must be an object {"prompt"}',
);

/** {prompt, responses}: a line of `sample`. */
export const sampleRowSchema = z.looseObject(
  { prompt: promptSchema, responses: z.array(sampledResponseSchema, 'must be a list of responses {"text"}') },
  'must be an object {"prompt", "responses"}',
);

const tiersSchema = z.array(
  z.array(z.number('must be the index of a response'), 'must be a tier: a list of indices of responses'),
  'must be tiers: lists of indices of responses, best first, or null',
);

/** A line of `judge`: a sample and its tiers (indices into `responses`, best first); null = there was no verdict. */
export const rankingRowSchema = sampleRowSchema
  .extend({
    tiers: tiersSchema.nullable(),
    verdict: z.string('must be text').optional(),
    shown_order: z.array(z.number()).optional(),
    scores: z.array(z.number('must be numbers'), 'must be a list of numbers').optional(),
  })
  .superRefine(({ tiers, responses, scores }, context) => {
    if (scores && scores.length !== responses.length) {
      context.addIssue({ code: 'custom', path: ['scores'], message: 'must be one for each response' });
    }
    const problem = tiers && findTiersProblem(tiers, responseIndices(responses.length));
    if (problem) context.addIssue({ code: 'custom', path: ['tiers'], message: `are no ranking: ${problem}` });
  });

/**
 * {prompt, chosen, rejected}. The exact tokens of a sampled response may stand beside its text and are preferred over
 * it; they end with the end-of-sequence id unless the finish reason is "length".
 */
const statedPairSchema = z
  .looseObject(
    {
      prompt: promptSchema,
      ...conditionFields,
      chosen: stringOrMessagesSchema,
      rejected: stringOrMessagesSchema,
      margin: z.number('must be a number').optional(),
      weight: weightSchema.optional(),
      criterion: z.string('must be text').min(1, 'must not be empty').optional(),
      chosen_token_ids: tokenIdsSchema.min(1, 'must not be empty').optional(),
      rejected_token_ids: tokenIdsSchema.min(1, 'must not be empty').optional(),
      chosen_finish_reason: finishReasonSchema.optional(),
      rejected_finish_reason: finishReasonSchema.optional(),
    },
    'must be an object {"prompt", "chosen", "rejected"}',
  )
  .superRefine(({ prompt, chosen, rejected }, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (typeof chosen !== typeof rejected) {
      complain('rejected', 'must be of the same kind as "chosen": both strings or both lists of messages');
    } else if (typeof prompt === 'string' && typeof chosen !== 'string') {
      complain('chosen', 'is a list of messages, so "prompt" must be one too');
    }
  });

/**
 * A pair of which only chosen and rejected are stated has the prompt that they begin with alike; none where token ids
 * stand beside them, since those hold completions alone.
 */
export const pairRowSchema = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || 'prompt' in value) return value;
  if ('chosen_token_ids' in value || 'rejected_token_ids' in value) return value;
  const sides = z.object({ chosen: stringOrMessagesSchema, rejected: stringOrMessagesSchema }).safeParse(value);
  const split = sides.success ? splitPrompt(sides.data.chosen, sides.data.rejected) : null;
  return split ? { ...value, ...split } : value;
}, statedPairSchema);

/** {prompt, completion, label}: TRL's unpaired preference, for losses that take no pairs (KTO). */
export const unpairedRowSchema = z
  .looseObject(
    {
      prompt: promptSchema,
      ...conditionFields,
      completion: stringOrMessagesSchema,
      label: z.boolean('must be true (desirable) or false'),
      weight: weightSchema.optional(),
      completion_token_ids: tokenIdsSchema.min(1, 'must not be empty').optional(),
      completion_finish_reason: finishReasonSchema.optional(),
    },
    'must be an object {"prompt", "completion", "label"}',
  )
  .refine(({ prompt, completion }) => typeof prompt !== 'string' || typeof completion === 'string', {
    path: ['completion'],
    message: 'is a list of messages, so "prompt" must be one too',
  });

/** A pair, or a labelled completion where the line has a completion: the reason of a bad one is that of its kind. */
export const trainingRowSchema = z.unknown().transform((value, context): PairRow | UnpairedRow => {
  const isUnpaired = typeof value === 'object' && value !== null && 'completion' in value;
  const parsed = (isUnpaired ? unpairedRowSchema : pairRowSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

/** {prompt, completion}, or {messages} of which the assistant's last one is the completion. */
export const sftRowSchema = z.union(
  [
    z.looseObject({ prompt: promptSchema, completion: stringOrMessagesSchema }),
    z.looseObject({ messages: z.array(messageSchema).min(2, 'must hold a question and an answer') }),
  ],
  'must be an object {"prompt", "completion"} or {"messages"}',
);

/** Of a conversation every assistant's turn is trained on. */
export function toSftExample(row: z.infer<typeof sftRowSchema>): SftExample {
  if (!('messages' in row)) return { prompt: row.prompt, completion: row.completion };
  return { messages: row.messages as ChatMessage[] };
}

export type PromptRow = z.infer<typeof promptRowSchema>;
export type SampleRow = z.infer<typeof sampleRowSchema>;
export type SampledResponseRow = z.infer<typeof sampledResponseSchema>;
export type RankingRow = z.infer<typeof rankingRowSchema>;
export type PairRow = z.infer<typeof pairRowSchema>;
export type UnpairedRow = z.infer<typeof unpairedRowSchema>;

/** One line as a row, or DATA_INVALID: `F.jsonl line 17: "prompt" is missing.` */
export function parseJsonLine<S extends z.ZodType>(schema: S, text: string, file: string, line: number): z.infer<S> {
  const where = `${file} line ${line}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'DATA_INVALID',
      `${where}: this is not JSON (${shorten(reason)}); every line must be one object.`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('DATA_INVALID', `${where}: ${describeIssue(parsed.error, value)}.`);
}

/** The rows of a whole JSONL text; blank lines are passed over. */
export function parseJsonLines<S extends z.ZodType>(schema: S, text: string, file: string): z.infer<S>[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [parseJsonLine(schema, line, file, index + 1)]));
}

/** The first thing that is wrong with a value, by the path of its field. */
function describeIssue(error: z.ZodError, value: unknown): string {
  const issue = error.issues[0];
  if (!issue) return 'not what is expected here';
  if (issue.path.length === 0) return `the line ${issue.message}`;
  const path = issue.path.map(String).join('.');
  return isMissing(value, issue.path) ? `"${path}" is missing` : `"${path}" ${issue.message}`;
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return false;
  if (!Object.hasOwn(value, key)) return !Array.isArray(value);
  return isMissing((value as Record<PropertyKey, unknown>)[key], rest);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

/** What is kept of a response, whoever sampled it. */
interface StoredResponse {
  text: string;
  tokenIds: number[] | null;
  finishReason: 'stop' | 'length';
  logp: number | null;
}

/** A response as a `sample` line holds it: without token ids or log-prob where a server elsewhere told none. */
export function toSampledRow({
  text,
  tokenIds,
  finishReason,
  logp,
}: SampledResponse | RemoteResponse | StoredResponse): SampledResponseRow {
  return {
    text,
    ...(tokenIds ? { token_ids: tokenIds } : {}),
    finish_reason: finishReason,
    ...(logp === null ? {} : { logp }),
  };
}

/** The sampled tokens where the row has them, else the text, which has no end where it was cut. */
function completionOf(
  content: string | ChatMessage[],
  tokenIds: number[] | undefined,
  finishReason: 'stop' | 'length' | undefined,
): Completion {
  if (tokenIds) return { tokenIds };
  if (finishReason !== 'length') return content;
  const cutText = typeof content === 'string' ? content : content.length === 1 ? content[0]?.content : undefined;
  return cutText === undefined ? content : { cutText };
}

/** A pair as training takes it, under the conditions that are asked for. */
export function toTrainingPair(row: PairRow, conditions: readonly ConditionName[] = []): TrainingPair {
  return {
    prompt: conditioned(row.prompt, row, conditions),
    chosen: completionOf(row.chosen, row.chosen_token_ids, row.chosen_finish_reason),
    rejected: completionOf(row.rejected, row.rejected_token_ids, row.rejected_finish_reason),
    ...(row.weight === undefined ? {} : { weight: row.weight }),
    ...(row.margin === undefined ? {} : { margin: row.margin }),
    ...(row.criterion === undefined ? {} : { criterion: row.criterion }),
  };
}

/** A line of either kind as training takes it. */
export function toTrainingExample(
  row: PairRow | UnpairedRow,
  conditions: readonly ConditionName[] = [],
): TrainingExample {
  if (!isUnpaired(row)) return toTrainingPair(row, conditions);
  return {
    prompt: conditioned(row.prompt, row, conditions),
    completion: completionOf(row.completion, row.completion_token_ids, row.completion_finish_reason),
    label: row.label,
    ...(row.weight === undefined ? {} : { weight: row.weight }),
  };
}

const isUnpaired = (row: PairRow | UnpairedRow): row is UnpairedRow => 'completion' in row;

/** A response's text as TRL wants it beside its prompt: plain beside plain, an assistant's turn beside messages. */
export function toCompletion(prompt: Prompt, text: string): string | ChatMessage[] {
  return typeof prompt === 'string' ? text : [{ role: 'assistant', content: text }];
}

export interface TrlRow {
  prompt: Prompt;
  chosen: string | ChatMessage[];
  rejected: string | ChatMessage[];
}

/** A pair as TRL's DPOTrainer reads it. */
export function toTrlRow(prompt: Prompt, chosen: string, rejected: string): TrlRow {
  return { prompt, chosen: toCompletion(prompt, chosen), rejected: toCompletion(prompt, rejected) };
}
