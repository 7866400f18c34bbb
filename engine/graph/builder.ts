// Builds a graph op by op: each method adds one node and returns its value, typed and shaped at once.
// The gradient rules build through the same methods, so that a derivative is ordinary nodes.
import { float32ToBfloat16, float32ToFloat16 } from '../checkpoint/float16.ts';
import {
  byteWidths,
  type DataType,
  dataTypes,
  isGraph,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type TypedArray,
} from './onnx.ts';
import {
  elementCount,
  type OpAttributes,
  type OpOutput,
  type OpType,
  opSchemas,
  type Shape,
  sameShape,
} from './ops.ts';

export interface GraphNode<T extends OpType = OpType> {
  readonly type: T;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: OpAttributes[T];
  /** How to differentiate this node where its type's own rule is not the way. */
  readonly vjp?: VectorJacobian;
}

/**
 * The gradients of a function's inputs, given those of its outputs: null where an input has none. `isWanted` says, for
 * each input, whether anybody will look.
 */
export type VectorJacobian = (dOutputs: readonly Value[], isWanted: readonly boolean[]) => readonly (Value | null)[];

/** One tensor of a graph under construction. */
export interface Value {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
  /** null for inputs, initialisers and constants. */
  readonly producer: GraphNode | null;
  /** The elements of an integer constant, for shape inference. */
  readonly constant?: readonly number[];
}

/** The type that formulas are computed in: fp32, half precision to sample on a GPU, fp64 to check gradients. */
export type FloatType = 'float32' | 'float64' | 'float16' | 'bfloat16';
type Operand = Value | number;

/** What log-probabilities, losses and trained tensors are in, whatever a graph computes in: fp32, or fp64 in checks. */
export const exactType = (g: GraphBuilder) => (g.dtype === 'float64' ? 'float64' : 'float32');

export interface LoopResult {
  carried: Value[];
  /** One per scan output of the body, stacked over the iterations along a new first axis. */
  scans: Value[];
}

export class GraphBuilder {
  readonly dtype: FloatType;
  private readonly name: string;
  private readonly parent: GraphBuilder | null;
  private readonly nodes: GraphNode[] = [];
  private readonly inputs: Value[] = [];
  private readonly outputs: Value[] = [];
  private readonly initializers: OnnxTensor[] = [];
  private readonly constants = new Map<string, Value>();
  private readonly bytes = new Map<string, number>();
  private path: string;
  private counter = 0;

  constructor(name: string, dtype: FloatType = 'float32', parent: GraphBuilder | null = null) {
    this.name = name;
    this.dtype = dtype;
    this.parent = parent;
    this.path = parent ? `${parent.path}/${name}` : '';
  }

  /** Names the nodes added by `build` below `name`, as in `/model/layers.0/attn`. */
  scope<R>(name: string, build: () => R): R {
    const outer = this.path;
    this.path = `${outer}/${name}`;
    try {
      return build();
    } finally {
      this.path = outer;
    }
  }

  input(name: string, dtype: DataType, shape: Shape): Value {
    const value: Value = { name, dtype, shape, producer: null };
    this.inputs.push(value);
    return value;
  }

  isInput(value: Value): boolean {
    return this.inputs.includes(value);
  }

  /** Gives a value to the caller of the session under `name`. */
  output(name: string, value: Value): void {
    this.outputs.push(...this.emit('Identity', [value], {}, [{ dtype: value.dtype, shape: value.shape }], [name]));
  }

  /** The same for a graph inside this one, whose outputs need no names: the value as it is, where it is of this graph. */
  private give(value: Value): void {
    const isOwn = value.producer !== null && this.nodes.includes(value.producer);
    if (isOwn && !this.outputs.includes(value)) this.outputs.push(value);
    else this.output(`${this.path}/out_${this.outputs.length}`, value);
  }

  /** A tensor whose bytes stand in the graph. */
  initializer(name: string, dtype: DataType, shape: readonly number[], data: TypedArray): Value {
    return this.addInitializer({ name, dtype, shape, source: { data } });
  }

  /** A tensor whose bytes stay in a file below the session's folder: read in place, never copied. */
  external(
    name: string,
    dtype: DataType,
    shape: readonly number[],
    place: { location: string; offset: number; length: number },
  ): Value {
    return this.addInitializer({ name, dtype, shape, source: place });
  }

  private addInitializer(tensor: OnnxTensor): Value {
    this.root().initializers.push(tensor);
    return { name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, producer: null };
  }

  private root(): GraphBuilder {
    return this.parent ? this.parent.root() : this;
  }

  /** A constant, stored once per graph: a number gives a scalar, a list gives a vector. */
  constant(values: number | readonly number[], dtype: DataType = this.dtype): Value {
    const root = this.root();
    const key = `${dtype} ${JSON.stringify(values)}`;
    const known = root.constants.get(key);
    if (known) return known;
    const elements = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [elements.length];
    const plain = root.initializer(`constant_${root.constants.size}`, dtype, shape, toTyped(dtype, elements));
    const value = dtype === 'int64' ? { ...plain, constant: elements } : plain;
    root.constants.set(key, value);
    return value;
  }

  private ints(values: number | readonly number[]): Value {
    return this.constant(values, 'int64');
  }

  private operands(a: Operand, b: Operand): [Value, Value] {
    const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : this.dtype;
    const toValue = (operand: Operand) => (typeof operand === 'number' ? this.constant(operand, dtype) : operand);
    return [toValue(a), toValue(b)];
  }

  /** Adds a node of any op of the table and gives all its outputs; the methods below are the usual way. */
  op<T extends OpType>(type: T, inputs: readonly Value[], attributes: OpAttributes[T], outputCount = 1) {
    let outputs: OpOutput[];
    try {
      outputs = opSchemas[type].infer(inputs, attributes, outputCount);
    } catch (error) {
      throw new Error(`${this.path}/${type}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    return this.emit(type, inputs, attributes, outputs);
  }

  private emit<T extends OpType>(
    type: T,
    inputs: readonly Value[],
    attributes: OpAttributes[T],
    outputs: readonly OpOutput[],
    names?: readonly string[],
  ): Value[] {
    const name = `${this.path}/${type}_${this.counter++}`;
    const values: Value[] = [];
    const node: GraphNode<T> = { type, name, inputs, outputs: values, attributes };
    for (const [i, { dtype, shape }] of outputs.entries()) {
      values.push({ name: names?.[i] ?? `${name}:${i}`, dtype, shape, producer: node });
    }
    this.nodes.push(node);
    const { bytes } = this.root();
    for (const value of values) bytes.set(value.name, byteSize(value));
    return values;
  }

  /** What each value that a node makes takes, inner graphs' included; a dimension that only the run knows counts as 1. */
  valueBytes(): ReadonlyMap<string, number> {
    return this.root().bytes;
  }

  /**
   * `outputs` as one function of `inputs` whose gradient is what `vjp` gives, whatever nodes made them. It adds no node:
   * differentiation goes from these values straight to `inputs`.
   */
  withGradient(inputs: readonly Value[], outputs: readonly Value[], vjp: VectorJacobian): Value[] {
    const values: Value[] = [];
    const node: GraphNode<'Identity'> = {
      type: 'Identity',
      name: `${this.path}/function_${this.counter++}`,
      inputs,
      outputs: values,
      attributes: {},
      vjp,
    };
    for (const output of outputs) values.push({ ...output, producer: node });
    return values;
  }

  private one<T extends OpType>(type: T, inputs: readonly Value[], attributes: OpAttributes[T]): Value {
    return only(this.op(type, inputs, attributes));
  }

  // Arithmetic, with numpy broadcasting. A number stands for a scalar of the other operand's type.
  add(a: Operand, b: Operand): Value {
    return this.one('Add', this.operands(a, b), {});
  }
  sub(a: Operand, b: Operand): Value {
    return this.one('Sub', this.operands(a, b), {});
  }
  mul(a: Operand, b: Operand): Value {
    return this.one('Mul', this.operands(a, b), {});
  }
  div(a: Operand, b: Operand): Value {
    return this.one('Div', this.operands(a, b), {});
  }
  neg(x: Value): Value {
    return this.one('Neg', [x], {});
  }
  exp(x: Value): Value {
    return this.one('Exp', [x], {});
  }
  log(x: Value): Value {
    return this.one('Log', [x], {});
  }
  sqrt(x: Value): Value {
    return this.one('Sqrt', [x], {});
  }
  sigmoid(x: Value): Value {
    return this.one('Sigmoid', [x], {});
  }
  silu(x: Value): Value {
    return this.mul(x, this.sigmoid(x));
  }
  tanh(x: Value): Value {
    return this.one('Tanh', [x], {});
  }
  sin(x: Value): Value {
    return this.one('Sin', [x], {});
  }
  cos(x: Value): Value {
    return this.one('Cos', [x], {});
  }
  /** GELU's tanh approximation (Hendrycks & Gimpel 2016): x / 2 (1 + tanh(sqrt(2 / pi) x (1 + 0.044715 x^2))). */
  geluTanh(x: Value): Value {
    const cubic = this.add(this.mul(this.mul(x, x), 0.044715), 1);
    const inner = this.mul(this.mul(x, Math.sqrt(2 / Math.PI)), cubic);
    return this.mul(this.mul(x, 0.5), this.add(this.tanh(inner), 1));
  }
  /** cap tanh(x / cap): between -cap and cap, and close to x around 0 (Gemma Team 2024). */
  softcap(x: Value, cap: number): Value {
    return this.mul(this.tanh(this.div(x, cap)), cap);
  }
  /**
   * log(1 + e^x) as log-sum-exp of (x, 0): stable at both ends and smooth at 0, where every DPO run begins;
   * relu(x) + log(1 + e^-|x|) has a kink there, and Softplus has no fp64 kernel.
   */
  softplus(x: Value): Value {
    const column = this.unsqueeze(x, [-1]);
    return this.reduceLogSumExp(this.concat([column, this.mul(column, 0)], -1), [-1], false);
  }

  /** max(x, 0). */
  relu(x: Value): Value {
    return this.where(this.less(this.constant(0, x.dtype), x), x, 0);
  }
  /** min(x, most): no gradient beyond it. */
  clampMax(x: Value, most: number): Value {
    return this.where(this.less(x, this.constant(most, x.dtype)), x, most);
  }
  /** x as a constant: gradients end here. */
  stopGradient(x: Value): Value {
    return { ...x, producer: null };
  }

  // Reductions over the named axes.
  reduceSum(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.one('ReduceSum', [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }
  reduceSumSquare(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.one('ReduceSumSquare', [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }
  reduceLogSumExp(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.one('ReduceLogSumExp', [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }
  reduceMax(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.one('ReduceMax', [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }
  softmax(x: Value): Value {
    return this.one('Softmax', [x], { axis: -1 });
  }
  logSoftmax(x: Value): Value {
    return this.one('LogSoftmax', [x], { axis: -1 });
  }

  // Shape and place.
  /** 0 keeps a dimension, -1 takes what is left. */
  reshape(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    const target = shape.map((dim) => {
      if (typeof dim === 'string') throw new Error(`${this.path}: a symbolic dimension (${dim}) cannot be a target.`);
      return dim;
    });
    return this.one('Reshape', [x, this.ints(target)], {});
  }
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.one('Unsqueeze', [x, this.ints(axes)], {});
  }
  squeeze(x: Value, axes: readonly number[]): Value {
    return this.one('Squeeze', [x, this.ints(axes)], {});
  }
  /** Without `perm`, the last two axes change places. */
  transpose(x: Value, perm?: readonly number[]): Value {
    const rank = x.shape.length;
    const swapped = x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
    return this.one('Transpose', [x], { perm: perm ?? swapped });
  }
  expand(x: Value, shape: Shape): Value {
    return sameShape(x.shape, shape) ? x : this.one('Expand', [x, this.ints(shape.map(Number))], {});
  }
  concat(parts: readonly Value[], axis: number): Value {
    return this.one('Concat', parts, { axis });
  }
  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    return this.op('Split', [x, this.ints(sizes)], { axis }, sizes.length);
  }
  gather(x: Value, indices: Value, axis = 0): Value {
    return this.one('Gather', [x, indices], { axis });
  }
  /** One element of each row of x [rows, width], at `indices` [rows, 1]. */
  gatherElements(x: Value, indices: Value): Value {
    return this.one('GatherElements', [x, indices], { axis: -1 });
  }
  /** The index of the last axis's greatest element, int64. */
  argMax(x: Value): Value {
    return this.one('ArgMax', [x], { axis: -1, keepdims: 0 });
  }
  where(condition: Value, a: Operand, b: Operand): Value {
    return this.one('Where', [condition, ...this.operands(a, b)], {});
  }
  cast(x: Value, to: DataType): Value {
    return x.dtype === to ? x : this.one('Cast', [x], { to });
  }
  zeros(shape: Shape, dtype: DataType = this.dtype): Value {
    const tensor: OnnxTensor = { name: '', dtype, shape: [1], source: { data: toTyped(dtype, [0]) } };
    return this.one('ConstantOfShape', [this.ints(shape.map(Number))], { value: { tensor } });
  }
  /**
   * x [rows, width] with the rows of `updates` [n, width] added at `indices` [n], of which one may come more than once.
   * Not ScatterND: its CPU kernel shares the updates among threads without a lock, and loses some of those that meet.
   * Sums are in fp32 at least.
   */
  scatterAdd(x: Value, indices: Value, updates: Value): Value {
    const places = this.expand(this.reshape(indices, [elementCount(indices.shape), 1]), updates.shape);
    const [into, added] = [x, updates].map((value) => this.cast(value, exactType(this))) as [Value, Value];
    return this.cast(this.one('ScatterElements', [into, places, added], { axis: 0, reduction: 'add' }), x.dtype);
  }

  /** x sorted along its last axis, the smallest first. */
  sort(x: Value): Value {
    const count = this.ints([Number(x.shape.at(-1))]);
    const [values] = this.op('TopK', [x, count], { axis: -1, largest: 0, sorted: 1 }, 2);
    if (!values) throw new Error('TopK has an output.');
    return values;
  }

  // Products.
  matmul(a: Value, b: Value): Value {
    return this.one('MatMul', [a, b], {});
  }
  /** Two matrices, either transposed in place. */
  gemm(a: Value, b: Value, transpose: { a?: boolean; b?: boolean } = {}): Value {
    return this.one('Gemm', [a, b], { transA: transpose.a ? 1 : 0, transB: transpose.b ? 1 : 0 });
  }
  /**
   * x [..., in] times weight [out, in] (as checkpoints keep it), transposed: [..., out].
   * Of known shape it is a Gemm, which has gradients and fp64; else FusedMatMul, which needs no reshape.
   */
  linear(x: Value, weight: Value): Value {
    if (x.shape.some((dim) => typeof dim !== 'number')) {
      return this.one('FusedMatMul', [x, weight], { transA: 0, transB: 1 });
    }
    const inner = Number(x.shape.at(-1));
    const rows = elementCount(x.shape) / inner;
    const product = this.gemm(this.reshape(x, [rows, inner]), weight, { b: true });
    return this.reshape(product, [...x.shape.slice(0, -1), Number(weight.shape[0])]);
  }
  /** x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang & Sennrich 2019). */
  rmsNorm(x: Value, weight: Value, epsilon: number): Value {
    return this.one('SimplifiedLayerNormalization', [x, weight], { axis: -1, epsilon: { float: epsilon } });
  }

  // Comparisons and logic.
  equal(a: Value, b: Value): Value {
    return this.one('Equal', [a, b], {});
  }
  less(a: Value, b: Value): Value {
    return this.one('Less', [a, b], {});
  }
  lessOrEqual(a: Value, b: Value): Value {
    return this.one('LessOrEqual', [a, b], {});
  }
  and(a: Value, b: Value): Value {
    return this.one('And', [a, b], {});
  }
  or(a: Value, b: Value): Value {
    return this.one('Or', [a, b], {});
  }
  not(x: Value): Value {
    return this.one('Not', [x], {});
  }

  /**
   * Runs `build` up to `trips` times while its condition holds. The body sees this graph's values;
   * what it carries keeps its type from one iteration to the next, and may change its shape.
   */
  loop(
    name: string,
    trips: Value,
    condition: Value,
    initial: readonly Value[],
    build: (
      body: GraphBuilder,
      iteration: Value,
      carried: Value[],
    ) => { condition: Value; carried: readonly Value[]; scans: readonly Value[] },
  ): LoopResult {
    const body = new GraphBuilder(name, this.dtype, this);
    const iteration = body.input(`${body.path}/iteration`, 'int64', []);
    body.input(`${body.path}/condition`, 'bool', []);
    const carriedIn = initial.map(({ dtype, shape }, i) => body.input(`${body.path}/in_${i}`, dtype, shape));
    const result = build(body, iteration, carriedIn);
    for (const value of [result.condition, ...result.carried, ...result.scans]) body.give(value);
    const outputs: OpOutput[] = [
      ...result.carried.map(({ dtype, shape }) => ({ dtype, shape })),
      ...result.scans.map(({ dtype, shape }) => ({ dtype, shape: ['?', ...shape] })),
    ];
    // Shapes inside the body differ from one iteration to the next, so the body declares none but its scalars'.
    const graph = body.build(true);
    const values = this.emit('Loop', [trips, condition, ...initial], { body: graph }, outputs);
    return { carried: values.slice(0, initial.length), scans: values.slice(initial.length) };
  }

  /**
   * `then` where the condition (a scalar bool) holds, else `otherwise`: only the chosen one runs. Both see this graph's
   * values and give one value of the same type.
   */
  branch(
    name: string,
    condition: Value,
    then: (body: GraphBuilder) => Value,
    otherwise: (body: GraphBuilder) => Value,
  ): Value {
    let output: OpOutput | undefined;
    const build = (side: string, give: (body: GraphBuilder) => Value) => {
      const body = new GraphBuilder(`${name}/${side}`, this.dtype, this);
      const value = give(body);
      body.give(value);
      output ??= { dtype: value.dtype, shape: value.shape };
      return body.build(true);
    };
    const [then_branch, else_branch] = [build('then', then), build('else', otherwise)];
    return only(this.emit('If', [condition], { then_branch, else_branch }, output ? [output] : []));
  }

  /** The finished graph, without the nodes that no output needs (a rule may emit more than is asked of it). */
  build(withoutShapes = false): OnnxGraph {
    const needed = new Set(this.outputs.map((value) => value.name));
    const kept: OnnxNode[] = [];
    for (const built of this.nodes.toReversed()) {
      if (!built.outputs.some((output) => needed.has(output.name))) continue;
      const node = withoutUnusedScans(toOnnxNode(built), needed);
      for (const name of [...node.inputs, ...outerNames(node)]) needed.add(name);
      kept.push(node);
    }
    const declare = ({ name, dtype, shape }: Value) => ({
      name,
      dtype,
      shape: withoutShapes && shape.length > 0 ? undefined : shape,
    });
    return {
      name: this.name,
      nodes: outputsLast(kept.reverse(), new Set(this.outputs.map(({ name }) => name))),
      initializers: this.initializers.filter((tensor) => needed.has(tensor.name)),
      inputs: this.inputs.map(declare),
      outputs: this.outputs.map(({ name, dtype }) => ({ name, dtype, shape: undefined })),
    };
  }
}

function toOnnxNode(node: GraphNode): OnnxNode {
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([name, value]) => [
      name,
      name === 'to' ? dataTypes[value as DataType] : value,
    ]),
  );
  return {
    type: node.type,
    domain: opSchemas[node.type].domain,
    name: node.name,
    inputs: node.inputs.map((value) => value.name),
    outputs: node.outputs.map((value) => value.name),
    attributes,
  };
}

/**
 * The nodes with those that only an output reads behind all others, in the outputs' order. The runtime walks from its
 * last node back to what that needs, and so on to the first: the last outputs are computed as soon as they can be. Else
 * the gradients of every layer's weights would wait for the end, and with them all that they are made of.
 */
function outputsLast(nodes: readonly OnnxNode[], outputs: ReadonlySet<string>): OnnxNode[] {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of [...node.inputs, ...outerNames(node)]) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const isRead = (name: string) => (readers.get(name) ?? []).length > 0;
  const gives = (node: OnnxNode) => node.outputs.some((name) => outputs.has(name)) && !node.outputs.some(isRead);
  const isForOutput = (node: OnnxNode) =>
    !gives(node) && node.outputs.every((name) => (readers.get(name) ?? []).every(gives));
  const makers = new Map(nodes.filter(isForOutput).flatMap((node) => node.outputs.map((name) => [name, node])));
  const rest = nodes.filter((node) => !gives(node) && !isForOutput(node));
  const last = nodes.filter(gives).flatMap((node) => [...node.inputs.flatMap((name) => makers.get(name) ?? []), node]);
  return [...rest, ...new Set(last)];
}

/** A loop without the scan outputs that nobody reads, and without what only they needed; any other node as it is. */
function withoutUnusedScans(node: OnnxNode, needed: ReadonlySet<string>): OnnxNode {
  const { body } = node.attributes;
  if (node.type !== 'Loop' || !isGraph(body)) return node;
  const carried = node.inputs.length - 2; // beside the trip count and the condition
  const isKept = node.outputs.map((name, i) => i < carried || needed.has(name));
  // The body gives its condition before what the node gives.
  const outputs = body.outputs.filter((_, i) => i === 0 || isKept[i - 1]);
  const used = new Set(outputs.map(({ name }) => name));
  const nodes = body.nodes.toReversed().filter((inner) => {
    if (!inner.outputs.some((name) => used.has(name))) return false;
    for (const name of [...inner.inputs, ...outerNames(inner)]) used.add(name);
    return true;
  });
  return {
    ...node,
    outputs: node.outputs.filter((_, i) => isKept[i]),
    attributes: { ...node.attributes, body: { ...body, outputs, nodes: nodes.reverse() } },
  };
}

/** The names that a node's inner graphs take from the graphs around it (and, harmlessly, their own). */
function outerNames(node: { attributes: object }): string[] {
  return Object.values(node.attributes)
    .filter(isGraph)
    .flatMap((graph) => [
      ...graph.nodes.flatMap((inner) => [...inner.inputs, ...outerNames(inner)]),
      ...graph.outputs.map(({ name }) => name),
    ]);
}

function byteSize({ dtype, shape }: Value): number {
  return shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), byteWidths[dtype]);
}

function only(values: readonly Value[]): Value {
  const [value] = values;
  if (!value || values.length !== 1) throw new Error(`Expected one value, got ${values.length}.`);
  return value;
}

function toTyped(dtype: DataType, elements: readonly number[]): TypedArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(elements);
    case 'float64':
      return Float64Array.from(elements);
    case 'int64':
      return BigInt64Array.from(elements.map(BigInt));
    case 'int32':
      return Int32Array.from(elements);
    case 'float16':
      return float32ToFloat16(Float32Array.from(elements));
    case 'bfloat16':
      return float32ToBfloat16(Float32Array.from(elements));
    case 'bool':
    case 'uint8':
      return Uint8Array.from(elements);
    default:
      throw new Error(`No constants of type ${dtype}.`);
  }
}
