// The sampler's two graphs. Prefill reads prompts into a key-value cache; decode takes rows of that cache and runs
// model and draw in a Loop inside the graph, so that a chunk of tokens is one run and the cache never leaves it.
import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { StoredTensor } from '../checkpoint/safetensors.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { families } from '../models/index.ts';
import { type LoraSource, loraInputs, noLora } from '../models/lora.ts';
import { checkpointWeights, type WeightShapes } from '../models/weights.ts';
import { cachedForward, cacheNames, ropeInputs } from './decoder.ts';
import { type DrawKind, draws } from './logits.ts';

export interface SampledModel {
  config: ModelConfig;
  tensors: ReadonlyMap<string, StoredTensor>;
  shapes: WeightShapes;
  /** The modules that carry an adapter; its matrices are fed with its scale folded into B. */
  loraModules: readonly string[];
}

/**
 * Inputs `ids` int64 [rows, seq] padded on the right and `counts` int32 [rows] >= 1, their real lengths.
 * Outputs the cache `present_*`; what lies beyond a row's count is never read.
 */
export function prefillGraph(model: SampledModel): OnnxGraph {
  const { g, decoder, cacheShape } = open(model, 'prefill');
  const ids = g.input('ids', 'int64', ['rows', 'seq']);
  const counts = g.input('counts', 'int32', ['rows']);
  const past = cacheNames(model.config, 'past').map((name) => g.input(name, 'float32', cacheShape));
  const { present } = decoder(g, ids, past, g.sub(counts, g.constant(1, 'int32')), g.reduceMax(counts, [0]));
  for (const [i, name] of cacheNames(model.config, 'present').entries()) g.output(name, present[i] as Value);
  return g.build();
}

/**
 * Inputs: `rows` int64 [rows] picks the cache's rows (a prompt's row for each of its samples, or the rows that still
 * run); `ids` int64 [rows, 1] the last token of each; `counts` int32 [rows] the tokens in the cache; `done` bool
 * [rows]; `steps` int64; `uniforms` fp64 [steps, rows]; `temperature`, `top_k` int64 [1], `top_p` fp64; `eos` int64 [any].
 * Outputs: `tokens` int64 and `logps` fp32 [steps run, rows], and the cache. A row that is done draws on, unread.
 */
export function decodeGraph(model: SampledModel, kind: DrawKind): OnnxGraph {
  const { g, decoder, logits: toLogits, cacheShape } = open(model, 'decode');
  const rows = g.input('rows', 'int64', ['rows']);
  const ids = g.input('ids', 'int64', ['rows', 1]);
  const counts = g.input('counts', 'int32', ['rows']);
  const done = g.input('done', 'bool', ['rows']);
  const steps = g.input('steps', 'int64', []);
  const uniforms = kind === 'greedy' ? null : g.input('uniforms', 'float64', ['steps', 'rows']);
  const temperature = kind === 'greedy' ? null : g.input('temperature', 'float32', []);
  const topK = kind === 'filtered' ? g.input('top_k', 'int64', [1]) : null;
  const topP = kind === 'filtered' ? g.input('top_p', 'float64', []) : null;
  const eos = g.input('eos', 'int64', ['eos']);
  const past = cacheNames(model.config, 'past').map((name) => g.gather(g.input(name, 'float32', cacheShape), rows));

  const { carried, scans } = g.loop(
    'loop',
    steps,
    anyLeft(g, done),
    [ids, counts, done, ...past],
    (b, iteration, state) => {
      const [lastIds, inCache, isDone, ...cache] = state as [Value, Value, Value, ...Value[]];
      const total = b.add(b.reduceMax(inCache, [0]), b.constant(1, 'int32'));
      const { hidden, present } = decoder(b, lastIds, cache, inCache, total);
      const logits = toLogits(b, b.squeeze(hidden, [1]));
      const token = draws[kind](b, logits, {
        uniforms: uniforms ? b.gather(uniforms, iteration) : logits,
        temperature: temperature ?? logits,
        topK: topK ?? logits,
        topP: topP ?? logits,
      });
      const column = b.unsqueeze(token, [1]);
      const chosen = b.squeeze(b.op('GatherElements', [logits, column], { axis: 1 })[0] as Value, [1]);
      const logp = b.sub(chosen, b.reduceLogSumExp(logits, [1]));
      const isEnd = b.cast(b.reduceMax(b.cast(b.equal(column, eos), 'int32'), [1]), 'bool');
      const nowDone = b.or(isDone, isEnd);
      return {
        condition: anyLeft(b, nowDone),
        carried: [column, b.add(inCache, b.constant(1, 'int32')), nowDone, ...present],
        scans: [token, logp],
      };
    },
  );
  for (const [i, name] of ['tokens', 'logps'].entries()) g.output(name, scans[i] as Value);
  for (const [i, name] of cacheNames(model.config, 'present').entries()) g.output(name, carried[i + 3] as Value);
  return g.build();
}

/** True while a row is not done: without it a finished batch would run one step more. */
function anyLeft(g: GraphBuilder, done: Value): Value {
  return g.cast(g.reduceMax(g.cast(g.not(done), 'int32'), [0]), 'bool');
}

function open(model: SampledModel, name: string) {
  const { config } = model;
  const g = new GraphBuilder(name);
  const weights = checkpointWeights(g, model.tensors);
  const lora: LoraSource =
    model.loraModules.length > 0 ? loraInputs(g, model.shapes, model.loraModules, 'rank').source : noLora;
  const ropes = ropeInputs(g, config);
  const decoder = (b: GraphBuilder, ids: Value, past: readonly Value[], lastIndex: Value, total: Value) =>
    cachedForward({ g: b, config, weights, lora }, ropes, { ids, past, lastIndex, total });
  const logits = (b: GraphBuilder, hidden: Value) =>
    weights.product(b, families[config.architecture].headName(config), hidden);
  return { g, decoder, logits, cacheShape: ['cached', config.kvHeads, 'tokens', config.headDim] as const };
}
