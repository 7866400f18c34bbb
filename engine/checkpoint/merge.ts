// An adapter folded into its base: W + scale B A, written as the checkpoint was, file by file, with its names, types and
// shards. Sums are in fp32 and rounded once.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, mkdirReason, throwIfCancelled } from '../errors.ts';
import { embeddingModule } from '../models/lora.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { float32ToBfloat16, float32ToFloat16 } from './float16.ts';
import { type Adapter, isOfTiedMatrix, readAdapter } from './peft.ts';
import {
  encodeHeader,
  readBytes,
  readTensor,
  type StoredTensor,
  type TensorToWrite,
  type WeightType,
  writeAtomically,
} from './safetensors.ts';
import { copyCompanions } from './write-checkpoint.ts';

export interface MergeResult {
  /** Matrices that the adapter changed. */
  merged: number;
  files: number;
  bytes: number;
}

/** Writes the folder `out`: the checkpoint `model` with the adapter in its weights. One tensor is in memory at a time. */
export async function mergeAdapter(
  { model, adapter: adapterFolder, out }: { model: string; adapter: string; out: string },
  signal?: AbortSignal,
): Promise<MergeResult> {
  const checkpoint = await openCheckpoint(model);
  const adapter = await readAdapter(adapterFolder, checkpoint);
  if (isOfTiedMatrix(adapter, checkpoint)) {
    throw new EngineError(
      'ADAPTER_INVALID',
      `${adapterFolder} cannot be merged: embedding and head of ${model} are one matrix, and the adapter changes its uses ` +
        'apart. Use it beside the model, unmerged.',
    );
  }
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot create the folder ${out}: ${mkdirReason(error)}.`, {
      cause: error,
    });
  }
  const tensors = [...checkpoint.tensors.values()];
  const files = new Set(tensors.map(({ file }) => file));
  let bytes = 0;
  for (const file of files) {
    const ordered = tensors.filter((tensor) => tensor.file === file).sort((a, b) => a.offset - b.offset);
    await writeAtomically(join(out, file), mergedFile(checkpoint, adapter, ordered, signal));
    bytes += ordered.reduce((sum, { length }) => sum + length, 0);
  }
  await copyCompanions(checkpoint.folder, out, { withIndex: true });
  return { merged: adapter.modules.size, files: files.size, bytes };
}

async function* mergedFile(
  { folder }: Checkpoint,
  adapter: Adapter,
  tensors: readonly StoredTensor[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, dtype, shape, length } of tensors) {
    entries[name] = { dtype, shape, data_offsets: [offset, offset + length] };
    offset += length;
  }
  yield encodeHeader(entries);
  for (const tensor of tensors) {
    throwIfCancelled(signal);
    const module = tensor.name.replace(/\.weight$/, '');
    const matrices = adapter.modules.get(module);
    if (!matrices) {
      yield* readBytes(folder, tensor);
      continue;
    }
    const values = await readTensor(folder, tensor);
    addProduct(values, module === embeddingModule ? transposed(matrices) : matrices, adapter.scale);
    const stored = encoders[tensor.dtype](values);
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

/** An embedding keeps a row for each of what it reads, where a linear layer keeps a column: its product is (B A)^T = A^T B^T. */
function transposed({ a, b }: { a: TensorToWrite; b: TensorToWrite }): { a: TensorToWrite; b: TensorToWrite } {
  const turn = ({ shape: [rows = 0, columns = 0], data }: TensorToWrite): TensorToWrite => ({
    shape: [columns, rows],
    data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number),
  });
  return { a: turn(b), b: turn(a) };
}

/** weight [out, in] += scale x b [out, r] x a [r, in]. */
function addProduct(weight: Float32Array, { a, b }: { a: TensorToWrite; b: TensorToWrite }, scale: number): void {
  const [rank = 0, inner = 0] = a.shape;
  const change = new Float64Array(inner);
  for (let row = 0; row * inner < weight.length; row++) {
    change.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * (b.data[row * rank + k] as number);
      for (let i = 0; i < inner; i++) change[i] = (change[i] as number) + factor * (a.data[k * inner + i] as number);
    }
    for (let i = 0; i < inner; i++) {
      weight[row * inner + i] = (weight[row * inner + i] as number) + (change[i] as number);
    }
  }
}

const encoders: { [W in WeightType]: (values: Float32Array) => Float32Array | Uint16Array } = {
  F32: (values) => values,
  F16: float32ToFloat16,
  BF16: float32ToBfloat16,
};
