// Answers in OpenAI's shapes, whole or in chunks: chat and text completions differ in a table, not in the code around it.
import { randomUUID } from 'node:crypto';
import type { ReadPrompt, ServedResponse } from '../../domain/serving.ts';
import type { Asked } from './requests.ts';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export interface ReplyHead {
  id: string;
  created: number;
  model: string;
}

export interface ReplyKind {
  idPrefix: string;
  object: string;
  chunkObject: string;
  choice(response: ServedResponse, asked: Asked): object;
  /** What a choice begins with in a stream, before any text. */
  opening(): object | null;
  delta(text: string): object;
  /** The end of a choice: its last text, and what is known only then. */
  closing(text: string, response: ServedResponse, asked: Asked): object;
}

export const chatReply: ReplyKind = {
  idPrefix: 'chatcmpl',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  choice: (response, asked) => ({
    message: { role: 'assistant', content: response.text, refusal: null },
    logprobs: asked.withLogprobs ? chatLogprobs(response) : null,
    finish_reason: response.finishReason,
  }),
  opening: () => ({ delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }),
  delta: (content) => ({ delta: { content }, logprobs: null, finish_reason: null }),
  closing: (content, response, asked) => ({
    delta: content === '' ? {} : { content },
    logprobs: asked.withLogprobs ? chatLogprobs(response) : null,
    finish_reason: response.finishReason,
  }),
};

export const completionReply: ReplyKind = {
  idPrefix: 'cmpl',
  object: 'text_completion',
  chunkObject: 'text_completion',
  choice: (response, asked) => completionReply.closing(response.text, response, asked),
  opening: () => null,
  delta: (text) => ({ text, logprobs: null, finish_reason: null }),
  closing: (text, response, asked) => ({
    text,
    logprobs: asked.withLogprobs ? completionLogprobs(response, asked) : null,
    finish_reason: response.finishReason,
  }),
};

function chatLogprobs({ tokens, tokenLogps }: ServedResponse) {
  const content = tokens.map((token, i) => ({
    token,
    logprob: tokenLogps[i] ?? null,
    bytes: [...Buffer.from(token)],
    top_logprobs: [],
  }));
  return { content, refusal: null };
}

type TopLogprobs = Record<string, number> | null;

function completionLogprobs({ tokens, tokenLogps }: ServedResponse, { isGreedy, withTop }: Asked) {
  return {
    tokens,
    token_logprobs: tokenLogps,
    // Only what greedy sampling draws is known to be the likeliest.
    top_logprobs: withTop && isGreedy ? tokens.map((token, i): TopLogprobs => ({ [token]: tokenLogps[i] ?? 0 })) : null,
    text_offset: offsetsOf(tokens),
  };
}

function offsetsOf(tokens: readonly string[]): number[] {
  let length = 0;
  return tokens.map((token) => {
    length += token.length;
    return length - token.length;
  });
}

/** Completions with their prompts before them, as harnesses score texts: `responses` is empty where none was drawn. */
export function echoReply(
  head: ReplyHead,
  asked: Asked,
  prompts: readonly ReadPrompt[],
  responses: readonly ServedResponse[],
) {
  const { n, prompts: given } = asked.request;
  const choices = prompts.flatMap(({ tokens, scores }, p) => {
    const text = given[p];
    const promptText = typeof text === 'string' ? text : tokens.join('');
    return Array.from({ length: n }, (_, i) => {
      const response = responses.find(({ prompt, index }) => prompt === p && index === i);
      const drawn = response ? completionLogprobs(response, asked) : null;
      const all = [...tokens, ...(drawn?.tokens ?? [])];
      const tops: TopLogprobs[] = [
        ...scores.map((score, k) => (score ? { [score.top]: score.topLogp, [tokens[k] ?? '']: score.logp } : null)),
        ...(drawn?.tokens.map((_, k) => drawn.top_logprobs?.[k] ?? null) ?? []),
      ];
      return {
        index: p * n + i,
        text: promptText + (response?.text ?? ''),
        logprobs: asked.withLogprobs
          ? {
              tokens: all,
              token_logprobs: [...scores.map((score) => score?.logp ?? null), ...(drawn?.token_logprobs ?? [])],
              top_logprobs: asked.withTop ? tops : null,
              text_offset: offsetsOf(all),
            }
          : null,
        finish_reason: response?.finishReason ?? 'length',
      };
    });
  });
  const prompt_tokens = prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const completion_tokens = responses.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const usage: Usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  return { ...head, object: completionReply.object, choices, usage };
}

export function newHead(kind: ReplyKind, model: string): ReplyHead {
  return { id: `${kind.idPrefix}-${randomUUID()}`, created: Math.floor(Date.now() / 1_000), model };
}

export const choiceIndex = ({ request }: Asked, at: { prompt: number; index: number }) =>
  at.prompt * request.n + at.index;

/** Each prompt counts once, however many responses it has. */
export function usageOf(responses: readonly ServedResponse[]): Usage {
  const prompts = new Map(responses.map(({ prompt, promptTokens }) => [prompt, promptTokens]));
  const prompt_tokens = [...prompts.values()].reduce((sum, count) => sum + count, 0);
  const completion_tokens = responses.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

export function wholeReply(kind: ReplyKind, head: ReplyHead, asked: Asked, responses: readonly ServedResponse[]) {
  const choices = responses
    .map((response) => ({ index: choiceIndex(asked, response), ...kind.choice(response, asked) }))
    .sort((one, other) => one.index - other.index);
  return { ...head, object: kind.object, choices, usage: usageOf(responses) };
}
