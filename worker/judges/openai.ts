// Any server that speaks OpenAI's chat/completions as a judge, over plain fetch. What fails for now is tried again a
// few times; what will fail again is told in one sentence. The API key goes into one header and nowhere else.
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { ChatMessage } from '../../engine/ports.ts';
import { createLimiter } from './limit.ts';
import type { Ask } from './llm.ts';

export interface OpenAiOptions {
  /** As OpenAI's clients take it, usually ending with /v1. */
  baseUrl: string;
  model: string;
  apiKey?: string | undefined;
  /** Room for an answer, in tokens. */
  maxTokens?: number;
  /** How many requests are out at once. */
  concurrency?: number;
  /** For one attempt, from the connection to the last byte. */
  timeoutMs?: number;
  /** Pause before the second attempt; it doubles for each further one. */
  retryDelayMs?: number;
  /** The longest that a server's Retry-After is obeyed. */
  maxRetryAfterMs?: number;
}

const maxAttempts = 4;
const maxBodyBytes = 2 ** 20;

/** What may pass by itself: a busy or restarting server, a broken or slow connection. */
class PassingFailure extends Error {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export function openOpenAiAsk(options: OpenAiOptions): Ask {
  const server = readServer(options);
  const { concurrency = 4, retryDelayMs = 500, maxRetryAfterMs = 30_000 } = options;
  const limit = createLimiter(concurrency);

  const ask: Ask = async (messages, signal) => {
    const attempt = async () => {
      if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      return requestAnswer(server, messages, signal);
    };
    return pRetry(attempt, {
      retries: maxAttempts - 1,
      minTimeout: 0, // the pause is ours: the server may have named one
      shouldRetry: ({ error }) => error instanceof PassingFailure,
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!(error instanceof PassingFailure) || retriesLeft === 0) return;
        const pause = error.retryAfterMs ?? retryDelayMs * 2 ** (attemptNumber - 1);
        await delay(Math.min(pause, maxRetryAfterMs), undefined, { signal });
      },
    });
  };

  return (messages, signal) =>
    limit(async () => {
      try {
        return await ask(messages, signal);
      } catch (error) {
        if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
        if (!(error instanceof PassingFailure)) throw error;
        const told = `The judge at ${server.shownUrl} did not answer in ${maxAttempts} attempts (${error.message})`;
        throw new AppError('JUDGE_UNAVAILABLE', `${told}: see that it runs and is not overloaded, then judge again.`);
      }
    });
}

interface Server {
  url: URL;
  /** The address for people: a query may hold a secret. */
  shownUrl: string;
  model: string;
  apiKey: string | null;
  timeoutMs: number;
  /** The body's fields beside the messages; newer models refuse some that older servers need, so it may change. */
  settings: Record<string, string | number>;
}

function readServer({ baseUrl, model, apiKey, maxTokens = 1024, timeoutMs = 60_000 }: OpenAiOptions): Server {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw refusal("The judge's base URL is no http:// or https:// address: give one such as http://127.0.0.1:8000/v1.");
  }
  if (url.username || url.password) {
    throw refusal("The judge's base URL holds a user or a password: take them out and give an API key instead.");
  }
  if (!/\/chat\/completions\/?$/.test(url.pathname)) {
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  }
  if (model.trim() === '') throw refusal('The judge has no model name: give the one that its server lists.');
  const key = apiKey?.trim() || null;
  // fetch would refuse such a header with the key in its error.
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw refusal(
      "The judge's API key has characters that no key has, such as a space or a line break: copy it again.",
    );
  }
  const settings = { model, temperature: 0, max_tokens: maxTokens };
  return { url, shownUrl: `${url.origin}${url.pathname}`, model, apiKey: key, timeoutMs, settings };
}

const refusal = (message: string) => new AppError('JUDGE_REFUSED', message);

/** One attempt: the answer's text, PassingFailure, or an AppError that ends it. */
async function requestAnswer(server: Server, messages: ChatMessage[], signal: AbortSignal): Promise<string> {
  const sent = server.settings;
  const { status, retryAfter, body } = await post(server, { ...sent, messages }, signal);
  const reply = replySchema.safeParse(body.json);
  const error = reply.success ? reply.data.error : undefined;
  // Some gateways wrap a failure of what stands behind them in a 200.
  const failure = status === 200 && error ? (typeof error.code === 'number' ? error.code : 502) : status;
  if (failure !== 200) {
    const detail = describeDetail(server, error?.message ?? (/^\s*</.test(body.text) ? '' : body.text));
    const said = detail ? `${failure}: ${detail}` : String(failure);
    if (failure === 408 || failure === 425 || failure === 429 || failure >= 500) {
      throw new PassingFailure(said, readRetryAfter(retryAfter));
    }
    const adapted = failure === 400 ? adaptSettings(sent, detail) : null;
    if (!adapted) throw refusal(explainRefusal(server, failure, said));
    server.settings = adapted;
    return requestAnswer(server, messages, signal);
  }
  const content = reply.success ? reply.data.choices?.[0]?.message.content : undefined;
  if (content === undefined) {
    throw refusal(
      `The judge at ${server.shownUrl} answered with something else than a chat completion: check that its base URL is that of an OpenAI-compatible server (it usually ends with /v1).`,
    );
  }
  if (content === null) return '';
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}

const replySchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z
            .union([z.string(), z.array(z.object({ text: z.string().optional() })), z.null()])
            .optional()
            .transform((content) => content ?? null),
        }),
      }),
    )
    .optional(),
  error: z
    .union([
      z.object({ message: z.string().optional(), code: z.union([z.string(), z.number(), z.null()]).optional() }),
      z.string().transform((message) => ({ message, code: undefined })),
      z.null().transform(() => undefined),
    ])
    .optional(),
});

interface RawReply {
  status: number;
  retryAfter: string | null;
  /** `json` is undefined when the text is none. */
  body: { text: string; json: unknown };
}

async function post(server: Server, body: object, signal: AbortSignal): Promise<RawReply> {
  const timeout = AbortSignal.timeout(server.timeoutMs);
  try {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(server.apiKey ? { authorization: `Bearer ${server.apiKey}` } : {}),
      },
      body: JSON.stringify(body),
      redirect: 'manual', // a followed POST becomes a GET, and might take the key elsewhere
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await readBody(server, response);
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: { text, json: asJson(text) },
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (timeout.aborted) throw new PassingFailure(`no answer within ${server.timeoutMs / 1000} s`);
    throw new PassingFailure(describeNetworkError(error));
  }
}

async function readBody({ shownUrl }: Server, response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBodyBytes) {
      await reader.cancel();
      throw refusal(`The judge at ${shownUrl} sent more than 1 MB for one answer: check that its base URL is right.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The words of the network's error code: the message of fetch says only that it failed. */
function describeNetworkError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  // A name with several addresses fails with an error for each.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  const words: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    UND_ERR_SOCKET: 'connection closed',
    ENOTFOUND: 'unknown host',
    EAI_AGAIN: 'unknown host',
    ETIMEDOUT: 'connection timed out',
    UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  };
  return words[code] ?? (code ? `network error ${code}` : 'network error');
}

/** Seconds or a date, as HTTP has it; null when there is none that can be read. */
function readRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  const milliseconds = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

/** A server's own words on one line, without the key: some servers repeat it. */
function describeDetail({ apiKey }: Server, text: string): string {
  const safe = apiKey ? text.replaceAll(apiKey, '[API key]') : text;
  const line = safe.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length > 200 ? `${line.slice(0, 197)}...` : line;
}

/** Reasoning models refuse `max_tokens` and `temperature`: the settings without what was refused, or null. */
function adaptSettings(settings: Server['settings'], detail: string): Server['settings'] | null {
  const { max_tokens, temperature, ...rest } = settings;
  if (max_tokens !== undefined && detail.includes('max_completion_tokens')) {
    return { ...rest, ...(temperature === undefined ? {} : { temperature }), max_completion_tokens: max_tokens };
  }
  if (temperature !== undefined && /temperature/i.test(detail)) {
    return { ...rest, ...(max_tokens === undefined ? {} : { max_tokens }) };
  }
  return null;
}

function explainRefusal({ shownUrl, apiKey, model }: Server, status: number, said: string): string {
  if (status === 401 || status === 403) {
    return apiKey
      ? `The judge at ${shownUrl} does not accept the API key (${said}): check the key and what it may use.`
      : `The judge at ${shownUrl} wants an API key (${said}): give one.`;
  }
  if (status === 404) {
    return `The judge at ${shownUrl} does not know this address or the model "${model}" (${said}): check the base URL (it usually ends with /v1) and the model's name.`;
  }
  if (status >= 300 && status < 400) {
    return `The judge at ${shownUrl} redirects elsewhere (${said}): give the address that it redirects to as its base URL.`;
  }
  return `The judge at ${shownUrl} refused the request (${said}): check the model's name and that its context is long enough.`;
}
