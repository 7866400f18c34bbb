// From hidden states to what is asked of completion tokens: their log-probabilities, with gradients, and statistics of
// the distributions they were drawn from. The head runs over a chunk of tokens at a time, inside a Loop, so that logits
// [tokens, vocab] are never held whole; padding is left out.
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';

/** Which token is predicted from which state. A slot is a place in [rows, completions, span]; padding's counts nothing. */
export interface TokenSlots {
  /** int64 [slots]: the hidden state that predicts each slot's token. */
  at: Value;
  /** int64 [slots]. */
  labels: Value;
  /** int64 [slots]: the slots that count, in the order in which they are computed, then the others. */
  order: Value;
  /** int64 [slots]: each slot's place in `order`; 0 for those that do not count. */
  places: Value;
  /** int64 []: how many count, at least 1. */
  count: Value;
}

/** Logits are sums of states x matrix^T: the head, and an adapter of it where it has one. */
export interface HeadProduct {
  /** [states, width]. */
  x: Value;
  /** [vocab, width]. */
  matrix: Value;
  /** Whether the matrix is wanted in gradients too: its log-probabilities are then computed a second time for them. */
  isTrained: boolean;
}

/** Each [slots], in fp32 (fp64 in checks) whatever the graph's type. Only what a graph uses is computed. */
export interface TokenStatistics {
  /** log softmax(logits)[label]: the only one that has a gradient. */
  logps: Value;
  /** -sum_v p log p, in nats. */
  entropy: Value;
  /** log sum_v p^2, for WPO (Zhou et al. 2024). */
  sumSquares: Value;
  /** The mean over the vocabulary. */
  meanLogit: Value;
  /** 1 where no token is likelier than the label, else 0. */
  isLikeliest: Value;
  /** int64: the likeliest token, and its log-probability. */
  topIds: Value;
  topLogps: Value;
}

/** Of one fp32 buffer [chunk, vocab]; a few are alive at once. */
const chunkBytes = 40e6;
const largestChunk = 256;

/** Tokens a chunk: 64 for a vocabulary of 151k. */
export function chunkSize(vocabulary: number): number {
  const fitting = Math.floor(chunkBytes / (4 * vocabulary) / 8) * 8;
  return Math.min(largestChunk, Math.max(8, fitting));
}

/**
 * log p(label) = z[label] - logsumexp(z), z = sum of x matrix^T, every logit soft-capped where the model does so.
 * The gradient by a state is (matrix[label] - softmax(z) matrix) dz/d(x matrix^T): with frozen matrices each chunk leaves
 * it beside the log-probabilities, and nothing is computed twice. Sums are in fp32 or fp64, never in half precision.
 */
export function tokenStatistics(
  g: GraphBuilder,
  { products, ...slots }: TokenSlots & { products: readonly HeadProduct[] },
  softcap: number | null,
): TokenStatistics {
  return g.scope('log_probs', () => {
    const found = forward(g, products, slots, softcap);
    const isTrained = products.some((product) => product.isTrained);
    const wrt = products.flatMap(({ x, matrix }) => [x, matrix]);
    const [logps] = g.withGradient(wrt, [found.statistics.logps], ([dLogps]) =>
      isTrained
        ? recomputed(g, products, slots, softcap, found, dLogps as Value)
        : kept(g, products, slots, found.slopes, dLogps as Value),
    );
    return { ...found.statistics, logps: logps as Value };
  });
}

interface Forward {
  statistics: TokenStatistics;
  /** [slots]. */
  logSumExp: Value;
  /** What soft-capping multiplies the label's gradient by; null without. */
  labelSlope: Value | null;
  /** By product: d logp / d x, [slots, width]. */
  slopes: Value[];
}

function forward(
  g: GraphBuilder,
  products: readonly HeadProduct[],
  slots: TokenSlots,
  softcap: number | null,
): Forward {
  const vocabulary = vocabularyOf(products);
  const { named, perProduct } = inChunks(g, 'chunks', slots, vocabulary, softcap, [], ({ b, labels, logits }) => {
    const { z, slope } = logits(products);
    const column = b.reshape(labels, [-1, 1]);
    const top = b.reduceMax(z, [-1], true);
    const weights = b.exp(b.sub(z, top));
    const sum = b.reduceSum(weights, [-1], true);
    const logSumExp = b.add(top, b.log(sum));
    const labelLogit = b.gatherElements(z, column);
    const labelSlope = slope && b.gatherElements(slope, column);
    const sloped = b.cast(slope ? b.mul(weights, slope) : weights, g.dtype);
    return {
      carried: [],
      named: {
        logps: b.sub(labelLogit, logSumExp),
        entropy: b.sub(logSumExp, b.div(rowProducts(b, weights, z), sum)),
        sumSquares: b.sub(b.log(b.reduceSumSquare(weights, [-1], true)), b.mul(b.log(sum), 2)),
        meanLogit: b.div(b.reduceSum(z, [-1], true), vocabulary),
        isLikeliest: b.cast(b.equal(labelLogit, top), z.dtype),
        topIds: b.argMax(z),
        topLogps: b.sub(top, logSumExp),
        logSumExp,
      },
      perProduct: products.map(({ matrix }) => {
        const expected = b.div(b.cast(b.gemm(sloped, matrix), z.dtype), sum);
        const own = b.cast(b.gather(matrix, labels), z.dtype);
        return b.sub(labelSlope ? b.mul(own, labelSlope) : own, expected);
      }),
    };
  });
  const { logSumExp, ...statistics } = mapValues(named, (scan) => bySlot(g, slots, scan));
  return {
    statistics,
    logSumExp,
    labelSlope: softcap === null ? null : slopeOf(g, g.div(g.add(statistics.logps, logSumExp), softcap)),
    slopes: slopesOf(g, slots, products, perProduct),
  };
}

/** Of each row of one with that of the other, [rows, 1]: a matrix product, since a sum of products would hold them all. */
function rowProducts(g: GraphBuilder, a: Value, b: Value): Value {
  const [rows = 0, width = 0] = a.shape.map(Number);
  const product = g.matmul(g.reshape(a, [rows, 1, width]), g.reshape(b, [rows, width, 1]));
  return g.reshape(product, [rows, 1]);
}

/** What the chunks left, one for each slot that counts: the others get the first's. */
function bySlot(g: GraphBuilder, { places }: TokenSlots, scan: Value, width: readonly number[] = []): Value {
  return g.gather(g.reshape(scan, [-1, ...width]), places);
}

const slopesOf = (g: GraphBuilder, slots: TokenSlots, products: readonly HeadProduct[], scans: readonly Value[]) =>
  products.map(({ matrix }, k) => bySlot(g, slots, scans[k] as Value, [Number(matrix.shape[1])]));

/** The states' gradients from the slopes that the forward left; the frozen matrices have none. */
function kept(
  g: GraphBuilder,
  products: readonly HeadProduct[],
  { at }: TokenSlots,
  slopes: readonly Value[],
  dValues: Value,
): (Value | null)[] {
  return products.flatMap(({ x }, k) => {
    const rows = g.mul(slopes[k] as Value, g.unsqueeze(dValues, [-1]));
    return [g.scatterAdd(g.zeros(x.shape, x.dtype), at, g.cast(rows, x.dtype)), null];
  });
}

/**
 * The gradients of states and matrices, a chunk's logits computed again. With p = softmax(z) and g = d loss / d logp:
 * d loss / d z = g (onehot(label) - p) slope. The Loop does -g p slope, what is left concerns the labels' rows alone.
 */
function recomputed(
  g: GraphBuilder,
  products: readonly HeadProduct[],
  slots: TokenSlots,
  softcap: number | null,
  { logSumExp, labelSlope }: Forward,
  dLogps: Value,
): (Value | null)[] {
  const fromAll = throughChunks(g, products, slots, softcap, g.neg(dLogps), ({ b, of }, { z, slope }) => {
    const p = b.exp(b.sub(z, b.unsqueeze(of(logSumExp), [-1])));
    return slope ? b.mul(p, slope) : p;
  });
  const { at, labels } = slots;
  const own = g.cast(g.unsqueeze(labelSlope ? g.mul(dLogps, labelSlope) : dLogps, [-1]), g.dtype);
  return products.flatMap(({ x, matrix }, k) => {
    const { rows, sum } = fromAll[k] as Pulled;
    const dX = g.scatterAdd(g.zeros(x.shape, x.dtype), at, g.add(rows, g.mul(own, g.gather(matrix, labels))));
    return [dX, sum && g.scatterAdd(sum, labels, g.mul(own, g.gather(x, at)))];
  });
}

/** What a gradient by the logits comes to for a product. */
interface Pulled {
  /** By the state of each slot, [slots, width]. */
  rows: Value;
  /** By the matrix where it is trained, [vocab, width]. */
  sum: Value | null;
}

/** Pulls d loss / d z = dValues x `slope`, a slot's factor times its row of [chunk, vocab], back through the products. */
function throughChunks(
  g: GraphBuilder,
  products: readonly HeadProduct[],
  slots: TokenSlots,
  softcap: number | null,
  dValues: Value,
  slope: (chunk: Chunk, own: Logits) => Value,
): Pulled[] {
  const trained = products.filter(({ isTrained }) => isTrained);
  const zeros = trained.map(({ matrix }) => g.zeros(matrix.shape, matrix.dtype));
  const [name, vocabulary] = ['chunks_gradient', vocabularyOf(products)];
  const { carried, perProduct } = inChunks(g, name, slots, vocabulary, softcap, zeros, (chunk, sums) => {
    const { b, of, counts } = chunk;
    const own = chunk.logits(products);
    const share = b.unsqueeze(b.where(counts, of(dValues), 0), [-1]);
    const dLogits = b.cast(b.mul(slope(chunk, own), share), g.dtype);
    return {
      carried: trained.map((product, k) => {
        const x = own.states[products.indexOf(product)] as Value;
        return b.add(sums[k] as Value, b.gemm(dLogits, x, { a: true }));
      }),
      named: {},
      perProduct: products.map(({ matrix }) => b.gemm(dLogits, matrix)),
    };
  });
  // A slot that does not count stands at place 0, and must not take that one's gradient.
  const isCounted = g.unsqueeze(g.not(g.equal(dValues, g.constant(0, dValues.dtype))), [-1]);
  return products.map((product, k) => ({
    rows: g.where(isCounted, bySlot(g, slots, perProduct[k] as Value, [Number(product.matrix.shape[1])]), 0),
    sum: carried[trained.indexOf(product)] ?? null,
  }));
}

/**
 * KL(reference || policy) = sum_v r(v) log(r(v) / p(v)) of each slot, [slots]. Its gradient is the policy's alone, by the
 * logits p - r: as with log-probabilities the forward leaves it by the states, unless a matrix is trained.
 */
export function tokenDivergences(
  g: GraphBuilder,
  models: TokenSlots & { policy: readonly HeadProduct[]; reference: readonly HeadProduct[] },
  softcap: number | null,
): Value {
  const { policy, reference, ...slots } = models;
  return g.scope('divergences', () => {
    const vocabulary = vocabularyOf(policy);
    const compare = ({ b, logits }: Chunk, own: Logits) => {
      const [p, r] = [b.logSoftmax(own.z), b.logSoftmax(logits(reference).z)];
      const expected = b.exp(r);
      const apart = b.sub(b.exp(p), expected);
      return { p, r, expected, slope: own.slope ? b.mul(apart, own.slope) : apart };
    };
    const { named, perProduct } = inChunks(g, 'chunks', slots, vocabulary, softcap, [], (chunk) => {
      const { b } = chunk;
      const { p, r, expected, slope } = compare(chunk, chunk.logits(policy));
      const dLogits = b.cast(slope, g.dtype);
      return {
        carried: [],
        named: { divergences: b.reduceSum(b.mul(expected, b.sub(r, p)), [-1]) },
        perProduct: policy.map(({ matrix }) => b.cast(b.gemm(dLogits, matrix), p.dtype)),
      };
    });
    const slopes = slopesOf(g, slots, policy, perProduct);
    const isTrained = policy.some((product) => product.isTrained);
    const wrt = policy.flatMap(({ x, matrix }) => [x, matrix]);
    const [value] = g.withGradient(wrt, [bySlot(g, slots, named.divergences)], ([dValues]) => {
      if (!isTrained) return kept(g, policy, slots, slopes, dValues as Value);
      const slope = (chunk: Chunk, own: Logits) => compare(chunk, own).slope;
      const fromAll = g.scope('divergences', () => throughChunks(g, policy, slots, softcap, dValues as Value, slope));
      return fromAll.flatMap(({ rows, sum }, k) => {
        const { x } = policy[k] as HeadProduct;
        return [g.scatterAdd(g.zeros(x.shape, x.dtype), slots.at, rows), sum];
      });
    });
    return value as Value;
  });
}

interface Logits {
  /** By product, [chunk, width]. */
  states: Value[];
  /** fp32 or fp64 [chunk, vocab], soft-capped. */
  z: Value;
  /** What soft-capping multiplies a logit's gradient by, [chunk, vocab]; null without. */
  slope: Value | null;
}

interface Chunk {
  b: GraphBuilder;
  labels: Value;
  /** The chunk's part of a value [slots]. */
  of(value: Value): Value;
  /** bool [chunk]: false behind the last slot that counts. */
  counts: Value;
  logits(products: readonly HeadProduct[]): Logits;
}

/** What a pass over the chunks carries, and what it leaves of each: values by name and one per product. */
interface ChunkResult<K extends string> {
  carried: readonly Value[];
  named: { [name in K]: Value };
  perProduct: readonly Value[];
}

/** Loops over the slots that count, a chunk at a time. What it leaves is stacked along a new first axis. */
function inChunks<K extends string>(
  g: GraphBuilder,
  name: string,
  { order, count, ...slots }: TokenSlots,
  vocabulary: number,
  softcap: number | null,
  initial: readonly Value[],
  body: (chunk: Chunk, carried: readonly Value[]) => ChunkResult<K>,
): ChunkResult<K> {
  const total = Number(order.shape[0]);
  const size = Math.min(chunkSize(vocabulary), total);
  const chunks = Math.ceil(total / size);
  const ints = (value: number | readonly number[]) => g.constant(value, 'int64');
  const rest = chunks * size - total;
  const filled = rest === 0 ? order : g.concat([order, ints(Array(rest).fill(0))], 0);
  const byChunk = g.reshape(filled, [chunks, size]);
  const index = ints(Array.from({ length: size }, (_, i) => i));
  const isTrue = g.equal(ints(0), ints(0));
  const trips = g.div(g.add(count, ints(size - 1)), ints(size));
  let names: K[] = [];
  const { carried, scans } = g.loop(name, trips, isTrue, initial, (b, iteration, sums) => {
    const mine = b.gather(byChunk, iteration);
    const of = (value: Value) => b.gather(value, mine);
    const at = of(slots.at);
    const logits = (products: readonly HeadProduct[]): Logits => {
      const states = products.map(({ x }) => b.gather(x, at));
      const plain = products
        .map(({ matrix }, k) => b.gemm(states[k] as Value, matrix, { b: true }))
        .reduce((sum, term) => b.add(sum, term));
      const wide = b.cast(plain, exactType(g));
      if (softcap === null) return { states, z: wide, slope: null };
      const bent = b.tanh(b.div(wide, softcap));
      return { states, z: b.mul(bent, softcap), slope: slopeOf(b, bent) };
    };
    const counts = b.less(b.add(index, b.mul(iteration, ints(size))), count);
    const result = body({ b, labels: of(slots.labels), of, counts, logits }, sums);
    names = Object.keys(result.named) as K[];
    const left = [...names.map((key) => result.named[key]), ...result.perProduct];
    return { condition: isTrue, carried: result.carried, scans: left };
  });
  const named = Object.fromEntries(names.map((key, i) => [key, scans[i]])) as ChunkResult<K>['named'];
  return { carried, named, perProduct: scans.slice(names.length) };
}

const vocabularyOf = (products: readonly HeadProduct[]) => Number(products[0]?.matrix.shape[0]);

/** The derivative of tanh, by its value. */
const slopeOf = (g: GraphBuilder, tanh: Value) => g.sub(1, g.mul(tanh, tanh));

function mapValues<K extends string>(values: { [name in K]: Value }, map: (value: Value) => Value) {
  return Object.fromEntries(Object.entries<Value>(values).map(([name, value]) => [name, map(value)])) as typeof values;
}
