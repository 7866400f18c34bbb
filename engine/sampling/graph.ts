// The sampler's graph: a Loop whose first step reads the ids it is given (a padded prompt, or one token a row) and whose
// every step runs model and draw, so that a chunk of tokens is one run and the cache never leaves it. One graph serves
// prompts and responses: two would each hold the weights.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import { type FloatType, GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { toLogits } from '../models/index.ts';
import { headModule, type LoraSource, loraInputs, noLora } from '../models/lora.ts';
import type { WeightShapes, Weights } from '../models/weights.ts';
import { type CacheFormat, cacheShape, tokenAxes } from './attention.ts';
import { cachedForward, cacheNames, nowhere, ropeInputs } from './decoder.ts';
import { drawToken, type PenaltyInputs, penalise } from './logits.ts';

export interface SampledModel {
  config: ModelConfig;
  shapes: WeightShapes;
  weights: (g: GraphBuilder) => Weights;
  /** What it computes in; logits and draws are in fp32 and fp64 whatever it is. */
  dtype: FloatType;
  cache: CacheFormat;
  /** The modules that carry adapters; their matrices are fed with their scale folded into B. */
  loraModules: readonly string[];
  /** With the inputs and the work of repetition, presence and frequency penalties. */
  isPenalised: boolean;
}

/**
 * Inputs: `ids` int64 [rows, seq] padded on the right, of which `fresh` int32 [rows] are real; `counts` int32 [rows] the
 * tokens in the cache; `done` bool [rows]; `steps` int64; `uniforms` fp64 [steps, rows, 1]; the settings of
 * logits.ts's `DrawInputs` and `PenaltyInputs`; `eos` int64 [any]; the adapters' matrices stacked along their rank
 * with `adapter_mask` fp32 [rows, 1, rank]; the rotary tables; and the cache `past_*` (attention.ts) of `tokens` > 0 a row, the first
 * `counts` of them real, with `past_index` int64 [tokens] = 0, 1, 2, ... and `past_start` int64 [1] = -tokens.
 * Outputs: `tokens` int64 and `logps` fp32 [steps run, rows, 1], and `chunk_*`, the keys and values of the tokens read:
 * `ids`, then each token drawn but the last. A row that is done draws on, unread.
 */
export function generationGraph(model: SampledModel): OnnxGraph {
  const { config, cache } = model;
  const g = new GraphBuilder('generate', model.dtype);
  const ids = g.input('ids', 'int64', ['rows', 'seq']);
  const fresh = g.input('fresh', 'int32', ['rows']);
  const counts = g.input('counts', 'int32', ['rows']);
  const done = g.input('done', 'bool', ['rows']);
  const steps = g.input('steps', 'int64', []);
  const eos = g.input('eos', 'int64', ['eos']);
  const uniforms = g.input('uniforms', 'float64', ['steps', 'rows', 1]);
  const draw = {
    isPlain: g.input('is_plain', 'bool', []),
    isSorted: g.input('is_sorted', 'bool', []),
    temperature: g.input('temperature', 'float32', []),
    topK: g.input('top_k', 'int64', [1]),
    topP: g.input('top_p', 'float64', []),
    minP: g.input('min_p', 'float64', []),
  };
  const penalties = model.isPenalised ? penaltyInputs(g, config) : null;
  const weights = model.weights(g);
  const lora = stackedAdapters(g, model);
  const ropes = ropeInputs(g, config);
  const pastStart = g.input('past_start', 'int64', [1]);
  const pastIndex = g.input('past_index', 'int64', ['tokens']);
  const shape = cacheShape(config, cache.layout, 'rows', 'tokens');
  const past = cacheNames(config, 'past').map((name) => g.cast(g.input(name, cache.dtype, shape), g.dtype));
  const occurrences = penalties ? [penalties.occurrences] : [];

  const column = (perRow: Value) => g.unsqueeze(g.cast(perRow, 'int64'), [1]);
  const one = g.constant(1, 'int64');
  const cached = column(counts);
  const places = g.sub(g.op('CumSum', [g.cast(g.equal(ids, ids), 'int64'), one], {})[0] as Value, one);
  const positions = g.add(cached, places);
  const pastPositions = g.where(g.less(pastIndex, cached), pastIndex, g.constant(nowhere, 'int64'));
  const none = g.constant([], 'int64');
  const noPositions = g.gather(positions, none, 1);
  const noChunk = past.map((tensor) => g.gather(tensor, none, tokenAxes[cache.layout]));

  const { carried, scans } = g.loop(
    'loop',
    steps,
    anyLeft(g, done),
    [ids, positions, column(fresh), done, noPositions, ...noChunk, ...occurrences],
    (b, iteration, state) => {
      const [stepIds, stepPositions, added, isDone, before, ...rest] = state as [Value, Value, Value, Value, Value];
      const chunkPositions = b.concat([before, stepPositions], 1);
      const { hidden, chunk } = cachedForward({ g: b, config, weights, lora }, ropes, cache.layout, {
        ids: stepIds,
        positions: stepPositions,
        past,
        chunk: (rest as Value[]).slice(0, past.length),
        pastPositions,
        chunkPositions,
        pastStart,
      });
      const lastPlace = b.sub(added, b.constant(1, 'int64'));
      const lastHidden = b.op('GatherND', [hidden, lastPlace], { batch_dims: 1 })[0] as Value;
      const logits = toLogits({ g: b, config, weights, lora }, lastHidden);
      const counted = (rest as Value[]).at(past.length);
      const drawn = penalties && counted ? penalise(b, logits, { ...penalties, occurrences: counted }) : logits;
      const token = drawToken(b, drawn, { ...draw, uniforms: b.gather(uniforms, iteration) });
      // LogSoftmax writes the whole row and still takes a fifth of ReduceLogSumExp's time (a ninth at 128k tokens).
      const logProbs = b.logSoftmax(logits);
      const logp = b.gatherElements(logProbs, token);
      const isEnd = b.cast(b.reduceMax(b.cast(b.equal(token, eos), 'int32'), [1]), 'bool');
      const nowDone = b.or(isDone, isEnd);
      const next = b.add(
        b.op('GatherElements', [stepPositions, lastPlace], { axis: 1 })[0] as Value,
        b.constant(1, 'int64'),
      );
      return {
        condition: anyLeft(b, nowDone),
        carried: [
          token,
          next,
          b.sub(added, lastPlace), // one a row
          nowDone,
          chunkPositions,
          ...chunk,
          ...(counted ? [count(b, counted, token)] : []),
        ],
        scans: [token, logp],
      };
    },
  );
  for (const [i, name] of ['tokens', 'logps'].entries()) g.output(name, scans[i] as Value);
  for (const [i, name] of cacheNames(config, 'chunk').entries())
    g.output(name, g.cast(carried[i + 5] as Value, cache.dtype));
  return g.build();
}

/** True while a row is not done: without it a finished batch would run one step more. */
function anyLeft(g: GraphBuilder, done: Value): Value {
  return g.cast(g.reduceMax(g.cast(g.not(done), 'int32'), [0]), 'bool');
}

/** The occurrences with the tokens just drawn, int64 [rows, 1], counted. */
function count(g: GraphBuilder, occurrences: Value, column: Value): Value {
  const ones = g.add(g.mul(g.cast(column, 'float32'), 0), 1);
  return g.op('ScatterElements', [occurrences, column, ones], { axis: 1, reduction: 'add' })[0] as Value;
}

function penaltyInputs(g: GraphBuilder, { vocabSize }: ModelConfig): PenaltyInputs {
  return {
    inPrompt: g.input('in_prompt', 'bool', ['rows', vocabSize]),
    occurrences: g.input('occurrences', 'float32', ['rows', vocabSize]),
    repetition: g.input('repetition_penalty', 'float32', []),
    presence: g.input('presence_penalty', 'float32', []),
    frequency: g.input('frequency_penalty', 'float32', []),
  };
}

/** Adapters side by side along their rank; the mask leaves each row its own (none, for the bare model). */
function stackedAdapters(g: GraphBuilder, { shapes, loraModules }: SampledModel): LoraSource {
  if (loraModules.length === 0) return noLora;
  const mask = g.cast(g.input('adapter_mask', 'float32', ['rows', 1, 'rank']), g.dtype);
  const { source } = loraInputs(g, shapes, loraModules, 'rank', mask);
  // The head reads one state a row, the others a sequence of them.
  const rowMask = g.squeeze(mask, [1]);
  return (module) => {
    const adapter = source(module);
    return adapter && module === headModule ? { ...adapter, scale: rowMask } : adapter;
  };
}
