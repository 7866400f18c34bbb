// Which fields of a request are understood. One that would change the answer and is not is refused by its name, never
// passed over; those that only keep books are passed over, as OpenAI itself does with many of them.
import { z } from 'zod';
import { type SamplingConfig, samplingConfigSchema } from '../../engine/config.ts';
import { BadRequest } from './errors.ts';

const ignored = [
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
];

/** Fields of OpenAI's that ask for nothing when they have such a value. */
const harmless: Record<string, (value: unknown, body: Record<string, unknown>) => boolean> = {
  tools: (value) => Array.isArray(value) && value.length === 0,
  tool_choice: (value) => value === 'none' || value === 'auto',
  parallel_tool_calls: () => true,
  functions: (value) => Array.isArray(value) && value.length === 0,
  function_call: (value) => value === 'none' || value === 'auto',
  response_format: (value) => z.object({ type: z.literal('text') }).safeParse(value).success,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  logit_bias: (value) => typeof value === 'object' && Object.keys(value as object).length === 0,
  best_of: (value, { n }) => value === (n ?? 1),
  echo: (value) => value === false,
  suffix: (value) => value === '',
};

/** The body without the fields that are passed over. Throws a 400 that names the first one not understood. */
export function knownFields(body: unknown, known: readonly string[]): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequest('The body must be a JSON object.', null);
  }
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || ignored.includes(name)) continue;
    if (known.includes(name)) fields[name] = value;
    else if (!Object.hasOwn(harmless, name) || !harmless[name]?.(value, body as Record<string, unknown>)) {
      throw new BadRequest(`"${name}" is not supported here: leave it out.`, name, 'unsupported_parameter');
    }
  }
  return fields;
}

/** Parsed by its schema, or a 400 that names the field. */
export function parseFields<S extends z.ZodType>(schema: S, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') || null;
  throw new BadRequest(`${param ? `"${param}": ` : ''}${issue?.message ?? 'invalid'}.`, param);
}

/** What both endpoints have in common. Names and defaults are OpenAI's; the last three are vLLM's. */
export const commonShape = {
  model: z.string('Name a model'),
  n: z.number().int().min(1).max(128).default(1),
  stream: z.boolean().default(false),
  stream_options: z.strictObject({ include_usage: z.boolean().default(false) }).optional(),
  seed: z.number().int().optional(),
  max_tokens: z.number().int().min(1).optional(),
  temperature: z.number().min(0).max(2).default(1),
  top_p: samplingConfigSchema.shape.top_p,
  presence_penalty: samplingConfigSchema.shape.presence_penalty,
  frequency_penalty: samplingConfigSchema.shape.frequency_penalty,
  stop: z
    .union([z.string().transform((text) => [text]), z.array(z.string())], 'must be a string or a list of strings')
    .pipe(samplingConfigSchema.shape.stop.unwrap())
    .default([]),
  top_k: z.number().int().min(-1).default(-1),
  min_p: samplingConfigSchema.shape.min_p,
  repetition_penalty: samplingConfigSchema.shape.repetition_penalty,
} as const;

type Common = z.output<z.ZodObject<typeof commonShape>>;

/** As many tokens as the model has positions for, where a request does not say. */
export const noTokenLimit = 32_768;

export function samplingOf(fields: Common, maxTokens: number): SamplingConfig {
  if (fields.stream_options && !fields.stream) {
    throw new BadRequest('"stream_options" is for "stream": true.', 'stream_options');
  }
  return samplingConfigSchema.parse({
    temperature: fields.temperature,
    top_p: fields.top_p,
    // vLLM's word for all tokens is -1.
    top_k: Math.max(0, fields.top_k),
    min_p: fields.min_p,
    repetition_penalty: fields.repetition_penalty,
    presence_penalty: fields.presence_penalty,
    frequency_penalty: fields.frequency_penalty,
    stop: fields.stop,
    max_new_tokens: Math.min(maxTokens, noTokenLimit),
  });
}
