// The gradient of every op: given its node and the gradient dY of its output, the gradient of each input.
// Rules broadcast as the op does; the walk (gradient.ts) sums a gradient back to its input's shape and accumulates.
import { exactType, type GraphBuilder, type GraphNode, type Value } from '../graph/builder.ts';
import { elementCount, type OpType } from '../graph/ops.ts';

/** One gradient per input; null where an input (an index, a shape, a condition) has none. */
export type GradientRule<T extends OpType> = (
  g: GraphBuilder,
  node: GraphNode<T>,
  dY: Value,
  dOutputs: readonly Value[],
) => readonly (Value | null)[];

/** The derivative is zero wherever it exists: the walk stops here. */
export const noGradient = 'no gradient';
/** The op has a derivative that nobody has needed yet: a graph that needs it is refused. */
export const notDifferentiable = 'not differentiable';

export const gradientRules: { [T in OpType]: GradientRule<T> | typeof noGradient | typeof notDifferentiable } = {
  Add: (_, __, dY) => [dY, dY],
  Sub: (g, _, dY) => [dY, g.neg(dY)],
  Mul: (g, { inputs }, dY) => [g.mul(dY, second(inputs)), g.mul(dY, first(inputs))],
  Div: (g, { inputs, outputs }, dY) => {
    const dA = g.div(dY, second(inputs));
    return [dA, g.neg(g.mul(dA, first(outputs)))];
  },
  Neg: (g, _, dY) => [g.neg(dY)],
  Exp: (g, { outputs }, dY) => [g.mul(dY, first(outputs))],
  Log: (g, { inputs }, dY) => [g.div(dY, first(inputs))],
  Sqrt: (g, { outputs }, dY) => [g.div(g.mul(dY, 0.5), first(outputs))],
  Sigmoid: (g, { outputs }, dY) => [g.mul(dY, g.mul(first(outputs), g.sub(1, first(outputs))))],
  Tanh: (g, { outputs }, dY) => [g.mul(dY, g.sub(1, g.mul(first(outputs), first(outputs))))],
  Sin: (g, { inputs }, dY) => [g.mul(dY, g.cos(first(inputs)))],
  Cos: (g, { inputs }, dY) => [g.neg(g.mul(dY, g.sin(first(inputs))))],
  Softmax: (g, { outputs }, dY) => {
    const y = first(outputs);
    const weighted = g.mul(dY, y);
    return [g.sub(weighted, g.mul(y, g.reduceSum(weighted, [-1], true)))];
  },
  LogSoftmax: (g, { outputs }, dY) => [g.sub(dY, g.mul(g.exp(first(outputs)), g.reduceSum(dY, [-1], true)))],
  ReduceSum: (g, { inputs, attributes }, dY) => [g.expand(keptDims(g, inputs, attributes, dY), shapeOf(inputs)), null],
  ReduceSumSquare: (g, { inputs, attributes }, dY) => [
    g.mul(g.mul(first(inputs), 2), keptDims(g, inputs, attributes, dY)),
    null,
  ],
  ReduceLogSumExp: (g, { inputs, outputs, attributes }, dY) => {
    const softmax = g.exp(g.sub(first(inputs), keptDims(g, inputs, attributes, first(outputs))));
    return [g.mul(softmax, keptDims(g, inputs, attributes, dY)), null];
  },
  Reshape: (g, { inputs }, dY) => [g.reshape(dY, shapeOf(inputs)), null],
  Unsqueeze: (g, { inputs }, dY) => [g.reshape(dY, shapeOf(inputs)), null],
  Squeeze: (g, { inputs }, dY) => [g.reshape(dY, shapeOf(inputs)), null],
  Transpose: (g, { attributes: { perm } }, dY) => [
    g.transpose(
      dY,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  Expand: (_, __, dY) => [dY, null],
  Concat: (g, { inputs, attributes: { axis } }, dY) =>
    g.split(
      dY,
      inputs.map((input) => Number(input.shape.at(axis))),
      axis,
    ),
  Split: (g, { attributes: { axis } }, _, dOutputs) => [g.concat(dOutputs, axis), null],
  // An embedding's gradient: each row's gradient is added at its index.
  Gather: (g, { inputs, attributes: { axis } }, dY) => {
    if (axis !== 0) throw new Error(`The gradient of Gather is known for axis 0 only, not ${axis}.`);
    const [table, indices] = [first(inputs), second(inputs)];
    const rows = g.reshape(dY, [-1, elementCount(table.shape.slice(1))]);
    const sum = g.scatterAdd(g.zeros([Number(table.shape[0]), Number(rows.shape[1])], table.dtype), indices, rows);
    return [g.reshape(sum, table.shape), null];
  },
  Where: (g, { inputs }, dY) => [null, g.where(first(inputs), dY, 0), g.where(first(inputs), 0, dY)],
  Cast: (g, { inputs }, dY) => [g.cast(dY, first(inputs).dtype)],
  Identity: (_, __, dY) => [dY],
  MatMul: (g, { inputs }, dY) => [g.matmul(dY, g.transpose(second(inputs))), g.matmul(g.transpose(first(inputs)), dY)],
  Gemm: (g, { inputs, attributes: { transA, transB } }, dY) => {
    const [a, b] = [first(inputs), second(inputs)];
    return [
      transA ? g.gemm(b, dY, { a: transB === 1, b: true }) : g.gemm(dY, b, { b: transB !== 1 }),
      transB ? g.gemm(dY, a, { a: true, b: transA === 1 }) : g.gemm(a, dY, { a: transA !== 1 }),
    ];
  },
  // y = x r w with r = 1 / sqrt(mean(x^2) + epsilon): dx = r (w dy - x r^2 mean(x w dy)).
  // In fp32 where the op's values are in half precision: squares overflow there.
  SimplifiedLayerNormalization: (g, { inputs, attributes }, dOutput) => {
    const exact = exactType(g);
    const [x, weight] = [g.cast(first(inputs), exact), g.cast(second(inputs), exact)];
    const dY = g.cast(dOutput, exact);
    const size = Number(x.shape.at(-1));
    const meanSquare = g.div(g.reduceSumSquare(x, [-1], true), size);
    const r = g.div(1, g.sqrt(g.add(meanSquare, attributes.epsilon.float)));
    const normed = g.mul(x, r);
    const weighted = g.mul(dY, weight);
    const mean = g.div(g.reduceSum(g.mul(weighted, normed), [-1], true), size);
    const narrow = (value: Value) => g.cast(value, dOutput.dtype);
    return [narrow(g.mul(r, g.sub(weighted, g.mul(normed, mean)))), narrow(g.mul(dY, normed))];
  },
  // Each value came from one place, and its gradient goes back there.
  TopK: (g, { inputs, outputs, attributes: { axis } }, dY) => {
    const nowhere = g.zeros(shapeOf(inputs), dY.dtype);
    return [...g.op('ScatterElements', [nowhere, second(outputs), dY], { axis, reduction: 'add' }), null];
  },
  ConstantOfShape: noGradient,
  Equal: noGradient,
  Less: noGradient,
  LessOrEqual: noGradient,
  And: noGradient,
  Or: noGradient,
  Not: noGradient,
  ArgMax: noGradient,
  Min: notDifferentiable,
  ReduceMax: notDifferentiable,
  CumSum: notDifferentiable,
  FusedMatMul: notDifferentiable,
  ScatterElements: notDifferentiable,
  Slice: notDifferentiable,
  GatherND: notDifferentiable,
  GatherElements: notDifferentiable,
  Attention: notDifferentiable,
  GroupQueryAttention: notDifferentiable,
  RotaryEmbedding: notDifferentiable,
  MatMulNBits: notDifferentiable,
  GatherBlockQuantized: notDifferentiable,
  Loop: notDifferentiable,
  If: notDifferentiable,
};

function first(values: readonly Value[]): Value {
  const [value] = values;
  if (!value) throw new Error('This node lacks its first value.');
  return value;
}

function second(values: readonly Value[]): Value {
  const [, value] = values;
  if (!value) throw new Error('This node lacks its second value.');
  return value;
}

const shapeOf = (inputs: readonly Value[]) => first(inputs).shape;

/** A reduced value with the reduced axes back as 1, so that it broadcasts against the input. */
function keptDims(g: GraphBuilder, inputs: readonly Value[], attributes: { keepdims: 0 | 1 }, value: Value): Value {
  if (attributes.keepdims) return value;
  const { shape } = first(inputs);
  const axes = second(inputs).constant?.map((axis) => (axis < 0 ? axis + shape.length : axis)) ?? [];
  return g.reshape(
    value,
    shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  );
}
