// Rows of a batch through the model, up to what is asked of their completions' tokens: the part that scoring and every
// kind of training share. training/batch.ts makes the feeds.
import { checkpointed } from '../autodiff/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/model-config.ts';
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import { families, headName } from '../models/index.ts';
import type { DecoderContext } from '../models/layers.ts';
import { headModule, type LoraSource, lowRank } from '../models/lora.ts';
import type { Weights } from '../models/weights.ts';
import { rowAttention } from './attention.ts';
import type { BatchSize } from './batch.ts';
import type { HeadProduct, TokenSlots } from './log-probs.ts';

/** Of the layers, from the top: their backward pass comes soonest after their forward, so that keeping them costs least. */
const shareKept = 1 / 8;

export interface ModelInputs {
  g: GraphBuilder;
  config: ModelConfig;
  weights: Weights;
  lora: LoraSource;
  /** Whether half layers keep their inputs only, and are computed again for the backward pass. */
  isCheckpointed?: boolean;
}

/** Rows after the model: what a head makes of them is training/log-probs.ts. */
export interface ReadRows extends TokenSlots {
  /** What the logits are the sum of; its states are [rows x length, size]. */
  products: readonly HeadProduct[];
  /** The same through other adapters, frozen. */
  through(lora: LoraSource): readonly HeadProduct[];
  /** [rows, completions, span]: 0 for padding, and for tokens that a row leaves out. */
  tokenWeights: Value;
}

/** Adds the inputs of training/batch.ts, and runs the model on them. */
export function readRows(model: ModelInputs, size: BatchSize): ReadRows {
  const { g, config, weights, lora } = model;
  const { rows, length, completions, span } = size;
  const states = rowStates(model, size);
  const tokenWeights = g.input('token_weights', exactType(g), [rows, completions, span]);
  const head = (source: LoraSource, isTrained: boolean): HeadProduct[] => {
    const x = states(source);
    const whole = { x, matrix: weights.tensor(headName(config)), isTrained: isTrained && weights.isTrained };
    const adapter = source(headModule);
    if (!adapter) return [whole];
    const low = lowRank(g, adapter, g.reshape(x, [rows, length, config.hiddenSize]));
    const rank = Number(low.shape.at(-1));
    return [whole, { x: g.reshape(low, [rows * length, rank]), matrix: adapter.b, isTrained }];
  };
  return {
    ...slotInputs(g, '', rows * completions * span),
    products: head(lora, true),
    through: (source) => g.scope('through', () => head(source, false)),
    tokenWeights,
  };
}

/** Adds the rows' own inputs; gives the hidden states [rows x length, size] that the model makes of them through adapters. */
export function rowStates(
  { g, config, weights, isCheckpointed }: ModelInputs,
  { rows, length }: BatchSize,
): (lora: LoraSource) => Value {
  const ids = g.input('ids', 'int64', [rows, length]);
  const positions = g.input('positions', 'int64', [rows, length]);
  const segments = g.input('segments', 'int64', [rows, length]);
  const attend = rowAttention(g, config, positions, segments);
  return (lora) => {
    const context: DecoderContext = { g, config, weights, lora, attend };
    if (isCheckpointed) {
      const kept = config.layers - Math.ceil(config.layers * shareKept);
      context.runHalf = (layer, x, build) => (layer >= kept ? build(x, (value) => value) : checkpointed(g, x, build));
    }
    return g.reshape(families[config.architecture].hidden(context, ids), [rows * length, config.hiddenSize]);
  };
}

/** The inputs of `slotFeeds` and of the tokens' places, each name after `prefix`. */
export function slotInputs(g: GraphBuilder, prefix: string, slots: number): TokenSlots {
  const ints = (name: string, shape: number[]) => g.input(prefix + name, 'int64', shape);
  return {
    at: ints('at', [slots]),
    labels: ints('labels', [slots]),
    order: ints('order', [slots]),
    places: ints('places', [slots]),
    count: ints('count', []),
  };
}
