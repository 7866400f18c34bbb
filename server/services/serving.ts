// Sampling for whoever waits: finds a live worker, calls its internal service, gives what it streams.
import { desc, isNotNull, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { workers } from '../../db/schema/jobs.ts';
import { AppError, type ErrorCode, errorCodes } from '../../domain/errors.ts';
import { workerSilenceSeconds } from '../../domain/jobs.ts';
import {
  type ReadPrompt,
  type ReadRequest,
  type RewardModelRequest,
  type ServedChunk,
  type ServedLine,
  type ServedRequest,
  servedLineSchema,
} from '../../domain/serving.ts';
import { servingToken } from '../secrets.ts';

export interface ServingContext {
  db: Queryable;
  /** The installation's secret. */
  secret: string;
}

/**
 * Streams the responses to the prompts of a request. Throws WORKER_UNAVAILABLE when no worker answers, WORKER_BUSY when
 * all have too many waiting, and the engine's own errors. Leaving the loop, or `signal`, cancels it on the worker.
 */
export async function* serveSample(
  context: ServingContext,
  request: ServedRequest,
  signal: AbortSignal,
): AsyncGenerator<ServedChunk> {
  for await (const line of ask(context, '/sample', request, signal)) {
    if (line.type === 'progress' || line.type === 'response') yield line;
  }
}

/** What a model makes of each token of the prompts. Throws as `serveSample` does. */
export async function readPrompts(
  context: ServingContext,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<ReadPrompt[]> {
  for await (const line of ask(context, '/read', request, signal)) if (line.type === 'read') return line.prompts;
  throw noAnswer();
}

const noAnswer = () => new AppError('WORKER_UNAVAILABLE', 'The worker gave no answer: try again.');

/** Throws the engine's own words where the adapter is no reward model, or not one of this base. */
export async function recogniseReward(
  context: ServingContext,
  request: RewardModelRequest,
  signal: AbortSignal,
): Promise<void> {
  for await (const line of ask(context, '/reward-model', request, signal)) if (line.type === 'recognised') return;
  throw noAnswer();
}

type ServedPath = '/sample' | '/read' | '/reward-model';
type AnyRequest = ServedRequest | ReadRequest | RewardModelRequest;

async function* ask(
  context: ServingContext,
  path: ServedPath,
  request: AnyRequest,
  signal: AbortSignal,
): AsyncGenerator<Exclude<ServedLine, { type: 'end' | 'error' }>> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    for await (const line of readLines(await callWorker(context, path, request, either))) {
      if (line.type === 'end') return;
      if (line.type === 'error') throw toError(line);
      yield line;
    }
    throw new AppError('WORKER_UNAVAILABLE', 'The worker ended in the middle of its answer: try again.');
  } catch (error) {
    if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
    if (error instanceof AppError) throw error;
    throw new AppError('WORKER_UNAVAILABLE', 'The connection to the worker broke: try again.', { cause: error });
  } finally {
    stop.abort();
  }
}

/** The answer of the first worker that has a place; one that does not answer, or is full, is passed over. */
async function callWorker({ db, secret }: ServingContext, path: ServedPath, request: AnyRequest, signal: AbortSignal) {
  const urls = await findWorkers(db);
  let refusal: AppError | null = null;
  for (const url of urls) {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${servingToken(secret)}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal,
    }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return null;
    });
    if (!response) continue;
    if (response.ok && response.body) return response.body;
    const parsed = servedLineSchema.safeParse(await response.json().catch(() => null));
    const line = parsed.data?.type === 'error' ? parsed.data : { code: null, message: `HTTP ${response.status}` };
    refusal = toError(line);
    if (refusal.code !== 'WORKER_BUSY' && refusal.code !== 'UNAUTHENTICATED') throw refusal;
  }
  if (refusal?.code === 'WORKER_BUSY') throw refusal;
  throw new AppError(
    'WORKER_UNAVAILABLE',
    refusal
      ? 'No worker accepts the pages: give both the same RANKLOOP_SECRET or data folder.'
      : 'No worker is running that could answer: start one with `npm start` or `rankloop worker`.',
  );
}

/** Addresses of the workers heard of lately, the last heard first. */
async function findWorkers(db: Queryable): Promise<string[]> {
  const rows = await db
    .select({ url: workers.serveUrl })
    .from(workers)
    .where(
      sql`${isNotNull(workers.serveUrl)} and ${workers.heartbeatAt} > now() - make_interval(secs => ${workerSilenceSeconds})`,
    )
    .orderBy(desc(workers.heartbeatAt));
  return rows.flatMap(({ url }) => (url ? [url] : []));
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<ServedLine> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of body) {
    text += decoder.decode(part, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    // An empty line only says that the worker is there.
    for (const line of lines) if (line !== '') yield servedLineSchema.parse(JSON.parse(line));
  }
}

function toError({ code, message }: { code: string | null; message: string }): AppError {
  return new AppError(code !== null && isErrorCode(code) ? code : 'WORKER_UNAVAILABLE', message);
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);
