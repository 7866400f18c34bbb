// The head by chunks against the plain formula over whole logits, in fp64: values, statistics, gradients of states and
// of trained matrices, with soft-capping, over several chunks, with slots that count nothing.
import { describe, expect, test } from 'vitest';
import { gradients } from '../autodiff/gradient.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { packRows } from './batch.ts';
import { chunkSize, type HeadProduct, tokenDivergences, tokenStatistics } from './log-probs.ts';

const [states, width, rank, vocabulary] = [40, 6, 3, 37];
const size = { rows: 3, completions: 2, length: 300, span: 130 };
const random = createRandom(5);
const normal = (shape: number[], scale = 1): Tensor => {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return { dtype: 'float64', shape, data: Float64Array.from({ length }, () => scale * random.normal()) };
};
const token = () => Math.floor(random.uniform() * vocabulary);
const rows = [130, 100, 129].map((length, r) => ({
  prompt: [1, 2, 3],
  completions: [Array.from({ length }, token), Array.from({ length: length - r }, token)],
  weights: [Array.from({ length }, (_, i) => (i % 7 === 3 ? 0 : 1 + (i % 3))), Array(length - r).fill(1)],
}));
const { at, labels, order, places, count, token_weights } = packRows(rows, size, 'float64');
const slots = at.data.length;
const feeds: Record<string, Tensor> = {
  at: { ...at, data: at.data.map((place) => place % BigInt(states)) },
  labels,
  order,
  places,
  count,
  weights: { ...token_weights, shape: [slots] },
  x: normal([states, width]),
  matrix: normal([vocabulary, width]),
  low: normal([states, rank]),
  high: normal([vocabulary, rank]),
};

async function outputsOf(softcap: number | null, isTrained: boolean, isChunked: boolean) {
  const g = new GraphBuilder('head', 'float64');
  const input = (name: string) => g.input(name, feeds[name]?.dtype ?? 'float64', feeds[name]?.shape ?? []);
  const products: HeadProduct[] = [
    { x: input('x'), matrix: input('matrix'), isTrained },
    { x: input('low'), matrix: input('high'), isTrained },
  ];
  const inputs = { at: input('at'), labels: input('labels') };
  const packing = { order: input('order'), places: input('places'), count: input('count') };
  const weights = input('weights');
  const { logps, ...statistics } = isChunked
    ? tokenStatistics(g, { products, ...inputs, ...packing }, softcap)
    : plain(g, products, inputs, softcap);
  const trained = products.flatMap(({ x, matrix }) => (isTrained ? [x, matrix] : [x]));
  // Not linear in the log-probs, so that each has a gradient of its own.
  const loss = g.reduceSum(g.mul(g.mul(logps, logps), weights), [0]);
  g.output('logps', g.mul(logps, weights));
  for (const [name, value] of Object.entries(statistics)) g.output(name, g.mul(g.cast(value, 'float64'), weights));
  for (const [i, gradient] of gradients(g, loss, trained).entries()) g.output(`gradient ${i}`, gradient);
  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const outputs = await session.run(feeds);
  await session.close();
  return outputs;
}

/** The formulas as they are written, over [slots, vocab]. */
function plain(
  g: GraphBuilder,
  products: readonly HeadProduct[],
  tokens: { at: Value; labels: Value },
  cap: number | null,
) {
  const products_ = products.map(({ x, matrix }) => g.gemm(g.gather(x, tokens.at), matrix, { b: true }));
  const logits = products_.reduce((sum, term) => g.add(sum, term));
  const z = cap === null ? logits : g.softcap(logits, cap);
  const all = g.logSoftmax(z);
  const oneHot = g.cast(
    g.equal(
      g.unsqueeze(tokens.labels, [-1]),
      g.constant(
        Array.from({ length: vocabulary }, (_, i) => i),
        'int64',
      ),
    ),
    'float64',
  );
  const p = g.exp(all);
  const top = g.reduceMax(all, [-1]);
  const logps = g.reduceSum(g.mul(all, oneHot), [-1]);
  return {
    logps,
    entropy: g.neg(g.reduceSum(g.mul(p, all), [-1])),
    sumSquares: g.log(g.reduceSumSquare(p, [-1])),
    meanLogit: g.div(g.reduceSum(z, [-1]), vocabulary),
    isLikeliest: g.cast(g.less(g.sub(top, logps), g.constant(1e-12)), 'float64'),
    topIds: g.argMax(all),
    topLogps: top,
  };
}

function expectAlike(found: Record<string, Tensor>, expected: Record<string, Tensor>): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(found[name]?.shape).toEqual(shape);
    const scale = Math.max(...Array.from(data as Float64Array, (value) => Math.abs(Number(value))));
    expect(scale).toBeGreaterThan(0);
    for (const [i, value] of Array.from(data as Float64Array, Number).entries()) {
      const error = Math.abs(Number(found[name]?.data[i]) - value) / scale;
      expect(error, `${name}[${i}] is ${found[name]?.data[i]} instead of ${value}`).toBeLessThan(1e-12);
    }
  }
}

test('a chunk of logits has a bounded size, whatever the vocabulary', () => {
  expect(chunkSize(151_936)).toBe(64);
  expect(chunkSize(32_000)).toBe(256);
  expect(chunkSize(4)).toBe(256);
});

describe('chunks equal the whole', () => {
  expect(slots).toBeGreaterThan(2 * chunkSize(vocabulary));
  for (const softcap of [null, 2]) {
    for (const isTrained of [false, true]) {
      test(`${softcap ? 'soft-capped' : 'plain'} logits, ${isTrained ? 'trained' : 'frozen'} matrices`, async () => {
        const [found, expected] = [
          await outputsOf(softcap, isTrained, true),
          await outputsOf(softcap, isTrained, false),
        ];
        expectAlike(found, expected);
      });
    }
  }
});

describe('divergences by chunks equal the formula, with trained matrices', () => {
  async function gradientsOf(softcap: number | null, isChunked: boolean) {
    const g = new GraphBuilder('divergences', 'float64');
    const input = (name: string) => g.input(name, feeds[name]?.dtype ?? 'float64', feeds[name]?.shape ?? []);
    const [x, low, matrix, high] = [input('x'), input('low'), input('matrix'), input('high')];
    const policy: HeadProduct[] = [
      { x, matrix, isTrained: false },
      { x: low, matrix: high, isTrained: true },
    ];
    const reference: HeadProduct[] = [{ x, matrix, isTrained: false }];
    const tokens = { at: input('at'), labels: input('labels') };
    const packing = { order: input('order'), places: input('places'), count: input('count') };
    const values = isChunked
      ? tokenDivergences(g, { ...tokens, ...packing, policy, reference: still(g, reference) }, softcap)
      : plainDivergences(g, tokens.at, policy, still(g, reference), softcap);
    const weights = input('weights');
    const loss = g.reduceSum(g.mul(g.mul(values, values), weights), [0]);
    g.output('divergences', g.mul(values, weights));
    const found = gradients(g, loss, [x, low, high]);
    for (const [i, gradient] of found.entries()) g.output(`gradient ${i}`, gradient);
    const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
    const outputs = await session.run(feeds);
    await session.close();
    return outputs;
  }
  const still = (g: GraphBuilder, products: readonly HeadProduct[]) =>
    products.map((product) => ({ ...product, x: g.stopGradient(g.mul(product.x, 0.9)) }));
  function plainDivergences(
    g: GraphBuilder,
    at: Value,
    policy: readonly HeadProduct[],
    reference: readonly HeadProduct[],
    cap: number | null,
  ) {
    const logpsOf = (products: readonly HeadProduct[]) => {
      const logits = products
        .map(({ x, matrix }) => g.gemm(g.gather(x, at), matrix, { b: true }))
        .reduce((sum, term) => g.add(sum, term));
      return g.logSoftmax(cap === null ? logits : g.softcap(logits, cap));
    };
    const [p, r] = [logpsOf(policy), logpsOf(reference)];
    return g.reduceSum(g.mul(g.exp(r), g.sub(r, p)), [-1]);
  }
  test.each([null, 2])('soft-cap %s', async (softcap) => {
    expectAlike(await gradientsOf(softcap, true), await gradientsOf(softcap, false));
  });
});

test('what nobody reads is not in the graph', () => {
  const sizeOf = (read: (statistics: ReturnType<typeof tokenStatistics>) => Value) => {
    const g = new GraphBuilder('head');
    const ints = (name: string, shape: number[] = [slots]) => g.input(name, 'int64', shape);
    const tokens = { at: ints('at'), labels: ints('labels'), order: ints('order'), places: ints('places') };
    const head = { x: g.input('x', 'float32', [states, width]), matrix: g.input('w', 'float32', [vocabulary, width]) };
    const products = [{ ...head, isTrained: false }];
    g.output('y', read(tokenStatistics(g, { products, ...tokens, count: ints('count', []) }, null)));
    const [loop] = g.build().nodes.filter(({ type }) => type === 'Loop');
    return JSON.stringify(loop, (_, value) => (typeof value === 'bigint' ? Number(value) : value)).match(
      /"type":"Gemm"/g,
    )?.length;
  };
  expect(sizeOf(({ logps }) => logps)).toBe(1);
});
