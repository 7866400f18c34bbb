// Where a graph's weights come from: mapped from the checkpoint's files, held in memory, or fed at each run.

import type { StoredTensor, WeightType } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { DataType } from '../graph/onnx.ts';
import { blocksOf } from '../quantization/int4.ts';
import type { QuantizedCheckpoint, QuantizedMatrix } from '../quantization/quantized-checkpoint.ts';

/** Weights by their Hugging Face names, in the graph's own float type; asked twice, a tensor is the same value. */
export interface Weights {
  /** Whether the tensors themselves are wanted in gradients. */
  isTrained: boolean;
  tensor(name: string): Value;
  /** Rows of a matrix: indices [...] -> [..., width]. Nothing but these rows is read and widened. */
  rows(g: GraphBuilder, name: string, indices: Value): Value;
  /** x [..., in] times the matrix [out, in] transposed: [..., out]. */
  product(g: GraphBuilder, name: string, x: Value): Value;
}

const storedTypes: { [W in WeightType]: DataType } = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Weights read in place from the checkpoint's files. Half-precision ones are widened by a Cast: bf16 has few CPU kernels. */
export function checkpointWeights(g: GraphBuilder, tensors: ReadonlyMap<string, StoredTensor>): Weights {
  const stored = once((name) => {
    const { file: location, offset, length, dtype, shape } = found(tensors, name);
    return g.external(name, storedTypes[dtype], shape, { location, offset, length });
  });
  const tensor = once((name) => g.cast(stored(name), g.dtype));
  return {
    isTrained: false,
    tensor,
    rows: (b, name, indices) => b.cast(b.gather(stored(name), indices), g.dtype),
    product: (b, name, x) => b.linear(x, tensor(name)),
  };
}

/** Layers' matrices in four bits, multiplied as they are; the rest as `checkpointWeights` gives it. */
export function quantizedWeights(g: GraphBuilder, { matrices, tensors }: QuantizedCheckpoint): Weights {
  const plain = checkpointWeights(g, tensors);
  const quantized = new Map<string, [Value, Value]>();
  const parts = (
    name: string,
    { shape: [out], packed, scales, block, blocks }: QuantizedMatrix & { blocks: number },
  ) => {
    const known = quantized.get(name) ?? [
      g.external(`${name}.int4`, 'uint8', [out, blocks, block / 2], packed),
      g.cast(g.external(`${name}.scales`, 'float32', [out * blocks], scales), g.dtype),
    ];
    quantized.set(name, known);
    return known;
  };
  return {
    ...plain,
    product: (b, name, x) => {
      const matrix = matrices.get(name);
      if (!matrix) return plain.product(b, name, x);
      const [N, K] = matrix.shape;
      const attributes = { K, N, bits: 4, block_size: matrix.block, accuracy_level: 4 } as const;
      const blocks = blocksOf(K, matrix.block);
      return b.op('MatMulNBits', [x, ...parts(name, { ...matrix, blocks })], attributes)[0] as Value;
    },
  };
}

export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** Weights that are inputs of the graph: what full-parameter training changes between runs. */
export function inputWeights(g: GraphBuilder, shapes: WeightShapes): { weights: Weights; values: Map<string, Value> } {
  const values = new Map<string, Value>();
  const tensor = once((name) => {
    const value = g.input(name, g.dtype, found(shapes, name));
    values.set(name, value);
    return value;
  });
  return { weights: wholeTensors(tensor, true), values };
}

/** Weights held in memory, in the graph's float type: gradient checks run a checkpoint in fp64 this way. */
export function memoryWeights(
  g: GraphBuilder,
  weights: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
): Weights {
  return wholeTensors(
    once((name) => {
      const { shape, data } = found(weights, name);
      return g.initializer(name, g.dtype, shape, g.dtype === 'float64' ? Float64Array.from(data) : data);
    }),
  );
}

function wholeTensors(tensor: (name: string) => Value, isTrained = false): Weights {
  return {
    isTrained,
    tensor,
    rows: (g, name, indices) => g.gather(tensor(name), indices),
    product: (g, name, x) => g.linear(x, tensor(name)),
  };
}

function found<T>(items: ReadonlyMap<string, T>, name: string): T {
  const item = items.get(name);
  if (!item) throw new EngineError('CHECKPOINT_INVALID', `The checkpoint has no tensor "${name}".`);
  return item;
}

function once(load: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? load(name);
    known.set(name, value);
    return value;
  };
}
