// Where a graph's weights come from: mapped from the checkpoint's files, held in memory, or fed at each run.

import { zeroOf } from '../autodiff/checkpoint.ts';
import type { StoredTensor, WeightType } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
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

/**
 * Layers' matrices in four bits, multiplied as they are; the rest as `checkpointWeights` gives it. Accuracy level 4
 * multiplies in int8, level 0 in the graph's own type: that one has gradients.
 */
export function quantizedWeights(
  g: GraphBuilder,
  { matrices, tensors }: QuantizedCheckpoint,
  accuracyLevel: 0 | 4 = 4,
): Weights {
  const plain = checkpointWeights(g, tensors);
  const parts = once((name) => {
    const { shape, packed, scales, block } = found(matrices, name);
    const [out, blocks] = [shape[0], blocksOf(shape[1], block)];
    return {
      packed: g.external(`${name}.int4`, 'uint8', [out, blocks, block / 2], packed),
      scales: g.cast(g.external(`${name}.scales`, 'float32', [out * blocks], scales), g.dtype),
      // The same bytes as matrices, for the gradient.
      rows: g.external(`${name}.int4.rows`, 'uint8', [out, (blocks * block) / 2], packed),
      rowScales: g.external(`${name}.scales.rows`, 'float32', [out, blocks], scales),
    };
  });
  return {
    ...plain,
    product: (b, name, x) => {
      const matrix = matrices.get(name);
      if (!matrix) return plain.product(b, name, x);
      const { packed, scales, rows, rowScales } = parts(name);
      const [N, K] = matrix.shape;
      const attributes = { K, N, bits: 4, block_size: matrix.block, accuracy_level: accuracyLevel } as const;
      const [y] = b.op('MatMulNBits', [x, packed, scales], attributes);
      const [value] = b.withGradient([x], [y as Value], ([dY]) => {
        const weight = dequantized(b, matrix, rows, rowScales, dY as Value);
        return [b.reshape(b.gemm(b.reshape(dY as Value, [-1, N]), weight), x.shape)];
      });
      return value as Value;
    },
  };
}

/**
 * [out, in] in the graph's type, to be had only once `dY` is there: else every layer's would be made at the start, and
 * all be held at once.
 */
function dequantized(
  g: GraphBuilder,
  { shape: [out, inner], block }: QuantizedMatrix,
  rows: Value,
  scales: Value,
  dY: Value,
) {
  const late = g.cast(g.add(scales, g.cast(zeroOf(g, dY), scales.dtype)), g.dtype);
  const all = g.constant(
    Array.from({ length: out }, (_, i) => i),
    'int64',
  );
  const attributes = { bits: 4, block_size: block, gather_axis: 0, quantize_axis: 1 } as const;
  const [values] = g.op('GatherBlockQuantized', [rows, all, late], attributes);
  const padding = blocksOf(inner, block) * block - inner;
  return padding === 0 ? (values as Value) : (g.split(values as Value, [inner, padding], 1)[0] as Value);
}

export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** Weights that are inputs of the graph: what full-parameter training changes between runs. */
export function inputWeights(g: GraphBuilder, shapes: WeightShapes): { weights: Weights; values: Map<string, Value> } {
  const values = new Map<string, Value>();
  const tensor = once((name) => {
    const value = g.input(name, exactType(g), found(shapes, name));
    values.set(name, value);
    return g.cast(value, g.dtype);
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

function once<T>(load: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const value = known.get(name) ?? load(name);
    known.set(name, value);
    return value;
  };
}
