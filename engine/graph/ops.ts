// The ops that our graphs use: attributes, domain, and the type and shape of what they give.
// A new op is a row of `OpAttributes` and of `opSchemas`, and needs a rule in autodiff/rules.ts before it compiles.
import type { DataType, Dim, OnnxGraph, OnnxTensor } from './onnx.ts';

type None = Record<never, never>;
type Axis = { axis: number };
type Transposes = { transA?: 0 | 1; transB?: 0 | 1 };
type Scale = { alpha?: { float: number } };

export interface OpAttributes {
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Sigmoid: None;
  Tanh: None;
  Sin: None;
  Cos: None;
  Softmax: Axis;
  LogSoftmax: Axis;
  ReduceSum: { keepdims: 0 | 1 };
  ReduceSumSquare: { keepdims: 0 | 1 };
  ReduceLogSumExp: { keepdims: 0 | 1 };
  Reshape: None;
  Unsqueeze: None;
  Squeeze: None;
  Transpose: { perm: readonly number[] };
  Expand: None;
  Concat: Axis;
  Split: Axis & { num_outputs?: number };
  Gather: Axis;
  Where: None;
  Cast: { to: DataType };
  Identity: None;
  MatMul: None;
  Gemm: Transposes;
  SimplifiedLayerNormalization: Axis & { epsilon: { float: number } };
  // Without a gradient: comparisons, indices, and what only the sampler runs.
  FusedMatMul: Transposes & Scale;
  ScatterElements: Axis & { reduction: 'add' };
  Slice: None;
  ConstantOfShape: { value: { tensor: OnnxTensor } };
  Equal: None;
  Less: None;
  LessOrEqual: None;
  And: None;
  Or: None;
  Not: None;
  Min: None;
  ReduceMax: { keepdims: 0 | 1 };
  ArgMax: Axis & { keepdims: 0 | 1 };
  TopK: Axis & { largest: 0 | 1; sorted: 0 | 1 };
  CumSum: None;
  GatherND: { batch_dims: number };
  GatherElements: Axis;
  /** Of q [rows, seq, heads * headDim] over k and v [rows, keys, kvHeads * headDim], with what is added to the scores. */
  Attention: {
    q_num_heads: number;
    kv_num_heads: number;
    scale: { float: number };
    softcap: { float: number };
  };
  GroupQueryAttention: {
    num_heads: number;
    kv_num_heads: number;
    do_rotary: 0 | 1;
    rotary_interleaved: 0 | 1;
    local_window_size: number;
    scale: { float: number };
    softcap: { float: number };
  };
  /** Turns the heads of x [rows, seq, heads * headDim] at positions [rows, seq] by the tables [positions, dim / 2]. */
  RotaryEmbedding: { num_heads: number; rotary_embedding_dim: number; interleaved: 0 | 1 };
  /** 4-bit weights [N, blocks, block / 2] and their scales; accuracy_level 4 multiplies in int8. */
  MatMulNBits: { K: number; N: number; bits: 4; block_size: number; accuracy_level: 0 | 4 };
  /** 4-bit weights [N, K / 2] and their scales [N, K / block] to the rows [indices, K] of the matrix. */
  GatherBlockQuantized: { bits: 4; block_size: number; gather_axis: 0; quantize_axis: 1 };
  Loop: { body: OnnxGraph };
  If: { then_branch: OnnxGraph; else_branch: OnnxGraph };
}
export type OpType = keyof OpAttributes;

export type Shape = readonly Dim[];

/** What shape inference sees of an input: `constant` holds the elements of small integer constants. */
export interface OpInput {
  dtype: DataType;
  shape: Shape;
  constant?: readonly number[] | undefined;
}
export interface OpOutput {
  dtype: DataType;
  shape: Shape;
}
export interface OpSchema<T extends OpType> {
  domain: '' | 'com.microsoft';
  /** Types and shapes of the outputs; throws where the inputs do not fit the op. */
  infer(inputs: readonly OpInput[], attributes: OpAttributes[T], outputCount: number): OpOutput[];
}

/** A dimension that only the run knows. */
const unknown = '?';

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i] && dim !== unknown);
}

/** Numpy broadcasting; a symbolic dimension wins over 1 and equals only itself. */
export function broadcastShapes(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x === 1) return y;
    if (y === 1 || x === y || x === unknown || y === unknown) return x;
    throw new Error(`Shapes [${a}] and [${b}] do not broadcast.`);
  });
}

/** Number of elements of a shape whose dimensions are all known. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') throw new Error(`Shape [${shape}] is not known before the run.`);
    count *= dim;
  }
  return count;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new Error(`No element ${index} among ${items.length}.`);
  return item;
}

function constantOf(input: OpInput): readonly number[] {
  if (!input.constant) throw new Error('This input must be a constant of the graph.');
  return input.constant;
}

const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

function elementwise<T extends OpType>(dtype?: DataType): OpSchema<T> {
  return {
    domain: '',
    infer: (inputs) => {
      const shape = inputs.map((input) => input.shape).reduce<Shape>(broadcastShapes, []);
      return [{ dtype: dtype ?? at(inputs, 0).dtype, shape }];
    },
  };
}

function reduction<T extends 'ReduceSum' | 'ReduceSumSquare' | 'ReduceLogSumExp' | 'ReduceMax'>(): OpSchema<T> {
  return {
    domain: '',
    infer: ([x, axesInput], { keepdims }) => {
      const { dtype, shape } = at([x], 0) as OpInput;
      const axes = axesInput
        ? constantOf(axesInput).map((axis) => positive(axis, shape.length))
        : shape.map((_, i) => i);
      const kept = shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
      return [{ dtype, shape: keepdims ? kept : kept.filter((_, i) => !axes.includes(i)) }];
    },
  };
}

function reshapeTo(shape: Shape, target: readonly number[]): Dim[] {
  const result: Dim[] = target.map((dim, i) => (dim === 0 ? at(shape, i) : dim));
  const free = result.indexOf(-1);
  if (free >= 0) {
    const isKnown = shape.every((dim) => typeof dim === 'number') && result.every((dim) => typeof dim === 'number');
    result[free] = isKnown ? elementCount(shape) / -elementCount(result) : unknown;
  } else if (shape.every((dim) => typeof dim === 'number') && elementCount(shape) !== elementCount(result)) {
    throw new Error(`Shape [${shape}] cannot become [${target}].`);
  }
  return result;
}

function matmulShape(a: Shape, b: Shape, { transA = 0, transB = 0 }: Transposes): Dim[] {
  const [rows, innerA] = transA ? [at(a, -1), at(a, -2)] : [at(a, -2), at(a, -1)];
  const [innerB, columns] = transB ? [at(b, -1), at(b, -2)] : [at(b, -2), at(b, -1)];
  if (typeof innerA === 'number' && typeof innerB === 'number' && innerA !== innerB) {
    throw new Error(`Matrices [${a}] and [${b}] do not multiply.`);
  }
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), rows, columns];
}

const likeFirst = (inputs: readonly OpInput[]): OpOutput[] => [
  { dtype: at(inputs, 0).dtype, shape: at(inputs, 0).shape },
];

export const opSchemas: { [T in OpType]: OpSchema<T> } = {
  Add: elementwise(),
  Sub: elementwise(),
  Mul: elementwise(),
  Div: elementwise(),
  Neg: elementwise(),
  Exp: elementwise(),
  Log: elementwise(),
  Sqrt: elementwise(),
  Sigmoid: elementwise(),
  Tanh: elementwise(),
  Sin: elementwise(),
  Cos: elementwise(),
  Min: elementwise(),
  Identity: elementwise(),
  Equal: elementwise('bool'),
  Less: elementwise('bool'),
  LessOrEqual: elementwise('bool'),
  And: elementwise('bool'),
  Or: elementwise('bool'),
  Not: elementwise('bool'),
  Where: {
    domain: '',
    infer: (inputs) => [
      { dtype: at(inputs, 1).dtype, shape: inputs.map((input) => input.shape).reduce<Shape>(broadcastShapes, []) },
    ],
  },
  Cast: { domain: '', infer: (inputs, { to }) => [{ dtype: to, shape: at(inputs, 0).shape }] },
  Softmax: { domain: '', infer: likeFirst },
  LogSoftmax: { domain: '', infer: likeFirst },
  CumSum: { domain: '', infer: likeFirst },
  ScatterElements: { domain: '', infer: likeFirst },
  ReduceSum: reduction(),
  ReduceSumSquare: reduction(),
  ReduceLogSumExp: reduction(),
  ReduceMax: reduction(),
  Reshape: {
    domain: '',
    infer: (inputs) => [
      { dtype: at(inputs, 0).dtype, shape: reshapeTo(at(inputs, 0).shape, constantOf(at(inputs, 1))) },
    ],
  },
  Unsqueeze: {
    domain: '',
    infer: (inputs) => {
      const { dtype, shape } = at(inputs, 0);
      const result = [...shape];
      const rank = shape.length + constantOf(at(inputs, 1)).length;
      for (const axis of constantOf(at(inputs, 1))) result.splice(positive(axis, rank), 0, 1);
      return [{ dtype, shape: result }];
    },
  },
  Squeeze: {
    domain: '',
    infer: (inputs) => {
      const { dtype, shape } = at(inputs, 0);
      const axes = constantOf(at(inputs, 1)).map((axis) => positive(axis, shape.length));
      return [{ dtype, shape: shape.filter((_, i) => !axes.includes(i)) }];
    },
  },
  Transpose: {
    domain: '',
    infer: (inputs, { perm }) => [{ dtype: at(inputs, 0).dtype, shape: perm.map((i) => at(at(inputs, 0).shape, i)) }],
  },
  Expand: {
    domain: '',
    infer: (inputs) => [
      { dtype: at(inputs, 0).dtype, shape: broadcastShapes(at(inputs, 0).shape, constantOf(at(inputs, 1))) },
    ],
  },
  Concat: {
    domain: '',
    infer: (inputs, { axis }) => {
      const { dtype, shape } = at(inputs, 0);
      const along = positive(axis, shape.length);
      const lengths = inputs.map((input) => at(input.shape, along));
      const isKnown = lengths.every((length) => typeof length === 'number');
      return [{ dtype, shape: shape.map((dim, i) => (i !== along ? dim : isKnown ? sum(lengths) : unknown)) }];
    },
  },
  Split: {
    domain: '',
    infer: (inputs, { axis }, outputCount) => {
      const { dtype, shape } = at(inputs, 0);
      const along = positive(axis, shape.length);
      const sizes = inputs[1] ? constantOf(inputs[1]) : Array(outputCount).fill(Number(shape[along]) / outputCount);
      return sizes.map((size) => ({ dtype, shape: shape.map((dim, i) => (i === along ? size : dim)) }));
    },
  },
  Slice: {
    domain: '',
    infer: (inputs) => {
      const { dtype, shape } = at(inputs, 0);
      const axes = constantOf(at(inputs, 3)).map((axis) => positive(axis, shape.length));
      return [{ dtype, shape: shape.map((dim, i) => (axes.includes(i) ? unknown : dim)) }];
    },
  },
  Gather: {
    domain: '',
    infer: (inputs, { axis }) => {
      const [x, indices] = [at(inputs, 0), at(inputs, 1)];
      const along = positive(axis, x.shape.length);
      return [{ dtype: x.dtype, shape: [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)] }];
    },
  },
  GatherND: {
    domain: '',
    infer: (inputs, { batch_dims }) => {
      const [x, indices] = [at(inputs, 0), at(inputs, 1)];
      const depth = at(indices.shape, -1);
      if (typeof depth !== 'number') throw new Error('GatherND: the depth of its indices must be known.');
      return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch_dims + depth)] }];
    },
  },
  GatherElements: {
    domain: '',
    infer: (inputs) => [{ dtype: at(inputs, 0).dtype, shape: at(inputs, 1).shape }],
  },
  MatMul: {
    domain: '',
    infer: (inputs) => [
      { dtype: at(inputs, 0).dtype, shape: matmulShape(at(inputs, 0).shape, at(inputs, 1).shape, {}) },
    ],
  },
  Gemm: {
    domain: '',
    infer: (inputs, attributes) => [
      { dtype: at(inputs, 0).dtype, shape: matmulShape(at(inputs, 0).shape, at(inputs, 1).shape, attributes) },
    ],
  },
  FusedMatMul: {
    domain: 'com.microsoft',
    infer: (inputs, attributes) => [
      { dtype: at(inputs, 0).dtype, shape: matmulShape(at(inputs, 0).shape, at(inputs, 1).shape, attributes) },
    ],
  },
  SimplifiedLayerNormalization: { domain: '', infer: likeFirst },
  Attention: { domain: '', infer: likeFirst },
  ConstantOfShape: {
    domain: '',
    infer: (inputs, { value }) => [{ dtype: value.tensor.dtype, shape: constantOf(at(inputs, 0)) }],
  },
  ArgMax: {
    domain: '',
    infer: (inputs, { axis, keepdims }) => {
      const { shape } = at(inputs, 0);
      const along = positive(axis, shape.length);
      const kept = shape.map((dim, i) => (i === along ? 1 : dim));
      return [{ dtype: 'int64', shape: keepdims ? kept : kept.filter((_, i) => i !== along) }];
    },
  },
  TopK: {
    domain: '',
    infer: (inputs) => {
      const { dtype, shape } = at(inputs, 0);
      const result = [...shape.slice(0, -1), at(inputs, 1).constant?.[0] ?? unknown];
      return [
        { dtype, shape: result },
        { dtype: 'int64', shape: result },
      ];
    },
  },
  GroupQueryAttention: {
    domain: 'com.microsoft',
    infer: (inputs) => {
      const [query, past] = [at(inputs, 0), at(inputs, 3)];
      const present = past.shape.map((dim, i) => (i === 2 ? unknown : dim));
      return [
        { dtype: query.dtype, shape: query.shape },
        { dtype: query.dtype, shape: present },
        { dtype: query.dtype, shape: present },
      ];
    },
  },
  RotaryEmbedding: { domain: 'com.microsoft', infer: likeFirst },
  MatMulNBits: {
    domain: 'com.microsoft',
    infer: (inputs, { N }) => [{ dtype: at(inputs, 0).dtype, shape: [...at(inputs, 0).shape.slice(0, -1), N] }],
  },
  GatherBlockQuantized: {
    domain: 'com.microsoft',
    infer: (inputs) => {
      const [packed, indices, scales] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
      return [{ dtype: scales.dtype, shape: [...indices.shape, 2 * Number(packed.shape[1])] }];
    },
  },
  // A loop's outputs are what its body carries, a branch's what its graphs give: the builder states them.
  Loop: { domain: '', infer: () => [] },
  If: { domain: '', infer: () => [] },
};

function sum(values: readonly Dim[]): number {
  return values.reduce<number>((total, value) => total + Number(value), 0);
}
