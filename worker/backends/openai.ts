// Sampling from a server elsewhere that speaks OpenAI's API: vLLM, Ollama, llama.cpp, a cloud. It gives text; token ids
// are not known here, and log-probs only where the server tells them.
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { mixSeed } from '../../domain/random.ts';
import type { SamplingConfig } from '../../engine/config.ts';
import type { RemoteResponse, SampledChunk, SampleRequest, Sampler } from '../../engine/ports.ts';
import { streamed } from '../streamed.ts';
import {
  openRemoteServer,
  type RemoteFields,
  type RemoteOptions,
  type RemotePath,
  type RemoteRole,
} from './remote-server.ts';

export interface RemoteSamplerOptions extends RemoteOptions {
  /** The tokens of each answer, as the server counts them. */
  onUsage?: (usage: TokenUsage) => void;
}

export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
}

export type RemoteChunk = SampledChunk<RemoteResponse>;
export type RemoteSampler = Sampler<RemoteResponse>;

const role: RemoteRole = {
  name: 'The model server',
  unavailable: 'BACKEND_UNAVAILABLE',
  refused: 'BACKEND_REFUSED',
  again: 'sample again',
  maxBodyBytes: 64 * 2 ** 20,
};
/** A long response takes its time, and comes as a whole. */
const answerTimeoutMs = 300_000;

export function openRemoteSampler({ onUsage, ...options }: RemoteSamplerOptions): RemoteSampler {
  const server = openRemoteServer({ timeoutMs: answerTimeoutMs, ...options }, role);
  /** What this server has shown that it does not take. */
  const lacks = { n: false, logprobs: false, maxTokens: false };

  async function sampleRequest(
    request: SampleRequest,
    config: SamplingConfig,
    emit: (chunk: RemoteChunk) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let told = 0;
    const tell = (responses: readonly RemoteResponse[]) => {
      for (const response of responses.slice(0, request.n - told)) {
        emit({ type: 'response', id: request.id, index: told++, response });
      }
    };
    const first = await ask(request, lacks.n ? 1 : request.n, request.seed, config, signal);
    // Ollama and llama.cpp pass over "n".
    if (!lacks.n && first.length < request.n) lacks.n = true;
    tell(first);
    const seeds = Array.from({ length: request.n - told }, (_, i) => mixSeed(request.seed, told + i));
    const rest = await Promise.all(seeds.map((seed) => ask(request, 1, seed, config, signal)));
    for (const responses of rest) tell(responses.slice(0, 1));
  }

  async function ask(
    request: SampleRequest,
    n: number,
    seed: number,
    config: SamplingConfig,
    signal: AbortSignal,
  ): Promise<RemoteResponse[]> {
    const { path, prompt } = promptFields(request);
    const compose = () => ({
      model: server.model,
      ...prompt,
      ...samplingFields(path, lacks.n ? 1 : n, seed, config, lacks),
    });
    const json = await server.post(path, compose, signal, noteRefusal);
    const reply = replySchema.safeParse(json).data;
    if (!reply || reply.choices.length === 0) {
      throw server.refusal(
        path,
        'answered with something else than a completion: check that its base URL is that of an OpenAI-compatible server (it usually ends with /v1).',
      );
    }
    if (reply.usage) onUsage?.(reply.usage);
    return reply.choices;
  }

  /** Whether the server refused a field that can be done without; from now on it is. */
  function noteRefusal(refused: RemoteFields, words: string): boolean {
    if ('max_tokens' in refused && words.includes('max_completion_tokens')) lacks.maxTokens = true;
    else if ('n' in refused && /(^|[^a-z])n([^a-z]|$)/.test(words)) lacks.n = true;
    else if ('logprobs' in refused && /logprobs/i.test(words)) lacks.logprobs = true;
    else return false;
    return true;
  }

  return {
    sample: (requests, config, signal) =>
      streamed<RemoteChunk>(async (emit, stop) => {
        if (config.precision !== 'auto') {
          throw new AppError(
            'INVALID_INPUT',
            `A server elsewhere has its own precision: leave precision at auto, not ${config.precision}.`,
          );
        }
        const giveUp = new AbortController();
        const either = AbortSignal.any([stop, giveUp.signal]);
        const work = requests.map((request) => sampleRequest(request, config, emit, either));
        try {
          await Promise.all(work);
        } catch (error) {
          giveUp.abort();
          await Promise.allSettled(work);
          throw error;
        }
      }, signal),
    close: async () => undefined,
  };
}

/** Messages are the server's to template; plain text and token ids are completed as they stand. */
function promptFields({ prompt }: SampleRequest): { path: RemotePath; prompt: RemoteFields } {
  if (Array.isArray(prompt)) return { path: 'chat/completions', prompt: { messages: prompt } };
  return { path: 'completions', prompt: { prompt: typeof prompt === 'string' ? prompt : prompt.tokenIds } };
}

/** Settings that change nothing are left out: not every server knows them, and some refuse what they do not know. */
function samplingFields(
  path: RemotePath,
  n: number,
  seed: number,
  config: SamplingConfig,
  lacks: { logprobs: boolean; maxTokens: boolean },
): RemoteFields {
  const { top_k, min_p, repetition_penalty, presence_penalty, frequency_penalty, stop, max_new_tokens } = config;
  return {
    ...(n === 1 ? {} : { n }),
    seed,
    temperature: config.temperature,
    [lacks.maxTokens ? 'max_completion_tokens' : 'max_tokens']: max_new_tokens,
    ...(config.top_p === 1 ? {} : { top_p: config.top_p }),
    ...(top_k === 0 ? {} : { top_k }),
    ...(min_p === 0 ? {} : { min_p }),
    ...(repetition_penalty === 1 ? {} : { repetition_penalty }),
    ...(presence_penalty === 0 ? {} : { presence_penalty }),
    ...(frequency_penalty === 0 ? {} : { frequency_penalty }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(lacks.logprobs ? {} : { logprobs: path === 'completions' ? 0 : true }),
  };
}

/** Anything else that ends a response (a content filter, "max_tokens") has cut it. */
const finishSchema = z
  .string()
  .nullish()
  .transform((reason) => (['stop', 'eos', 'end_turn', 'stop_sequence'].includes(reason ?? 'stop') ? 'stop' : 'length'));

const chatChoice = z
  .object({
    message: z.object({ content: z.string().nullish() }),
    finish_reason: finishSchema,
    logprobs: z
      .object({ content: z.array(z.object({ logprob: z.number() })).nullish() })
      .nullish()
      .catch(null),
  })
  .transform(({ message, finish_reason, logprobs }) =>
    toResponse(
      message.content ?? '',
      finish_reason,
      logprobs?.content?.map(({ logprob }) => logprob),
    ),
  );

const textChoice = z
  .object({
    text: z.string(),
    finish_reason: finishSchema,
    logprobs: z
      .object({ token_logprobs: z.array(z.number()).nullish() })
      .nullish()
      .catch(null),
  })
  .transform(({ text, finish_reason, logprobs }) => toResponse(text, finish_reason, logprobs?.token_logprobs));

const replySchema = z.object({
  choices: z.array(z.union([chatChoice, textChoice])),
  usage: z
    .object({ prompt_tokens: z.number(), completion_tokens: z.number() })
    .transform(({ prompt_tokens, completion_tokens }) => ({
      promptTokens: prompt_tokens,
      completionTokens: completion_tokens,
    }))
    .nullish()
    .catch(null),
});

function toResponse(
  text: string,
  finishReason: 'stop' | 'length',
  logps: readonly number[] | null | undefined,
): RemoteResponse {
  const tokenLogps = logps && logps.length > 0 ? [...logps] : null;
  const logp = tokenLogps?.reduce((sum, value) => sum + value, 0) ?? null;
  return { text, tokenIds: null, finishReason, logp, tokenLogps };
}
