// Reads and writes safetensors: u64 header length, JSON header, then raw little-endian tensors.
// A checkpoint's header is checked whole before any byte of it is used; weights themselves are read in place.
import { constants } from 'node:fs';
import { access, type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError, reasonOf } from '../errors.ts';
import { fileLimits, openModelFile, parseModelJson, readModelJson } from './files.ts';
import { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from './float16.ts';
import { asStated, quoted, shortened } from './words.ts';

const weightTypes = { F32: 4, F16: 2, BF16: 2 } as const;
export type WeightType = keyof typeof weightTypes;

export interface StoredTensor {
  name: string;
  dtype: WeightType;
  shape: readonly number[];
  /** File name inside the checkpoint's folder. */
  file: string;
  /** Bytes from the start of the file. */
  offset: number;
  length: number;
}

/** A quarter of a million tensors; large models have a thousand in a file. */
const pieceBytes = 16 * 1024 * 1024;
const maxHeaderBytes = 16 * 1024 * 1024;
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().min(0)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
});
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The tensors of a model folder by name: `model.safetensors`, or the shards that its index names. */
export async function readCheckpointTensors(folder: string): Promise<Map<string, StoredTensor>> {
  if (await exists(join(folder, 'model.safetensors'))) return readSafetensors(folder, 'model.safetensors');
  const indexName = 'model.safetensors.index.json';
  if (!(await exists(join(folder, indexName)))) {
    throw new EngineError(
      'CHECKPOINT_INVALID',
      `${folder} has no model.safetensors: download the checkpoint's safetensors weights into it.`,
    );
  }
  const index = indexSchema.safeParse(
    await readModelJson(join(folder, indexName), 'CHECKPOINT_INVALID', fileLimits.index),
  );
  if (!index.success) throw invalid(join(folder, indexName), 'it has no "weight_map" from tensors to files');
  const tensors = new Map<string, StoredTensor>();
  for (const file of new Set(Object.values(index.data.weight_map))) {
    if (!/^[\w.-]+\.safetensors$/.test(file))
      throw invalid(join(folder, indexName), `${quoted(file)} is not a file name`);
    for (const [name, tensor] of await readSafetensors(folder, file)) {
      const other = tensors.get(name);
      if (other) throw invalid(join(folder, file), `tensor ${quoted(name)} is in ${other.file} too`);
      tensors.set(name, tensor);
    }
  }
  for (const [name, file] of Object.entries(index.data.weight_map)) {
    if (tensors.get(name)?.file !== file) throw invalid(join(folder, file), `it lacks the tensor ${quoted(name)}`);
  }
  return tensors;
}

/** One file's tensors. Throws CHECKPOINT_INVALID where the header lies about the file. */
export async function readSafetensors(folder: string, file: string): Promise<Map<string, StoredTensor>> {
  const path = join(folder, file);
  const { handle, size } = await openModelFile(path, 'CHECKPOINT_INVALID');
  try {
    const prefix = await readAt(handle, 0, 8, path);
    const headerLength = Number(prefix.readBigUInt64LE(0));
    if (headerLength > maxHeaderBytes || 8 + headerLength > size) {
      throw invalid(path, `its header should have ${headerLength} bytes, but the file has ${size}`);
    }
    const text = (await readAt(handle, 8, headerLength, path)).toString('utf8');
    const header = parseModelJson(text, path, 'CHECKPOINT_INVALID');
    return checkEntries(header, path, file, 8 + headerLength, size);
  } finally {
    await handle.close();
  }
}

function checkEntries(header: unknown, path: string, file: string, base: number, size: number) {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid(path, 'its header is not a JSON object');
  }
  const tensors: StoredTensor[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw invalid(path, `the entry of tensor ${quoted(name)} is malformed`);
    const { dtype, shape, data_offsets } = entry.data;
    if (!isWeightType(dtype)) {
      throw new EngineError(
        'CHECKPOINT_UNSUPPORTED',
        `${path}: tensor ${quoted(name)} has type ${shortened(dtype)}; F32, F16 and BF16 weights are supported.`,
      );
    }
    const [begin, end] = data_offsets;
    const bytes = shape.reduce((product, dim) => product * dim, weightTypes[dtype]);
    if (end - begin !== bytes) {
      throw invalid(path, `tensor ${quoted(name)} has shape ${asStated(shape)} of ${dtype} but ${end - begin} bytes`);
    }
    if (base + end > size)
      throw invalid(path, `tensor ${quoted(name)} ends at byte ${base + end}, but the file has ${size}`);
    tensors.push({ name, dtype, shape, file, offset: base + begin, length: bytes });
  }
  const byOffset = tensors.toSorted((a, b) => a.offset - b.offset || a.length - b.length);
  let position = base;
  for (const tensor of byOffset) {
    if (tensor.offset !== position)
      throw invalid(path, `tensor ${quoted(tensor.name)} leaves a hole or overlaps another`);
    position += tensor.length;
  }
  if (position !== size) throw invalid(path, `${size - position} bytes follow its last tensor`);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/** A tensor's elements as fp32, whatever their type on disk. */
export async function readTensor(folder: string, tensor: StoredTensor): Promise<Float32Array> {
  const path = join(folder, tensor.file);
  const { handle } = await openModelFile(path, 'CHECKPOINT_INVALID');
  try {
    const bytes = await readAt(handle, tensor.offset, tensor.length, path);
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    if (tensor.dtype === 'F32') return new Float32Array(copy);
    const halves = new Uint16Array(copy);
    if (tensor.dtype === 'F16') return float16ToFloat32(halves);
    return bfloat16ToFloat32(halves);
  } finally {
    await handle.close();
  }
}

export interface TensorToWrite {
  shape: readonly number[];
  data: Float32Array;
}

/** Writes fp32 tensors as F32 or F16, to a temporary file first: the target is whole or untouched. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  dtype: 'F32' | 'F16' = 'F32',
): Promise<void> {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const name of [...tensors.keys()].sort()) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    const stored = dtype === 'F16' ? float32ToFloat16(tensor.data) : tensor.data;
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    entries[name] = { dtype, shape: tensor.shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    chunks.push(bytes);
  }
  await writeAtomically(path, [encodeHeader(entries), ...chunks]);
}

/** The header's length and the header, padded so that the first tensor is aligned. */
export function encodeHeader(entries: Record<string, unknown>): Buffer {
  const json = JSON.stringify(entries);
  const header = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header]);
}

/** A tensor's bytes as they lie on disk, piece by piece. */
export async function* readBytes(folder: string, tensor: StoredTensor): AsyncGenerator<Uint8Array> {
  const path = join(folder, tensor.file);
  const { handle } = await openModelFile(path, 'CHECKPOINT_INVALID');
  try {
    for (let at = 0; at < tensor.length; at += pieceBytes) {
      yield await readAt(handle, tensor.offset + at, Math.min(pieceBytes, tensor.length - at), path);
    }
  } finally {
    await handle.close();
  }
}

/** Writes a file so that a reader, or a power cut, sees the old content or the new, never half of it. */
export async function writeAtomically(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      for await (const chunk of chunks) await handle.appendFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot write ${path}: ${reasonOf(error)}.`, { cause: error });
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

const isWeightType = (dtype: string): dtype is WeightType => Object.hasOwn(weightTypes, dtype);

const invalid = (path: string, what: string) =>
  new EngineError('CHECKPOINT_INVALID', `${path}: ${what}. Download the file again.`);

async function readAt(handle: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw invalid(path, `it ends at byte ${offset + done} of at least ${offset + length}`);
    done += bytesRead;
  }
  return buffer;
}
