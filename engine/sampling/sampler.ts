// The sampler: prompts in, responses out. Prompts of like length share a batch, n samples share one prefill, chunks
// of steps run inside the graph, and between chunks finished rows leave the batch, text streams and a cancel is heard.
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter, withScaleInB } from '../checkpoint/peft.ts';
import type { Tokenizer } from '../checkpoint/tokenizer.ts';
import type { SamplingConfig } from '../config.ts';
import { EngineError, throwIfCancelled } from '../errors.ts';
import type { SampledChunk, SampledResponse, SampleRequest, Sampler } from '../ports.ts';
import { uniform } from '../random.ts';
import { adapterFeeds } from '../runtime/adapter-feeds.ts';
import { createSessionCache, openSession, type Tensor } from '../runtime/session.ts';
import { cacheNames, ropeFeeds } from './decoder.ts';
import { decodeGraph, prefillGraph, type SampledModel } from './graph.ts';
import { type DrawKind, drawKind } from './logits.ts';

/** Steps per run: below 8 the overhead of a run shows (1.15x at 4), above 16 nothing is gained on a CPU. */
const chunkSteps = 16;
const rowsPerBatch = 32;

interface Prepared {
  request: SampleRequest;
  promptIds: number[];
  /** Tokens that may follow: the configuration's, or what the model's positions leave. */
  limit: number;
}

/** One response that grows. */
interface Row {
  prepared: Prepared;
  index: number;
  tokenIds: number[];
  tokenLogps: number[];
}

/** A sampler of a checkpoint at hand, with the tokenizer that it reads prompts with. Calls of `sample` may overlap. */
export interface LocalSampler extends Sampler {
  readonly tokenizer: Tokenizer;
}

/** Opens a model, with one PEFT adapter or none, for sampling. Sessions open on first use and stay until `close`. */
export async function openSampler(options: {
  model: string;
  adapter?: string | null;
  device?: string;
}): Promise<LocalSampler> {
  const checkpoint = await openCheckpoint(options.model);
  const adapter = options.adapter ? await readAdapter(options.adapter, checkpoint.shapes) : null;
  const device = options.device ?? 'auto';
  const model: SampledModel = { ...checkpoint, loraModules: adapter ? [...adapter.modules.keys()] : [] };
  const lora = {
    ...(adapter ? adapterFeeds(withScaleInB(adapter)) : {}),
    ...ropeFeeds(checkpoint.config, checkpoint.config.maxPositions),
  };
  const sessions = createSessionCache();
  // A prefill runs once per prompt: its weights stay mapped. The loop's are packed for speed.
  const prefill = () =>
    sessions.get('prefill', () =>
      openSession(prefillGraph(model), { folder: checkpoint.folder, device, keepMapped: true }),
    );
  const decode = (kind: DrawKind) =>
    sessions.get(kind, () => openSession(decodeGraph(model, kind), { folder: checkpoint.folder, device }));

  return {
    tokenizer: checkpoint.tokenizer,
    async *sample(requests, config, signal) {
      const prepared = requests.map((request) => prepare(checkpoint, request, config));
      for (const batch of toBatches(prepared)) {
        throwIfCancelled(signal);
        yield* sampleBatch(batch, config, signal);
      }
    },
    close: () => sessions.close(),
  };

  async function* sampleBatch(batch: Row[], config: SamplingConfig, signal?: AbortSignal): AsyncIterable<SampledChunk> {
    const kind = drawKind(config);
    const prompts = [...new Set(batch.map((row) => row.prepared))];
    let cache = await fillCache(prompts);
    let live = batch;
    let cacheRows = batch.map((row) => prompts.indexOf(row.prepared));
    while (live.length > 0) {
      throwIfCancelled(signal);
      const steps = Math.min(chunkSteps, ...live.map((row) => row.prepared.limit - row.tokenIds.length));
      const session = await decode(kind);
      const outputs = await session.run({ ...decodeFeeds(kind, live, cacheRows, steps, config), ...cache, ...lora });
      const tokens = outputs.tokens?.data as BigInt64Array;
      const logps = outputs.logps?.data as Float32Array;
      const stepsRun = tokens.length / live.length;
      const remaining: number[] = [];
      for (const [r, row] of live.entries()) {
        const finishReason = grow(row, r, live.length, stepsRun, tokens, logps);
        if (finishReason) {
          yield {
            type: 'response',
            id: row.prepared.request.id,
            index: row.index,
            response: toResponse(row, finishReason),
          };
        } else {
          remaining.push(r);
          const text = checkpoint.tokenizer.decode(row.tokenIds);
          yield { type: 'progress', id: row.prepared.request.id, index: row.index, text };
        }
      }
      cache = renamed(outputs, checkpoint);
      live = remaining.map((r) => live[r] as Row);
      cacheRows = remaining;
      await new Promise(setImmediate); // lets a cancel message in: a run blocks the event loop
    }
  }

  /** The cache of all prompt tokens but the last, which the first decoding step reads. */
  async function fillCache(prompts: readonly Prepared[]): Promise<Record<string, Tensor>> {
    const { kvHeads, headDim } = checkpoint.config;
    const empty: Record<string, Tensor> = {};
    for (const name of cacheNames(checkpoint.config, 'past')) {
      empty[name] = { dtype: 'float32', shape: [prompts.length, kvHeads, 0, headDim], data: new Float32Array(0) };
    }
    const length = Math.max(...prompts.map(({ promptIds }) => promptIds.length)) - 1;
    if (length === 0) return empty;
    const ids = new BigInt64Array(prompts.length * length);
    for (const [r, { promptIds }] of prompts.entries()) {
      for (const [i, id] of promptIds.slice(0, -1).entries()) ids[r * length + i] = BigInt(id);
    }
    const counts = Int32Array.from(prompts, ({ promptIds }) => promptIds.length - 1);
    const outputs = await (await prefill()).run({
      ids: { dtype: 'int64', shape: [prompts.length, length], data: ids },
      counts: { dtype: 'int32', shape: [prompts.length], data: counts },
      ...empty,
      ...lora,
    });
    return renamed(outputs, checkpoint);
  }

  function decodeFeeds(
    kind: DrawKind,
    live: readonly Row[],
    cacheRows: readonly number[],
    steps: number,
    config: SamplingConfig,
  ) {
    const count = live.length;
    const lastIds = live.map((row) => BigInt(row.tokenIds.at(-1) ?? row.prepared.promptIds.at(-1) ?? 0));
    const counts = live.map((row) => row.prepared.promptIds.length - 1 + row.tokenIds.length);
    const feeds: Record<string, Tensor> = {
      rows: { dtype: 'int64', shape: [count], data: BigInt64Array.from(cacheRows, BigInt) },
      ids: { dtype: 'int64', shape: [count, 1], data: BigInt64Array.from(lastIds) },
      counts: { dtype: 'int32', shape: [count], data: Int32Array.from(counts) },
      done: { dtype: 'bool', shape: [count], data: new Uint8Array(count) },
      steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(steps)) },
      eos: eosFeed(checkpoint),
    };
    if (kind === 'greedy') return feeds;
    const uniforms = new Float64Array(steps * count);
    for (const [r, row] of live.entries()) {
      const { seed } = row.prepared.request;
      for (let t = 0; t < steps; t++) uniforms[t * count + r] = uniform(seed, row.index, row.tokenIds.length + t);
    }
    feeds.uniforms = { dtype: 'float64', shape: [steps, count], data: uniforms };
    feeds.temperature = { dtype: 'float32', shape: [], data: Float32Array.of(config.temperature) };
    if (kind === 'unfiltered') return feeds;
    const { vocabSize } = checkpoint.config;
    const topK = config.top_k === 0 ? vocabSize : Math.min(config.top_k, vocabSize);
    feeds.top_k = { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(topK)) };
    feeds.top_p = { dtype: 'float64', shape: [], data: Float64Array.of(config.top_p) };
    return feeds;
  }

  /** Takes a chunk's tokens of one row, up to its end; says why it ended, if it did. */
  function grow(
    row: Row,
    r: number,
    rows: number,
    stepsRun: number,
    tokens: BigInt64Array,
    logps: Float32Array,
  ): SampledResponse['finishReason'] | null {
    for (let t = 0; t < stepsRun; t++) {
      const id = Number(tokens[t * rows + r]);
      row.tokenIds.push(id);
      row.tokenLogps.push(logps[t * rows + r] as number);
      if (checkpoint.config.eosTokenIds.includes(id)) return 'stop';
    }
    return row.tokenIds.length >= row.prepared.limit ? 'length' : null;
  }

  function toResponse({ tokenIds, tokenLogps }: Row, finishReason: SampledResponse['finishReason']): SampledResponse {
    const logp = tokenLogps.reduce((sum, value) => sum + value, 0);
    return { text: checkpoint.tokenizer.decode(tokenIds), tokenIds, finishReason, logp, tokenLogps };
  }
}

function prepare({ tokenizer, config: model }: Checkpoint, request: SampleRequest, config: SamplingConfig): Prepared {
  const promptIds = idsOf(request.prompt, tokenizer, model.vocabSize);
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
  return { request, promptIds, limit };
}

/** Ids that came as such are checked: one beyond the vocabulary would read outside the embedding. */
function idsOf(prompt: SampleRequest['prompt'], tokenizer: Tokenizer, vocabSize: number): number[] {
  if (typeof prompt === 'string' || Array.isArray(prompt)) return tokenizer.encodePrompt(prompt);
  const stray = prompt.tokenIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (stray === undefined) return prompt.tokenIds;
  throw new EngineError('DATA_INVALID', `Token id ${stray} is not in the vocabulary: ids are 0 to ${vocabSize - 1}.`);
}

/**
 * Rows in batches: prompts of like length together, since all are padded to the longest. A prompt of one token has
 * nothing to prefill, so it never shares a batch with a longer one.
 */
function toBatches(prepared: readonly Prepared[]): Row[][] {
  const byLength = prepared.toSorted((a, b) => a.promptIds.length - b.promptIds.length);
  const rows = byLength.flatMap((item) =>
    Array.from(
      { length: item.request.n },
      (_, index): Row => ({ prepared: item, index, tokenIds: [], tokenLogps: [] }),
    ),
  );
  const batches: Row[][] = [];
  for (const row of rows) {
    const current = batches.at(-1);
    const first = current?.[0];
    const isAlike = first && (first.prepared.promptIds.length === 1) === (row.prepared.promptIds.length === 1);
    if (current && isAlike && current.length < rowsPerBatch) current.push(row);
    else batches.push([row]);
  }
  return batches;
}

function renamed(outputs: Record<string, Tensor>, { config }: Checkpoint): Record<string, Tensor> {
  const present = cacheNames(config, 'present');
  return Object.fromEntries(
    cacheNames(config, 'past').map((name, i) => [name, outputs[present[i] as string] as Tensor]),
  );
}

/** A model without an end-of-sequence id gets one that is never drawn: its responses end by length. */
function eosFeed({ config }: Checkpoint): Tensor {
  const ids = config.eosTokenIds.length > 0 ? config.eosTokenIds : [-1];
  return { dtype: 'int64', shape: [ids.length], data: BigInt64Array.from(ids, BigInt) };
}
