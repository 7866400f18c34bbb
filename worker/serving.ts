// The worker's internal HTTP service: POST /sample streams what somebody waits for, also while a job runs; POST /read
// says what a model makes of each token; POST /reward-model whether an adapter is a reward model.
// Only holders of the installation's secret are heard. The pages find it through the worker's row.
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { z } from 'zod';
import { AppError, asKnownError } from '../domain/errors.ts';
import {
  type ReadRequest,
  readRequestSchema,
  rewardModelRequestSchema,
  type ServedLine,
  type ServedRequest,
  servedLimits,
  servedRequestSchema,
} from '../domain/serving.ts';
import { servingToken } from '../server/secrets.ts';
import type { WorkerServices } from './context.ts';
import { EngineDied } from './engine-client.ts';
import type { ModelOptions } from './engine-protocol.ts';
import { recogniseReward } from './inspect-model.ts';
import { modelOf } from './sampling.ts';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.ts';

export interface ServingOptions {
  /** 127.0.0.1 if not said: give an address that the pages' machine reaches when that is another one. */
  host?: string | undefined;
  /** Any free one if not said. */
  port?: number | undefined;
  /** How long a request waits for those before it. */
  patienceMs?: number;
  /** How many may wait. */
  places?: number;
}

export interface ServingService {
  url: string;
  close(): Promise<void>;
}

type SampleServices = Pick<WorkerServices, 'engine' | 'artifacts' | 'secret'>;

export async function openServing(services: SampleServices, options: ServingOptions = {}): Promise<ServingService> {
  const { host = '127.0.0.1', port = 0, patienceMs = 30_000, places = 16 } = options;
  const room = createWaitingRoom({ places, patienceMs });
  const token = digest(servingToken(services.secret));
  const server = createServer((request, response) => {
    answer(services, room, token, request, response).catch((error: unknown) => sayError(response, error));
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'PORT_IN_USE',
      `The worker's service cannot listen on ${host}:${port} (${reason}): choose others with --serve-host and --serve-port.`,
    );
  }
  const address = server.address();
  const listening = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${reachableName(host)}:${listening}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A host that means "everywhere" is no address to call. */
function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname();
  return host.includes(':') ? `[${host}]` : host;
}

/** An empty line now and then: a client gives up on a connection that says nothing for minutes. */
const aliveMs = 15_000;

const digest = (text: string) => createHash('sha256').update(text).digest();

async function answer(
  services: SampleServices,
  room: WaitingRoom,
  token: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  // Digests are of one length, so the comparison takes the same time for every guess.
  if (!timingSafeEqual(digest(given), token)) throw new AppError('UNAUTHENTICATED', 'This service is internal.');
  const left = new AbortController();
  response.once('close', () => left.abort());
  const { signal } = left;
  if (request.method === 'POST' && request.url === '/sample') {
    const asked = parse(servedRequestSchema, await readJson(request));
    return room.enter(() => answerLines(services, asked, response, sampled(services, asked, response, signal)), signal);
  }
  if (request.method === 'POST' && request.url === '/read') {
    const asked = parse(readRequestSchema, await readJson(request));
    return room.enter(() => answerLines(services, asked, response, read(services, asked, signal)), signal);
  }
  if (request.method === 'POST' && request.url === '/reward-model') {
    const asked = parse(rewardModelRequestSchema, await readJson(request));
    return room.enter(() => answerLines(services, asked, response, recognised(signal)), signal);
  }
  throw new AppError('NOT_FOUND', 'There are POST /sample, POST /read and POST /reward-model.');
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError('INVALID_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > servedLimits.bodyBytes) throw new AppError('INVALID_INPUT', 'The request is too large.');
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new AppError('INVALID_INPUT', 'The request is not JSON.');
  }
}

/** Work on a model, which begins when its turn has come. */
type Lines = (model: ModelOptions) => AsyncIterable<ServedLine>;

function sampled(
  { engine }: SampleServices,
  { prompts, n, seed, config, stream }: ServedRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Lines {
  const requests = prompts.map((prompt, i) => ({ id: String(i), prompt, n, seed }));
  return async function* lines(model) {
    for await (const chunk of engine.serve(model, requests, config, { stream }, signal)) {
      // Each holds the whole text so far: where the reader is slow, some can be left out.
      if (chunk.type === 'response' || !response.writableNeedDrain) yield chunk;
    }
  };
}

function read({ engine }: SampleServices, { prompts }: ReadRequest, signal: AbortSignal): Lines {
  return async function* lines(model) {
    yield { type: 'read', prompts: await engine.read(model, prompts, signal) };
  };
}

function recognised(signal: AbortSignal): Lines {
  return async function* lines({ model, adapter }) {
    await recogniseReward({ model, adapter: adapter ?? '' }, 'The reward model', signal);
    yield { type: 'recognised' };
  };
}

async function answerLines(
  { artifacts }: SampleServices,
  { modelDir, adapterKey }: { modelDir: string; adapterKey: string | null },
  response: ServerResponse,
  lines: Lines,
): Promise<void> {
  const model = await modelOf({ artifacts }, { name: modelDir, modelDir, adapterKey });
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  const alive = setInterval(() => response.write('\n'), aliveMs);
  try {
    for await (const line of lines(model)) send(response, line);
  } catch (error) {
    throw withoutFolders(error, model);
  } finally {
    clearInterval(alive);
  }
  send(response, { type: 'end' });
  response.end();
}

/** Whoever asks in the end may be outside: where the model lies is not theirs to know. */
function withoutFolders(error: unknown, { model, adapter }: ModelOptions): unknown {
  const known = asKnownError(error);
  if (!known) return error;
  const message = known.message.replaceAll(model, 'the model').replaceAll(adapter ?? model, 'the adapter');
  return new AppError(known.code, `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`, { cause: error });
}

function send(response: ServerResponse, line: ServedLine): void {
  response.write(`${JSON.stringify(line)}\n`);
}

/** As a status where nothing was sent yet, else as the stream's last line. */
function sayError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const known = asKnownError(error);
  if (!known && !(error instanceof EngineDied)) console.error('serving:', error);
  const message =
    known?.message ??
    (error instanceof EngineDied ? error.message : 'The worker met an unexpected error: see its log.');
  const line = { type: 'error', code: known?.code ?? null, message } satisfies ServedLine;
  if (!response.headersSent) {
    response.writeHead(known?.traits.http ?? 500, { 'content-type': 'application/x-ndjson', connection: 'close' });
  }
  response.end(`${JSON.stringify(line)}\n`);
}
