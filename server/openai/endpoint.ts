// The OpenAI-compatible endpoint: any policy, for holders of an API key. Plain Request in, plain Response out.
import type { Database } from '../../db/client.ts';
import { AppError } from '../../domain/errors.ts';
import { type ServedChunk, type ServedResponse, servedLimits } from '../../domain/serving.ts';
import { requireApiKey } from '../services/api-keys.ts';
import { type Limit, openLimit } from '../services/limits.ts';
import { getServedModel, listServedModels, type ServedModel } from '../services/served-models.ts';
import { readPrompts, serveSample } from '../services/serving.ts';
import { BadRequest, describeError } from './errors.ts';
import { chatReply, completionReply, echoReply, newHead, type ReplyKind, wholeReply } from './replies.ts';
import { type Asked, readChatRequest, readCompletionRequest } from './requests.ts';
import { replyEvents } from './stream.ts';

export interface Endpoint {
  listModels(request: Request): Promise<Response>;
  getModel(request: Request, name: string): Promise<Response>;
  chatCompletions(request: Request): Promise<Response>;
  completions(request: Request): Promise<Response>;
}

export interface EndpointOptions {
  db: Database;
  /** The installation's secret. */
  secret: string;
  /** Per key. */
  requestsPerMinute?: number;
}

export function createEndpoint({ db, secret, requestsPerMinute = 600 }: EndpointOptions): Endpoint {
  const limit = openLimit(db, 'v1', requestsPerMinute);

  const guarded = async (request: Request, work: () => Promise<Response>): Promise<Response> => {
    try {
      const { id } = await requireApiKey(db, request.headers.get('authorization'));
      await takePoint(limit, id);
      return await work();
    } catch (error) {
      return errorResponse(error);
    }
  };
  const complete = (request: Request, kind: ReplyKind, read: (body: unknown) => Asked) =>
    guarded(request, async () => {
      const asked = read(await readJson(request));
      const { name, modelDir, adapterKey } = await getServedModel(db, asked.model);
      const left = new AbortController();
      const signal = AbortSignal.any([request.signal, left.signal]);
      const model = { modelDir, adapterKey };
      const chunks = serveSample({ db, secret }, { ...asked.request, ...model }, signal);
      const head = newHead(kind, name);
      if (asked.isEchoed) {
        const read = await readPrompts({ db, secret }, { prompts: asked.request.prompts, ...model }, signal);
        const responses = asked.isReadOnly ? [] : await allResponses(chunks);
        return Response.json(echoReply(head, asked, read, responses), { headers: uncached });
      }
      if (!asked.request.stream) {
        return Response.json(wholeReply(kind, head, asked, await allResponses(chunks)), { headers: uncached });
      }
      // The first chunk is awaited, so that what cannot be answered has its own status.
      const begun = await begin(chunks);
      return new Response(
        toStream(replyEvents(kind, head, asked, begun), () => left.abort()),
        { headers: { ...uncached, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' } },
      );
    });

  return {
    listModels: (request) =>
      guarded(request, async () => {
        const data = (await listServedModels(db)).map(toModel);
        return Response.json({ object: 'list', data }, { headers: uncached });
      }),
    getModel: (request, name) =>
      guarded(request, async () => Response.json(toModel(await getServedModel(db, name)), { headers: uncached })),
    chatCompletions: (request) => complete(request, chatReply, readChatRequest),
    completions: (request) => complete(request, completionReply, readCompletionRequest),
  };
}

const uncached = { 'cache-control': 'no-store' };

function toModel({ name, policyId, createdAt }: ServedModel) {
  const created = Math.floor(createdAt.getTime() / 1_000);
  return { id: name, object: 'model', created, owned_by: 'rankloop', policy_id: policyId };
}

async function takePoint(limit: Limit, key: string): Promise<void> {
  const seconds = await limit.take(key);
  if (seconds !== null) throw new TooManyRequests(limit.perMinute, seconds);
}

class TooManyRequests extends AppError {
  readonly seconds: number;
  constructor(limit: number, seconds: number) {
    super('RATE_LIMITED', `This API key has made its ${limit} requests of this minute: try again in ${seconds} s.`);
    this.seconds = seconds;
  }
}

export function errorResponse(error: unknown): Response {
  const { status, body } = describeError(error);
  const headers = new Headers(uncached);
  if (error instanceof TooManyRequests) headers.set('retry-after', String(error.seconds));
  return Response.json(body, { status, headers });
}

async function readJson(request: Request): Promise<unknown> {
  const tooLarge = new BadRequest('The request is too large: send several.', null);
  if (Number(request.headers.get('content-length') ?? 0) > servedLimits.bodyBytes) throw tooLarge;
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > servedLimits.bodyBytes) throw tooLarge;
    text += decoder.decode(part, { stream: true });
  }
  try {
    return JSON.parse(text + decoder.decode());
  } catch {
    throw new BadRequest('The body is not JSON.', null);
  }
}

async function allResponses(chunks: AsyncIterable<ServedChunk>): Promise<ServedResponse[]> {
  const responses: ServedResponse[] = [];
  for await (const chunk of chunks) if (chunk.type === 'response') responses.push(chunk);
  return responses;
}

/** The same chunks, of which the first is there already. */
async function begin(chunks: AsyncGenerator<ServedChunk>): Promise<AsyncGenerator<ServedChunk>> {
  const first = await chunks.next();
  async function* all(): AsyncGenerator<ServedChunk> {
    if (first.done) return;
    yield first.value;
    yield* chunks;
  }
  return all();
}

/** The reader's pace sets ours; a reader that leaves ends the work. */
function toStream(events: AsyncGenerator<string>, onLeave: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      onLeave();
      await events.return(undefined);
    },
  });
}
