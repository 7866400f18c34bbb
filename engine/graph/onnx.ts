// ONNX's graph as plain data, and its protobuf encoding. Only the fields that our graphs use are written
// (onnx.proto3, IR version 8). Weights stay where they are: an external tensor names a file, an offset and a length.

export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
export type DataType = keyof typeof dataTypes;

export const byteWidths: { [D in DataType]: number } = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  bfloat16: 2,
};

export type Dim = number | string;
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

export interface OnnxTensor {
  name: string;
  dtype: DataType;
  shape: readonly number[];
  /** Bytes in the graph itself, or a place in a file below the session's folder. */
  source: { data: TypedArray } | { location: string; offset: number; length: number };
}

export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { float: number }
  | { tensor: OnnxTensor }
  | OnnxGraph;

export interface OnnxNode {
  type: string;
  domain: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OnnxValue {
  name: string;
  dtype: DataType;
  /** undefined = unknown rank (loop-carried values). */
  shape: readonly Dim[] | undefined;
}

export interface OnnxGraph {
  name: string;
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxTensor[];
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
}

/**
 * Opset 18: every op of the loop body has a CUDA kernel registered for it; at 19+ several fall back to the CPU. Attention
 * is there since 23: a graph that has it is for the CPU.
 */
const opsetOf = (graph: OnnxGraph): number => (hasAttention(graph) ? 23 : 18);
const irVersion = 8;

export function encodeModel(graph: OnnxGraph): Uint8Array {
  const model = new ProtoWriter();
  model.int(1, irVersion);
  model.string(2, 'rankloop');
  model.message(7, encodeGraph(graph));
  model.message(8, encodeOpset('', opsetOf(graph)));
  model.message(8, encodeOpset('com.microsoft', 1));
  return model.finish();
}

function hasAttention({ nodes }: OnnxGraph): boolean {
  return nodes.some(
    ({ type, attributes }) =>
      type === 'Attention' || Object.values(attributes).some((x) => isGraph(x) && hasAttention(x)),
  );
}

function encodeOpset(domain: string, version: number): ProtoWriter {
  const writer = new ProtoWriter();
  writer.string(1, domain);
  writer.int(2, version);
  return writer;
}

function encodeGraph(graph: OnnxGraph): ProtoWriter {
  const writer = new ProtoWriter();
  for (const node of graph.nodes) writer.message(1, encodeNode(node));
  writer.string(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, encodeTensor(tensor));
  for (const value of graph.inputs) writer.message(11, encodeValue(value));
  for (const value of graph.outputs) writer.message(12, encodeValue(value));
  return writer;
}

function encodeNode(node: OnnxNode): ProtoWriter {
  const writer = new ProtoWriter();
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name);
  writer.string(4, node.type);
  for (const [name, value] of Object.entries(node.attributes)) writer.message(5, encodeAttribute(name, value));
  if (node.domain) writer.string(7, node.domain);
  return writer;
}

export const isGraph = (value: unknown): value is OnnxGraph =>
  typeof value === 'object' && value !== null && 'nodes' in value;

const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, ints: 7 } as const;

function encodeAttribute(name: string, value: AttributeValue): ProtoWriter {
  const writer = new ProtoWriter();
  writer.string(1, name);
  if (typeof value === 'number') {
    writer.int(3, value);
    writer.int(20, attributeTypes.int);
  } else if (typeof value === 'string') {
    writer.string(4, value);
    writer.int(20, attributeTypes.string);
  } else if ('float' in value) {
    writer.float(2, value.float);
    writer.int(20, attributeTypes.float);
  } else if ('tensor' in value) {
    writer.message(5, encodeTensor(value.tensor));
    writer.int(20, attributeTypes.tensor);
  } else if (isGraph(value)) {
    writer.message(6, encodeGraph(value));
    writer.int(20, attributeTypes.graph);
  } else {
    for (const item of value) writer.int(8, item);
    writer.int(20, attributeTypes.ints);
  }
  return writer;
}

const dataLocationExternal = 1;

function encodeTensor(tensor: OnnxTensor): ProtoWriter {
  const writer = new ProtoWriter();
  for (const dim of tensor.shape) writer.int(1, dim);
  writer.int(2, dataTypes[tensor.dtype]);
  writer.string(8, tensor.name);
  if ('data' in tensor.source) {
    const { data } = tensor.source;
    writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } else {
    const { location, offset, length } = tensor.source;
    for (const [key, value] of Object.entries({ location, offset, length })) {
      const entry = new ProtoWriter();
      entry.string(1, key);
      entry.string(2, String(value));
      writer.message(13, entry);
    }
    writer.int(14, dataLocationExternal);
  }
  return writer;
}

function encodeValue(value: OnnxValue): ProtoWriter {
  const tensorType = new ProtoWriter();
  tensorType.int(1, dataTypes[value.dtype]);
  if (value.shape) {
    const shape = new ProtoWriter();
    for (const dim of value.shape) {
      const dimension = new ProtoWriter();
      if (typeof dim === 'string') dimension.string(2, dim);
      else dimension.int(1, dim);
      shape.message(1, dimension);
    }
    tensorType.message(2, shape);
  }
  const type = new ProtoWriter();
  type.message(1, tensorType);
  const writer = new ProtoWriter();
  writer.string(1, value.name);
  writer.message(2, type);
  return writer;
}

const textEncoder = new TextEncoder();

/** The four wire shapes of protobuf that ONNX needs. Chunks are joined once, at the end. */
class ProtoWriter {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  int(field: number, value: number): void {
    this.varint(BigInt(field << 3));
    this.varint(BigInt(value));
  }

  float(field: number, value: number): void {
    this.varint(BigInt((field << 3) | 5));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.push(bytes);
  }

  string(field: number, value: string): void {
    this.bytes(field, textEncoder.encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.varint(BigInt((field << 3) | 2));
    this.varint(BigInt(value.length));
    this.push(value);
  }

  message(field: number, value: ProtoWriter): void {
    this.varint(BigInt((field << 3) | 2));
    this.varint(BigInt(value.size));
    for (const chunk of value.chunks) this.push(chunk);
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.size);
    let position = 0;
    for (const chunk of this.chunks) {
      result.set(chunk, position);
      position += chunk.length;
    }
    return result;
  }

  private push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  private varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.push(Uint8Array.from(bytes));
  }
}
