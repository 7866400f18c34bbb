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
  cachedCount,
  chunked,
  leftOf,
  type Prepared,
  plannedLength,
  type Row,
  sequenceOf,
  toGroups,
} from './batch.ts';
import { type CachedRow, outputCache } from './cache.ts';
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
    let cached: CachedRow[] = [];
    try {
      for (let retreats = 0; waiting.length + live.length > 0; ) {
        throwIfCancelled(signal);
        const admitted = admit(waiting, live, roomFor, Math.ceil(maxRows * policy.refillShare));
        const running = [...live, ...admitted];
        try {
          const share = maxRows / policy.maxRows;
          const steps = stepsOf(policy, running.map(leftOf));
          const places = [...cached.splice(0), ...(await prefill(generator, admitted, share, config))];
          // Nothing holds the caches that the rows came from any longer, once they are put together.
          const outputs = await generator.session.run(generator.feeds.decode(running, places.splice(0), steps, config));
          const { finished, kept } = grow(running, outputs, config);
          for (const { row, response } of finished) {
            yield { type: 'response', id: row.prepared.request.id, index: row.index, response };
          }
          live = kept.map(({ row }) => row);
          cached = kept.map(({ place }) => place);
          for (const row of live) if (row.prepared.request.stream) yield progressOf(row, config);
        } catch (error) {
          if (!isOutOfMemory(error)) throw error;
          if (running.length === 1 || ++retreats > maxRetreats) throw outOfMemory(running, device, error);
          maxRows = Math.max(1, Math.floor(running.length / 2));
          // What a row has drawn stays drawn: only its cache is read again.
          waiting = [...chunked(running, maxRows), ...waiting.flatMap((group) => chunked(group, maxRows))];
          live = [];
          cached = [];
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
   * The cache of all tokens of each new row but the last, which the first decoding step reads. `share` of the usual
   * number of tokens is read at once: less than 1 where memory has run out.
   */
  async function prefill(
    { session, feeds, promptsOf }: Generator,
    rows: readonly Row[],
    share: number,
    config: SamplingConfig,
  ): Promise<CachedRow[]> {
    const byPrompt = new Map<string, { row: Row; count: number; place: CachedRow | null }>();
    for (const row of rows) byPrompt.set(sharedKey(row), { row, count: cachedCount(row), place: null });
    const toRead = [...byPrompt.values()].filter(({ count }) => count > 0).sort((a, b) => a.count - b.count);
    while (toRead.length > 0) {
      // Shortest first: the next one is the longest of those before it.
      const fits = ({ count }: { count: number }, size: number) =>
        size * count <= policy.prefillTokens * share && size <= promptsOf(count) * share;
      let size = 1;
      while (size < toRead.length && fits(toRead[size] as { count: number }, size + 1)) size++;
      const part = toRead.splice(0, size);
      const sequences = part.map(({ row, count }) => sequenceOf(row).slice(0, count));
      const outputs = await session.run(
        feeds.prefill(
          part.map(({ row }) => row),
          sequences,
          config,
        ),
      );
      const cache = outputCache(model, outputs);
      for (const [r, item] of part.entries()) item.place = { cache, row: r, count: item.count };
    }
    return rows.map((row) => byPrompt.get(sharedKey(row))?.place ?? { cache: {}, row: 0, count: 0 });
  }

  /** Gives the rows the tokens that a run has drawn, and says which have come to an end. */
  function grow(rows: readonly Row[], outputs: Readonly<Record<string, Tensor>>, config: SamplingConfig) {
    const tokens = outputs.tokens?.data as BigInt64Array;
    const logps = outputs.logps?.data as Float32Array;
    const cache = outputCache(model, outputs);
    const finished: { row: Row; response: SampledResponse }[] = [];
    const kept: { row: Row; place: CachedRow }[] = [];
    for (const [r, row] of rows.entries()) {
      const before = row.tokenIds.length;
      for (let at = r; at < tokens.length; at += rows.length) {
        row.tokenIds.push(Number(tokens[at]));
        row.tokenLogps.push(finite(logps[at] as number, checkpoint.folder));
        if (model.eosTokenIds.includes(Number(tokens[at])) || row.tokenIds.length >= row.prepared.limit) break;
      }
      const response = finish(row, before, config);
      if (response) finished.push({ row, response });
      else kept.push({ row, place: { cache, row: r, count: cachedCount(row) } });
    }
    return { finished, kept };
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

/** Rows of one prompt that have drawn nothing yet have the same cache. */
function sharedKey({ prepared, index, tokenIds }: Row): string {
  return JSON.stringify([
    prepared.promptIds,
    prepared.adapter,
    tokenIds.length === 0 ? null : [prepared.request.id, index],
  ]);
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
