// The sampler: prompts in, responses out. n samples share one prefill, chunks of steps run inside the graph, and
// between chunks finished rows leave the batch, waiting ones take their place, text streams and a cancel is heard.
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Tokenizer } from '../checkpoint/tokenizer.ts';
import type { SamplingConfig } from '../config.ts';
import { EngineError, throwIfCancelled } from '../errors.ts';
import { ropeLength } from '../models/rope.ts';
import type { SampledChunk, SampledResponse, SampleRequest, Sampler } from '../ports.ts';
import { damagedWeights, isOutOfMemory, openSession, type Tensor } from '../runtime/session.ts';
import {
  admit,
  chunked,
  leftOf,
  type Prepared,
  plannedLength,
  type Row,
  type SharedCache,
  sequenceOf,
  shareCaches,
  toGroups,
} from './batch.ts';
import { addedRows, type CachedRows, createBatchCache } from './cache.ts';
import { stepsOf } from './limits.ts';
import { createOpenModel, type Generator, type OpenModelOptions } from './open-model.ts';
import { findStop, settledText } from './stop.ts';

export interface SamplerOptions extends OpenModelOptions {
  model: string;
  /** The adapter of requests that name none. */
  adapter?: string | null;
}

/** A sampler of a checkpoint at hand, with the tokenizer that it reads prompts with. */
export interface LocalSampler extends Sampler {
  readonly tokenizer: Tokenizer;
}

/** Rows of a batch that ran out of memory are tried again with half as many, this often. */
const maxRetreats = 6;

/** Prompt tokens that are read at once at the least. */
const minimalPiece = 16;

/** Opens a model for sampling. Its weights are loaded at the first use and stay until `close`. */
export async function openSampler(options: SamplerOptions): Promise<LocalSampler> {
  const checkpoint = await openCheckpoint(options.model);
  return createSampler(checkpoint, options, openSession);
}

/** Exported for tests, which hand in a session that fails. */
export function createSampler(
  checkpoint: Checkpoint,
  options: Omit<SamplerOptions, 'model'>,
  open: typeof openSession,
): LocalSampler {
  const { config: model, tokenizer } = checkpoint;
  const opened = createOpenModel(checkpoint, options, open);
  const { policy, device } = opened;

  return {
    tokenizer,
    async *sample(requests, config, signal) {
      const prepared = requests.map((request) => prepare(checkpoint, request, config, options.adapter ?? null));
      const planned = (item: Prepared) => ropeLength(model, plannedLength(item));
      // Rows that turn by different tables cannot share a batch; nearly all models have one table for all lengths.
      for (const length of new Set(prepared.map(planned))) {
        const alike = prepared.filter((item) => planned(item) === length);
        yield* sampleAll(alike, config, signal);
      }
    },
    close: opened.close,
  };

  async function* sampleAll(
    prepared: readonly Prepared[],
    config: SamplingConfig,
    signal: AbortSignal | undefined,
  ): AsyncIterable<SampledChunk> {
    const adapters = prepared.map(({ adapter }) => adapter);
    let generator = await opened.acquire(config, adapters);
    let maxRows = policy.maxRows;
    const rowsFor = (longest: number) => Math.max(1, Math.min(maxRows, generator.rowsOf(longest)));
    const roomFor = (rows: readonly Row[]) =>
      rows.length <= rowsFor(Math.max(0, ...rows.map(({ prepared }) => plannedLength(prepared))));
    let waiting = toGroups(prepared, rowsFor);
    let live: Row[] = [];
    try {
      for (let retreats = 0; waiting.length + live.length > 0; ) {
        throwIfCancelled(signal);
        const admitted = admit(waiting, live, roomFor, Math.ceil(maxRows * policy.refillShare));
        const running = [...live, ...admitted];
        try {
          const entered = await enter(generator, admitted, live, maxRows / policy.maxRows, config, signal);
          const { finished, kept } = await advance(generator, [...live, ...entered], config);
          live = kept;
          for (const { row, response } of finished) {
            yield { type: 'response', id: row.prepared.request.id, index: row.index, response };
          }
          for (const row of live) if (row.prepared.request.stream) yield progressOf(row, config);
        } catch (error) {
          if (!isOutOfMemory(error)) throw error;
          if (running.length === 1 || ++retreats > maxRetreats) throw outOfMemory(running, device, error);
          maxRows = Math.max(1, Math.floor(running.length / 2));
          // What a row has drawn stays drawn: only its cache is read again.
          waiting = [...chunked(running, maxRows), ...waiting.flatMap((group) => chunked(group, maxRows))];
          live = [];
          await generator.retire();
          generator = await opened.acquire(config, adapters);
        }
        await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
      }
    } finally {
      await generator.release();
    }
  }

  /**
   * Reads all tokens of new rows but the last, which their first decoding step reads, into the batch's cache behind the
   * `live` ones, and gives them in their order there. `share` of the usual number of tokens is read at once: less than 1
   * where memory has run out.
   */
  async function enter(
    generator: Generator,
    rows: readonly Row[],
    live: readonly Row[],
    share: number,
    config: SamplingConfig,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> {
    const { cache } = generator;
    const planned = Math.max(...[...live, ...rows].map(({ prepared }) => plannedLength(prepared)));
    cache.reserve(live.length + rows.length, planned + policy.steps);
    const atOnce = Math.max(minimalPiece, Math.floor(policy.prefillTokens * share));
    const toRead = shareCaches(rows);
    const entered: Row[] = [];
    while (toRead.length > 0) {
      let size = 1;
      // Shortest first: the next one is the longest of those before it.
      while (size < toRead.length && (size + 1) * (toRead[size]?.count ?? 0) <= atOnce) size++;
      const part = toRead.splice(0, size);
      const read = await prefill(generator, part, atOnce, config, signal);
      for (const [r, { rows, count }] of part.entries()) {
        cache.append(rows.map(() => ({ rows: read, row: r, count })));
        entered.push(...rows);
      }
    }
    return entered;
  }

  /** Reads the first tokens of several prompts, or a prompt of more than `atOnce` in pieces of as many. */
  async function prefill(
    { session, feeds, cacheFormat }: Generator,
    prompts: readonly SharedCache[],
    atOnce: number,
    config: SamplingConfig,
    signal: AbortSignal | undefined,
  ): Promise<CachedRows> {
    const longest = Math.max(...prompts.map(({ count }) => count));
    if (longest === 0) return { data: [], width: 0 };
    const rows = prompts.map(({ rows: [row] }) => row as Row);
    const cache = createBatchCache(model, cacheFormat);
    for (let from = 0; ; from += atOnce) {
      throwIfCancelled(signal);
      const parts = prompts.map(({ count }, r) =>
        sequenceOf(rows[r] as Row).slice(from, Math.min(from + atOnce, count)),
      );
      const outputs = await session.run(feeds.prefill(rows, parts, from === 0 ? null : cache, config));
      await new Promise(setImmediate);
      const read = addedRows(model, cacheFormat, outputs);
      if (longest <= atOnce) return read;
      const [{ length: count } = []] = parts;
      if (from === 0) cache.append([{ rows: read, row: 0, count }]);
      else cache.absorb(read, count, [0]);
      if (from + atOnce >= longest) return cache.rows();
    }
  }

  /**
   * One chunk of steps for the rows of the cache: responses that have come to an end, and the rows that go on. A function
   * of its own, so that nothing holds the run's outputs when the next one begins.
   */
  async function advance(
    { session, feeds, cache, cacheFormat }: Generator,
    rows: readonly Row[],
    config: SamplingConfig,
  ) {
    const steps = stepsOf(policy, rows.map(leftOf));
    const outputs = await session.run(feeds.decode(rows, cache, steps, config));
    const { finished, places } = grow(rows, outputs, config);
    cache.absorb(addedRows(model, cacheFormat, outputs), steps, places);
    return { finished, kept: places.map((place) => rows[place] as Row) };
  }

  /** Gives the rows the tokens that a run has drawn, and says which have come to an end, and the places of the others. */
  function grow(rows: readonly Row[], outputs: Readonly<Record<string, Tensor>>, config: SamplingConfig) {
    const tokens = outputs.tokens?.data as BigInt64Array;
    const logps = outputs.logps?.data as Float32Array;
    const finished: { row: Row; response: SampledResponse }[] = [];
    const places: number[] = [];
    for (const [r, row] of rows.entries()) {
      const before = row.tokenIds.length;
      for (let at = r; at < tokens.length; at += rows.length) {
        row.tokenIds.push(Number(tokens[at]));
        row.tokenLogps.push(finite(logps[at] as number, checkpoint.folder));
        if (model.eosTokenIds.includes(Number(tokens[at])) || row.tokenIds.length >= row.prepared.limit) break;
      }
      const response = finish(row, before, config);
      if (response) finished.push({ row, response });
      else places.push(r);
    }
    return { finished, places };
  }

  /** The response, if the row has come to an end with the tokens from `before` on; cuts what follows a stop string. */
  function finish(row: Row, before: number, { stop }: SamplingConfig): SampledResponse | null {
    const { prepared } = row;
    let text = stop.length > 0 ? tokenizer.decode(row.tokenIds) : '';
    const isStopped = findStop(text, stop) >= 0;
    if (isStopped) {
      let kept = before + 1;
      while (findStop(tokenizer.decode(row.tokenIds.slice(0, kept)), stop) < 0) kept++;
      row.tokenIds.length = kept;
      row.tokenLogps.length = kept;
      const whole = tokenizer.decode(row.tokenIds);
      text = whole.slice(0, findStop(whole, stop));
    }
    const isEnded = isStopped || model.eosTokenIds.includes(row.tokenIds.at(-1) ?? -1);
    if (!isEnded && row.tokenIds.length < prepared.limit) return null;
    if (!isStopped) text = tokenizer.decode(row.tokenIds);
    const { tokenIds, tokenLogps } = row;
    const logp = tokenLogps.reduce((sum, value) => sum + value, 0);
    return { text, tokenIds, finishReason: isEnded ? 'stop' : 'length', logp, tokenLogps };
  }

  function progressOf(row: Row, { stop }: SamplingConfig): SampledChunk {
    const text = settledText(tokenizer.decode(row.tokenIds), stop);
    return { type: 'progress', id: row.prepared.request.id, index: row.index, text };
  }
}

function prepare(
  { tokenizer, config: model }: Checkpoint,
  request: SampleRequest,
  config: SamplingConfig,
  adapter: string | null,
): Prepared {
  const { prompt } = request;
  const isTokenised = typeof prompt === 'object' && 'tokenIds' in prompt;
  const promptIds = isTokenised ? prompt.tokenIds : tokenizer.encodePrompt(prompt);
  const foreign = promptIds.find((id) => !Number.isInteger(id) || id < 0 || id >= model.vocabSize);
  if (foreign !== undefined) {
    throw new EngineError(
      'DATA_INVALID',
      `Prompt ${request.id} has the token id ${foreign}, but the model's ids end at ${model.vocabSize - 1}.`,
    );
  }
  if (promptIds.length === 0) {
    throw new EngineError('DATA_INVALID', `Prompt ${request.id} is empty: it has no tokens.`);
  }
  const limit = Math.min(config.max_new_tokens, model.maxPositions - promptIds.length);
  if (limit < 1) {
    throw new EngineError(
      'DATA_INVALID',
      `Prompt ${request.id} has ${promptIds.length} tokens, which fill the model's ${model.maxPositions} positions: shorten it.`,
    );
  }
  return { request, promptIds, limit, adapter: request.adapter === undefined ? adapter : request.adapter };
}

/** A log-prob; NaN and infinities come from weights that are damaged, or too large for the precision. */
function finite(logp: number, folder: string): number {
  if (Number.isFinite(logp)) return logp;
  throw damagedWeights(folder);
}

function outOfMemory(rows: readonly Row[], device: string, cause: unknown): EngineError {
  const tokens = Math.max(...rows.map(({ prepared }) => plannedLength(prepared)));
  return new EngineError(
    'OUT_OF_MEMORY',
    `Device ${device} has too little memory for ${rows.length === 1 ? 'one response' : `${rows.length} responses`} of ` +
      `${tokens} tokens: lower max_new_tokens, shorten the prompt, or take a smaller model or precision.`,
    { cause },
  );
}
