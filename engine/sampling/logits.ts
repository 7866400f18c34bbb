// From logits to the next token, inside the graph. Random numbers come in as uniforms, so that a draw is a function
// of the seed and not of the kernel. Probabilities are summed in fp64: over a large vocabulary fp32 would not do.
import type { SamplingConfig } from '../config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';

export interface DrawInputs {
  /** fp64 [rows, 1], in [0, 1). */
  uniforms: Value;
  /** bool: true draws from all tokens, whatever the settings below but the temperature. */
  isPlain: Value;
  /** bool: false draws from all tokens that min-p leaves, without sorting them. */
  isSorted: Value;
  /** fp32. */
  temperature: Value;
  /** int64 [1]: how many of the largest logits stay. */
  topK: Value;
  /** fp64. */
  topP: Value;
  /** fp64. */
  minP: Value;
}

/** What `DrawInputs` of a configuration are; greedy is the likeliest token alone. */
export function drawSettings({ temperature, top_k, top_p, min_p }: SamplingConfig, vocabSize: number) {
  const isGreedy = temperature === 0;
  const topK = isGreedy ? 1 : top_k === 0 ? vocabSize : Math.min(top_k, vocabSize);
  const isSorted = topK < vocabSize || top_p < 1;
  return {
    temperature: isGreedy ? 1 : temperature,
    topK,
    topP: top_p,
    minP: min_p,
    isSorted,
    isPlain: !isSorted && min_p === 0,
  };
}

/** logits fp32 [rows, vocab] -> token ids int64 [rows, 1]. */
export function drawToken(g: GraphBuilder, logits: Value, inputs: DrawInputs): Value {
  return g.branch(
    'draw',
    inputs.isPlain,
    (plain) => drawUnsorted(plain, tempered(plain, logits, inputs), inputs),
    (filtered) =>
      filtered.branch(
        'filtered',
        inputs.isSorted,
        (b) => drawSorted(b, logits, inputs),
        (b) => drawUnsorted(b, aboveMinP(b, tempered(b, logits, inputs), inputs.minP), inputs),
      ),
  );
}

const tempered = (g: GraphBuilder, logits: Value, { temperature }: DrawInputs): Value =>
  g.softmax(g.div(logits, temperature));

/** Top-k, then top-p (Holtzman et al. 2020), then min-p: a token stays while the mass before it is below top_p. */
function drawSorted(g: GraphBuilder, logits: Value, { uniforms, temperature, topK, topP, minP }: DrawInputs): Value {
  const [largest, ids] = g.op('TopK', [g.div(logits, temperature), topK], { axis: -1, largest: 1, sorted: 1 }, 2);
  if (!largest || !ids) throw new Error('TopK has two outputs.');
  const likely = g.softmax(largest);
  const probabilities = g.cast(likely, 'float64');
  const massBefore = g.sub(cumulativeSum(g, probabilities), probabilities);
  const floored = g.cast(aboveMinP(g, likely, minP), 'float64');
  const kept = g.mul(floored, g.cast(g.less(massBefore, topP), 'float64'));
  const place = firstAbove(g, cumulativeSum(g, kept), uniforms);
  return pick(g, ids, place);
}

/**
 * The inverse of the cumulative distribution over the vocabulary in its own order, no sort. Two sums of about
 * sqrt(vocab) instead of one of vocab: first the block of tokens that the uniform falls into, then the token inside it.
 * Inside a block fp32 adds up (its share of the whole is off by 1e-6 at most), across blocks fp64.
 */
function drawUnsorted(g: GraphBuilder, probabilities: Value, { uniforms }: DrawInputs): Value {
  const vocab = Number(probabilities.shape[1]);
  const size = blockSize(vocab);
  const wide = (x: Value) => g.cast(x, 'float64');
  if (size === 1) return firstAbove(g, cumulativeSum(g, wide(probabilities)), uniforms);
  const blocks = g.reshape(probabilities, [0, vocab / size, size]);
  const masses = wide(g.reduceSum(blocks, [2]));
  const cumulative = cumulativeSum(g, masses);
  const block = firstAbove(g, cumulative, uniforms);
  const mass = pick(g, masses, block);
  const left = g.sub(g.mul(uniforms, lastOf(g, cumulative)), g.sub(pick(g, cumulative, block), mass));
  const inside = wide(g.op('GatherND', [blocks, block], { batch_dims: 1 })[0] as Value);
  // Rounding may leave a little less than nothing.
  const share = g.where(g.less(left, g.constant(0, 'float64')), 0, g.div(left, mass));
  const place = firstAbove(g, cumulativeSum(g, inside), share);
  return g.add(g.mul(block, g.constant(size, 'int64')), place);
}

/** The divisor of the vocabulary's size that is nearest to its square root from below; 1 where all are far smaller. */
function blockSize(vocab: number): number {
  for (let size = Math.floor(Math.sqrt(vocab)); size >= 16; size--) if (vocab % size === 0) return size;
  return 1;
}

/** Zero for tokens less likely than min_p times the likeliest (Nguyen et al. 2024). */
function aboveMinP(g: GraphBuilder, probabilities: Value, minP: Value): Value {
  const floor = g.mul(g.reduceMax(probabilities, [1], true), g.cast(minP, 'float32'));
  return g.where(g.lessOrEqual(floor, probabilities), probabilities, g.constant(0, 'float32'));
}

const cumulativeSum = (g: GraphBuilder, x: Value): Value => g.op('CumSum', [x, g.constant(1, 'int64')], {})[0] as Value;
const pick = (g: GraphBuilder, x: Value, place: Value): Value =>
  g.op('GatherElements', [x, place], { axis: 1 })[0] as Value;
const lastOf = (g: GraphBuilder, cumulative: Value): Value => g.reduceMax(cumulative, [1], true);

/** The largest share of a sum that rounding keeps below it. */
const almostAll = 1 - 2 ** -52;

/** The first place [rows, 1] whose cumulative mass exceeds share [rows, 1] x total, share >= 0: places of no mass are never drawn. */
function firstAbove(g: GraphBuilder, cumulative: Value, share: Value): Value {
  const [within] = g.op('Min', [share, g.constant(almostAll, 'float64')], {});
  const threshold = g.mul(within as Value, lastOf(g, cumulative));
  const isBelow = g.cast(g.lessOrEqual(cumulative, threshold), 'int64');
  return g.reduceSum(isBelow, [1], true);
}

export interface PenaltyInputs {
  /** bool [rows, vocab]: tokens of the prompt. */
  inPrompt: Value;
  /** fp32 [rows, vocab]: how often the response has each token. */
  occurrences: Value;
  /** fp32 scalars. */
  repetition: Value;
  presence: Value;
  frequency: Value;
}

export function hasPenalties(
  config: Pick<SamplingConfig, 'repetition_penalty' | 'presence_penalty' | 'frequency_penalty'>,
): boolean {
  return config.repetition_penalty !== 1 || config.presence_penalty !== 0 || config.frequency_penalty !== 0;
}

/** logits [rows, vocab] after the repetition penalty (transformers' rule), then presence and frequency (OpenAI's). */
export function penalise(g: GraphBuilder, logits: Value, inputs: PenaltyInputs): Value {
  const { inPrompt, occurrences, repetition, presence, frequency } = inputs;
  const isUsed = g.less(g.constant(0, 'float32'), occurrences);
  const weaker = g.where(
    g.less(logits, g.constant(0, 'float32')),
    g.mul(logits, repetition),
    g.div(logits, repetition),
  );
  const repeated = g.where(g.or(isUsed, inPrompt), weaker, logits);
  return g.sub(g.sub(repeated, g.mul(g.cast(isUsed, 'float32'), presence)), g.mul(occurrences, frequency));
}
