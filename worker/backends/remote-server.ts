// A server elsewhere that speaks OpenAI's API, over plain fetch: for judges and for sampling. What fails for now is tried
// again a few times; what will fail again is told in one sentence. The API key goes into one header and nowhere else.
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { RateLimiterMemory, RateLimiterQueue } from 'rate-limiter-flexible';
import { z } from 'zod';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { createLimiter } from '../limit.ts';

export interface RemoteOptions {
  /** As OpenAI's clients take it, usually ending with /v1. */
  baseUrl: string;
  model: string;
  apiKey?: string | undefined;
  /** How many requests are out at once. */
  concurrency?: number;
  /** As many as the server's owner allows; no limit of ours if not said. */
  requestsPerMinute?: number | undefined;
  /** For one attempt, from the connection to the last byte. */
  timeoutMs?: number;
  /** Pause before the second attempt; it doubles for each further one. */
  retryDelayMs?: number;
  /** The longest that a server's Retry-After is obeyed. */
  maxRetryAfterMs?: number;
}

/** What a server is to us, in the words and codes of its errors. */
export interface RemoteRole {
  /** "The judge" */
  name: string;
  unavailable: ErrorCode;
  refused: ErrorCode;
  /** What to do once it runs again: "judge again" */
  again: string;
  maxBodyBytes: number;
}

export type RemotePath = 'chat/completions' | 'completions';
export type RemoteFields = Record<string, unknown>;

export interface RemoteServer {
  readonly model: string;
  /**
   * Posts what `compose` gives when the request's turn comes, and gives the answer's JSON. `learn` hears of fields that
   * the server refused with a 400 and these words; true = composed again they are worth another try.
   */
  post(
    path: RemotePath,
    compose: () => RemoteFields,
    signal: AbortSignal,
    learn?: (refused: RemoteFields, words: string) => boolean,
  ): Promise<unknown>;
  /** An error of the server's role, with its address: "The judge at http://... {words}". */
  refusal(path: RemotePath, words: string): AppError;
}

const maxAttempts = 4;

/** What may pass by itself: a busy or restarting server, a broken or slow connection. */
class PassingFailure extends Error {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export function openRemoteServer(options: RemoteOptions, role: RemoteRole): RemoteServer {
  const server = readServer(options, role);
  const { concurrency = 4, requestsPerMinute, retryDelayMs = 500, maxRetryAfterMs = 30_000 } = options;
  const limit = createLimiter(concurrency);
  const pace = requestsPerMinute
    ? new RateLimiterQueue(new RateLimiterMemory({ points: requestsPerMinute, duration: 60 }))
    : null;

  const shown = (path: RemotePath) => `${role.name} at ${shownUrl(server, path)}`;

  const attemptsOf = (call: Call, signal: AbortSignal) =>
    pRetry(
      async () => {
        if (pace) await unlessAborted(pace.removeTokens(1), signal);
        if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
        return request(server, call, signal);
      },
      {
        retries: maxAttempts - 1,
        minTimeout: 0, // the pause is ours: the server may have named one
        shouldRetry: ({ error }) => error instanceof PassingFailure,
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (!(error instanceof PassingFailure) || retriesLeft === 0) return;
          const pause = error.retryAfterMs ?? retryDelayMs * 2 ** (attemptNumber - 1);
          await delay(Math.min(pause, maxRetryAfterMs), undefined, { signal });
        },
      },
    );

  return {
    model: server.model,
    refusal: (path, words) => new AppError(role.refused, `${shown(path)} ${words}`),
    post: (path, compose, signal, learn = () => false) =>
      limit(async () => {
        try {
          return await attemptsOf({ path, compose, learn }, signal);
        } catch (error) {
          if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
          if (!(error instanceof PassingFailure)) throw error;
          throw new AppError(
            role.unavailable,
            `${shown(path)} did not answer in ${maxAttempts} attempts (${error.message}): see that it runs and is not overloaded, then ${role.again}.`,
          );
        }
      }),
  };
}

/** Waits for `work`, or for the signal: a line of requests may be minutes long. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  // Each request that waits for its turn listens; the default bound is for those that forget to stop.
  setMaxListeners(0, signal);
  let stop: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([work, aborted]);
  signal.removeEventListener('abort', stop);
}

interface Server {
  base: URL;
  role: RemoteRole;
  model: string;
  apiKey: string | null;
  timeoutMs: number;
}

interface Call {
  path: RemotePath;
  compose: () => RemoteFields;
  learn: (refused: RemoteFields, words: string) => boolean;
}

function readServer({ baseUrl, model, apiKey, timeoutMs = 60_000 }: RemoteOptions, role: RemoteRole): Server {
  const refuse = (message: string) => new AppError(role.refused, message);
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw refuse(
      `${role.name}'s base URL is no http:// or https:// address: give one such as http://127.0.0.1:8000/v1.`,
    );
  }
  if (base.username || base.password) {
    throw refuse(`${role.name}'s base URL holds a user or a password: take them out and give an API key instead.`);
  }
  base.pathname = base.pathname.replace(/(\/chat)?\/completions\/?$/, '').replace(/\/+$/, '');
  if (model.trim() === '') throw refuse(`${role.name} has no model name: give the one that its server lists.`);
  const key = apiKey?.trim() || null;
  // fetch would refuse such a header with the key in its error.
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw refuse(
      `${role.name}'s API key has characters that no key has, such as a space or a line break: copy it again.`,
    );
  }
  return { base, role, model, apiKey: key, timeoutMs };
}

function urlOf({ base }: Server, path: RemotePath): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/** The address for people: a query may hold a secret. */
function shownUrl(server: Server, path: RemotePath): string {
  const { origin, pathname } = urlOf(server, path);
  return `${origin}${pathname}`;
}

/** One attempt: the answer's JSON, PassingFailure, or an AppError that ends it. */
async function request(server: Server, call: Call, signal: AbortSignal): Promise<unknown> {
  const fields = call.compose();
  const { status, retryAfter, body } = await post(server, call.path, fields, signal);
  const error = errorSchema.safeParse(body.json).data?.error;
  // Some gateways wrap a failure of what stands behind them in a 200.
  const failure = status === 200 && error ? (typeof error.code === 'number' ? error.code : 502) : status;
  if (failure === 200) return body.json;
  const detail = describeDetail(server, error?.message ?? (/^\s*</.test(body.text) ? '' : body.text));
  const said = detail ? `${failure}: ${detail}` : String(failure);
  if (failure === 408 || failure === 425 || failure === 429 || failure >= 500) {
    throw new PassingFailure(said, readRetryAfter(retryAfter));
  }
  if (failure === 400 && call.learn(fields, detail)) return request(server, call, signal);
  throw new AppError(server.role.refused, explainRefusal(server, call.path, failure, said));
}

const errorSchema = z.object({
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

async function post(server: Server, path: RemotePath, fields: RemoteFields, signal: AbortSignal): Promise<RawReply> {
  const timeout = AbortSignal.timeout(server.timeoutMs);
  try {
    const response = await fetch(urlOf(server, path), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(server.apiKey ? { authorization: `Bearer ${server.apiKey}` } : {}),
      },
      body: JSON.stringify(fields),
      redirect: 'manual', // a followed POST becomes a GET, and might take the key elsewhere
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await readBody(server, path, response);
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

async function readBody(server: Server, path: RemotePath, response: Response): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > server.role.maxBodyBytes) {
      await reader.cancel();
      throw new AppError(
        server.role.refused,
        `${server.role.name} at ${shownUrl(server, path)} sent more than ${server.role.maxBodyBytes / 2 ** 20} MB for one answer: check that its base URL is right.`,
      );
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

function explainRefusal(server: Server, path: RemotePath, status: number, said: string): string {
  const { apiKey, model, role } = server;
  const who = `${role.name} at ${shownUrl(server, path)}`;
  if (status === 401 || status === 403) {
    return apiKey
      ? `${who} does not accept the API key (${said}): check the key and what it may use.`
      : `${who} wants an API key (${said}): give one.`;
  }
  if (status === 404) {
    return `${who} does not know this address or the model "${model}" (${said}): check the base URL (it usually ends with /v1) and the model's name.`;
  }
  if (status >= 300 && status < 400) {
    return `${who} redirects elsewhere (${said}): give the address that it redirects to as its base URL.`;
  }
  return `${who} refused the request (${said}): check the model's name and that its context is long enough.`;
}
