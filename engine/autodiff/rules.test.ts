// Every op rule against central finite differences in fp64. The cases are enumerated from the table: a rule
// without a case fails, so a new op cannot skip the check.
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import { elementCount, type OpType } from '../graph/ops.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { gradients } from './gradient.ts';
import { gradientRules } from './rules.ts';

interface Case {
  shapes: number[][];
  build(g: GraphBuilder, inputs: Value[]): Value;
  /** Inputs are drawn from N(0, 1) and then mapped into the op's domain. */
  domain?: (x: number) => number;
}

const positive = (x: number) => 0.5 + Math.abs(x);
const pick = (values: Value[], i: number): Value => {
  const value = values[i];
  if (!value) throw new Error(`no input ${i}`);
  return value;
};
const unary = (build: (g: GraphBuilder, x: Value) => Value, domain?: Case['domain']): Case => ({
  shapes: [[3, 4]],
  build: (g, v) => build(g, pick(v, 0)),
  ...(domain ? { domain } : {}),
});
/** Both operands broadcast against the other, in rank and in size. */
const binary = (build: (g: GraphBuilder, a: Value, b: Value) => Value, domain?: Case['domain']): Case[] =>
  [
    [
      [3, 4],
      [3, 4],
    ],
    [[2, 3, 4], [4]],
    [
      [3, 1],
      [2, 1, 4],
    ],
    [[], [2, 2]],
  ].map((shapes) => ({ shapes, build: (g, v) => build(g, pick(v, 0), pick(v, 1)), ...(domain ? { domain } : {}) }));

const cases: { [T in OpType]?: Case[] } = {
  Add: binary((g, a, b) => g.add(a, b)),
  Sub: binary((g, a, b) => g.sub(a, b)),
  Mul: binary((g, a, b) => g.mul(a, b)),
  Div: binary((g, a, b) => g.div(a, b), positive),
  Neg: [unary((g, x) => g.neg(x))],
  Exp: [unary((g, x) => g.exp(x))],
  Log: [unary((g, x) => g.log(x), positive)],
  Sqrt: [unary((g, x) => g.sqrt(x), positive)],
  Sigmoid: [unary((g, x) => g.sigmoid(x)), unary((g, x) => g.silu(x))],
  Tanh: [unary((g, x) => g.tanh(x)), unary((g, x) => g.geluTanh(x)), unary((g, x) => g.softcap(x, 1.5))],
  Sin: [unary((g, x) => g.sin(x))],
  Cos: [unary((g, x) => g.cos(x))],
  Softmax: [unary((g, x) => g.softmax(x))],
  LogSoftmax: [unary((g, x) => g.logSoftmax(x))],
  ReduceSum: [unary((g, x) => g.reduceSum(x, [1])), unary((g, x) => g.reduceSum(x, [0, 1], true))],
  ReduceSumSquare: [unary((g, x) => g.reduceSumSquare(x, [-1])), unary((g, x) => g.reduceSumSquare(x, [0], true))],
  ReduceLogSumExp: [
    unary((g, x) => g.reduceLogSumExp(x, [-1])),
    unary((g, x) => g.reduceLogSumExp(x, [0], true)),
    unary((g, x) => g.softplus(x)),
    unary(
      (g, x) => g.softplus(x),
      () => 0,
    ), // where DPO starts: the derivative is exactly 1/2
  ],
  Reshape: [unary((g, x) => g.reshape(x, [2, -1]))],
  Unsqueeze: [unary((g, x) => g.unsqueeze(x, [1, -1]))],
  Squeeze: [{ shapes: [[3, 1, 2]], build: (g, v) => g.squeeze(pick(v, 0), [1]) }],
  Transpose: [
    unary((g, x) => g.transpose(x)),
    { shapes: [[2, 3, 4]], build: (g, v) => g.transpose(pick(v, 0), [2, 0, 1]) },
  ],
  Expand: [{ shapes: [[3, 1]], build: (g, v) => g.expand(pick(v, 0), [2, 3, 4]) }],
  Concat: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      build: (g, v) => g.concat(v, 1),
    },
    {
      shapes: [
        [2, 3],
        [1, 3],
      ],
      build: (g, v) => g.concat(v, -2),
    },
  ],
  Split: [
    unary((g, x) => {
      const parts = g.split(x, [1, 3], -1);
      return g.mul(pick(parts, 0), pick(parts, 1));
    }),
    unary((g, x) => pick(g.split(x, [1, 2], 0), 1)), // the other part has no gradient
  ],
  Gather: [unary((g, x) => g.gather(x, g.constant([2, 0, 2], 'int64')))],
  TopK: [
    unary((g, x) => g.sort(x)),
    unary((g, x) => pick(g.op('TopK', [x, g.constant([2], 'int64')], { axis: -1, largest: 1, sorted: 1 }, 2), 0)),
  ],
  Where: [
    unary((g, x) => g.relu(x)),
    unary((g, x) => g.clampMax(x, 0.3)),
    {
      shapes: [[2, 3], [3]],
      build: (g, v) =>
        g.where(g.equal(g.constant([1, 0, 1], 'int64'), g.constant([1], 'int64')), pick(v, 0), pick(v, 1)),
    },
  ],
  Cast: [unary((g, x) => pick(g.op('Cast', [x], { to: 'float64' }), 0))],
  Identity: [unary((g, x) => pick(g.op('Identity', [x], {}), 0))],
  MatMul: [
    {
      shapes: [
        [2, 3],
        [3, 4],
      ],
      build: (g, v) => g.matmul(pick(v, 0), pick(v, 1)),
    },
    {
      shapes: [
        [2, 2, 3, 4],
        [2, 1, 4, 2],
      ],
      build: (g, v) => g.matmul(pick(v, 0), pick(v, 1)),
    },
  ],
  Gemm: [false, true].flatMap((a) =>
    [false, true].map((b) => ({
      shapes: [a ? [3, 2] : [2, 3], b ? [4, 3] : [3, 4]],
      build: (g: GraphBuilder, v: Value[]) => g.gemm(pick(v, 0), pick(v, 1), { a, b }),
    })),
  ),
  SimplifiedLayerNormalization: [
    { shapes: [[2, 3, 4], [4]], build: (g, v) => g.rmsNorm(pick(v, 0), pick(v, 1), 1e-5) },
  ],
};

describe('gradient rules agree with finite differences in fp64', () => {
  for (const [type, rule] of Object.entries(gradientRules)) {
    if (typeof rule !== 'function') continue;
    test(type, async () => {
      const list = cases[type as OpType];
      expect(list, `${type} has a rule but no case here`).toBeDefined();
      for (const [i, item] of (list ?? []).entries()) await check(`${type} ${i}`, item);
    });
  }
});

async function check(name: string, { shapes, build, domain = (x) => x }: Case): Promise<void> {
  const random = createRandom(7);
  const g = new GraphBuilder(name, 'float64');
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, 'float64', shape));
  const y = build(g, inputs);
  const weights = Float64Array.from({ length: elementCount(y.shape) }, () => random.normal());
  const weighted = g.mul(y, g.initializer('weights', 'float64', y.shape.map(Number), weights));
  const loss =
    y.shape.length > 0
      ? g.reduceSum(
          weighted,
          y.shape.map((_, i) => i),
        )
      : weighted;
  g.output('loss', loss);
  for (const [i, gradient] of gradients(g, loss, inputs).entries()) g.output(`d${i}`, gradient);

  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const feeds: Record<string, Tensor> = {};
  for (const [i, shape] of shapes.entries()) {
    const data = Float64Array.from({ length: elementCount(shape) }, () => domain(random.normal()));
    feeds[`x${i}`] = { dtype: 'float64', shape, data };
  }
  const analytic = await session.run(feeds);
  const lossAt = async () => Number((await session.run(feeds)).loss?.data[0]);
  for (const [i] of shapes.entries()) {
    const data = feeds[`x${i}`]?.data as Float64Array;
    const gradient = analytic[`d${i}`]?.data as Float64Array;
    expect(analytic[`d${i}`]?.shape).toEqual(shapes[i]);
    const scale = Math.max(1e-3, ...gradient.map(Math.abs));
    for (let k = 0; k < data.length; k++) {
      const x = data[k] ?? 0;
      const step = 1e-5;
      data[k] = x + step;
      const above = await lossAt();
      data[k] = x - step;
      const below = await lossAt();
      data[k] = x;
      const numeric = (above - below) / (2 * step);
      const error = Math.abs(numeric - (gradient[k] ?? Number.NaN)) / scale;
      expect(error, `${name}: d${i}[${k}] is ${gradient[k]}, finite differences say ${numeric}`).toBeLessThan(1e-6);
    }
  }
  await session.close();
}
