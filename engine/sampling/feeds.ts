// What the generation graph's inputs are for a prefill and for a chunk of decoding steps.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { SamplingConfig } from '../config.ts';
import { ropeLength } from '../models/rope.ts';
import { uniform } from '../random.ts';
import type { Tensor } from '../runtime/session.ts';
import type { AdapterFeeds } from './adapters.ts';
import type { CacheFormat } from './attention.ts';
import { plannedLength, type Row } from './batch.ts';
import { type BatchCache, emptyPast } from './cache.ts';
import { ropeFeeds } from './decoder.ts';
import { longestChunk } from './limits.ts';
import { drawSettings, hasPenalties } from './logits.ts';

type Feeds = Record<string, Tensor>;

export interface GenerationFeeds {
  /**
   * Reads `sequences`, each what comes next in its row: with a cache what follows the tokens in it, else the beginning.
   * The one token that is drawn thereby is of no use.
   */
  prefill(
    rows: readonly Row[],
    sequences: readonly (readonly number[])[],
    cache: BatchCache | null,
    config: SamplingConfig,
  ): Feeds;
  /** `steps` further tokens for the rows, which lie in the cache in their order. */
  decode(rows: readonly Row[], cache: BatchCache, steps: number, config: SamplingConfig): Feeds;
}

/** The rotary tables as inputs, for rows of at most so many tokens; all rows of a batch have the same `ropeLength`. */
export type RopeTables = (longest: number) => Feeds;

/** Tables that grow with the longest row so far: worth keeping from one call to the next. */
export function createRopeTables(model: ModelConfig): RopeTables {
  let rope: { positions: number; length: number; feeds: Feeds } = { positions: 0, length: 0, feeds: {} };
  return (longest) => {
    const length = ropeLength(model, longest);
    const needed = longest + longestChunk;
    if (needed > rope.positions || length !== rope.length) {
      const positions = 2 ** Math.ceil(Math.log2(needed));
      rope = { positions, length, feeds: ropeFeeds(model, positions, length) };
    }
    return rope.feeds;
  };
}

export function createFeeds(
  { config: model }: Checkpoint,
  adapters: AdapterFeeds,
  cacheFormat: CacheFormat,
  tablesFor: RopeTables = createRopeTables(model),
): GenerationFeeds {
  return {
    prefill(rows, sequences, cache, config) {
      // Never a single token: a matrix of one row takes another kernel, with other last bits than in a batch.
      const length = Math.max(2, ...sequences.map((sequence) => sequence.length));
      const ids = new BigInt64Array(rows.length * length);
      for (const [r, sequence] of sequences.entries()) {
        for (const [i, id] of sequence.entries()) ids[r * length + i] = BigInt(id);
      }
      return {
        ...common(rows, config),
        ...penaltyFeeds([], rows.length, config),
        ids: { dtype: 'int64', shape: [rows.length, length], data: ids },
        fresh: int32(sequences.map((sequence) => sequence.length)),
        counts: int32(cache?.counts ?? rows.map(() => 0)),
        steps: scalar64(1),
        uniforms: { dtype: 'float64', shape: [1, rows.length, 1], data: new Float64Array(rows.length) },
        ...(cache ? cache.feeds(length) : emptyPast(model, cacheFormat, rows.length, length)),
      };
    },

    decode(rows, cache, steps, config) {
      const uniforms = new Float64Array(steps * rows.length);
      for (const [r, { prepared, index, tokenIds }] of rows.entries()) {
        for (let t = 0; t < steps; t++) {
          uniforms[t * rows.length + r] = uniform(prepared.request.seed, index, tokenIds.length + t);
        }
      }
      return {
        ...common(rows, config),
        ...penaltyFeeds(rows, rows.length, config),
        ids: { ...int64(rows.map(lastId)), shape: [rows.length, 1] },
        fresh: int32(rows.map(() => 1)),
        counts: int32(cache.counts),
        steps: scalar64(steps),
        uniforms: { dtype: 'float64', shape: [steps, rows.length, 1], data: uniforms },
        ...cache.feeds(steps),
      };
    },
  };

  function common(rows: readonly Row[], config: SamplingConfig): Feeds {
    const draw = drawSettings(config, model.vocabSize);
    // A model without an end-of-sequence id gets one that is never drawn: its responses end by length.
    const eos = model.eosTokenIds.length > 0 ? model.eosTokenIds : [-1];
    return {
      done: { dtype: 'bool', shape: [rows.length], data: new Uint8Array(rows.length) },
      eos: int64(eos),
      is_plain: { dtype: 'bool', shape: [], data: Uint8Array.of(draw.isPlain ? 1 : 0) },
      is_sorted: { dtype: 'bool', shape: [], data: Uint8Array.of(draw.isSorted ? 1 : 0) },
      temperature: scalar32(draw.temperature),
      top_k: int64([draw.topK]),
      top_p: scalarDouble(draw.topP),
      min_p: scalarDouble(draw.minP),
      ...adapters(rows.map(({ prepared }) => prepared.adapter)),
      ...tablesFor(Math.max(...rows.map(({ prepared }) => plannedLength(prepared)))),
    };
  }

  /** None without penalties. `rows` may be empty where nothing that is drawn will be read. */
  function penaltyFeeds(rows: readonly Row[], count: number, config: SamplingConfig): Feeds {
    if (!hasPenalties(config)) return {};
    const { vocabSize } = model;
    const inPrompt = new Uint8Array(count * vocabSize);
    const occurrences = new Float32Array(count * vocabSize);
    for (const [r, { prepared, tokenIds }] of rows.entries()) {
      for (const id of prepared.promptIds) inPrompt[r * vocabSize + id] = 1;
      for (const id of tokenIds) (occurrences[r * vocabSize + id] as number) += 1;
    }
    return {
      in_prompt: { dtype: 'bool', shape: [count, vocabSize], data: inPrompt },
      occurrences: { dtype: 'float32', shape: [count, vocabSize], data: occurrences },
      repetition_penalty: scalar32(config.repetition_penalty),
      presence_penalty: scalar32(config.presence_penalty),
      frequency_penalty: scalar32(config.frequency_penalty),
    };
  }
}

const lastId = ({ prepared, tokenIds }: Row): number => tokenIds.at(-1) ?? prepared.promptIds.at(-1) ?? 0;
const int64 = (values: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const int32 = (values: readonly number[]): Tensor => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
});
const scalar64 = (value: number): Tensor => ({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) });
const scalar32 = (value: number): Tensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
const scalarDouble = (value: number): Tensor => ({ dtype: 'float64', shape: [], data: Float64Array.of(value) });
