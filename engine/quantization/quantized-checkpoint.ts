// A checkpoint with its layers' matrices in four bits, made once and kept on disk: one file that holds them and copies
// of the rest, since a session reads its weights from one folder.
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { identifyFiles } from '../checkpoint/identity.ts';
import { isQuantised } from '../checkpoint/memory.ts';
import { encodeHeader, readBytes, readTensor, type StoredTensor, writeAtomically } from '../checkpoint/safetensors.ts';
import { EngineError, mkdirReason } from '../errors.ts';
import { blocksOf, quantizeRows } from './int4.ts';

/** Of a checkpoint, what is quantised. */
interface Weights {
  folder: string;
  tensors: ReadonlyMap<string, StoredTensor>;
  shapes: ReadonlyMap<string, readonly number[]>;
}

/** A place in the file; `uint8` holds packed values. */
export interface Place {
  location: string;
  offset: number;
  length: number;
}

export interface QuantizedMatrix {
  /** [out, in] of the matrix that it stands for. */
  shape: readonly [number, number];
  block: number;
  /** uint8 [out, blocks, block / 2]. */
  packed: Place;
  /** fp32 [out, blocks]. */
  scales: Place;
}

export interface QuantizedCheckpoint {
  folder: string;
  matrices: ReadonlyMap<string, QuantizedMatrix>;
  /** The tensors that were left as they are. */
  tensors: ReadonlyMap<string, StoredTensor>;
}

const file = 'model.safetensors';
/** Part of the key: another layout or rounding must not meet an old file. */
const formatVersion = 1;

/** Where quantised weights are kept unless RANKLOOP_CACHE_DIR says otherwise. The folder may be deleted at any time. */
export function cacheFolder(): string {
  return process.env.RANKLOOP_CACHE_DIR || path.join(homedir(), '.cache', 'rankloop');
}

/**
 * The checkpoint in four bits, from the cache or made now: about a second per 50 million weights.
 * Throws OUTPUT_NOT_WRITABLE where the cache cannot be written.
 */
export async function quantizeCheckpoint(
  checkpoint: Weights,
  block: number,
  cache: string,
): Promise<QuantizedCheckpoint> {
  const plan = layOut(checkpoint, block);
  const folder = path.join(cache, 'int4', await keyOf(checkpoint, block));
  const target = path.join(folder, file);
  const made = await stat(target).catch(() => null);
  if (made?.size !== plan.bytes) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot create the folder ${folder}: ${mkdirReason(error)}.`, {
        cause: error,
      });
    }
    await writeAtomically(target, plan.write());
  }
  return { folder, matrices: plan.matrices, tensors: plan.tensors };
}

/** Where everything will lie, and the bytes in that order. */
function layOut({ folder, tensors, shapes }: Weights, block: number) {
  const entries: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  const place = (name: string, dtype: string, shape: readonly number[], length: number) => {
    entries[name] = { dtype, shape, data_offsets: [end, end + length] };
    end += length;
    return { location: file, offset: end - length, length };
  };
  const matrices = new Map<string, QuantizedMatrix>();
  const kept = new Map<string, StoredTensor>();
  const sources: StoredTensor[] = [];
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    sources.push(tensor);
    if (isQuantised(name, shape)) {
      const [out, inner] = shape as [number, number];
      const blocks = blocksOf(inner, block);
      const packed = place(`${name}.int4`, 'U8', [out, blocks, block / 2], (out * blocks * block) / 2);
      const scales = place(`${name}.scales`, 'F32', [out, blocks], out * blocks * 4);
      matrices.set(name, { shape: [out, inner], block, packed, scales });
    } else {
      const { offset } = place(name, tensor.dtype, tensor.shape, tensor.length);
      kept.set(name, { ...tensor, file, offset });
    }
  }
  const header = encodeHeader(entries);
  for (const { packed, scales } of matrices.values()) {
    packed.offset += header.length;
    scales.offset += header.length;
  }
  for (const tensor of kept.values()) tensor.offset += header.length;

  async function* write(): AsyncGenerator<Uint8Array> {
    yield header;
    for (const tensor of sources) {
      const matrix = matrices.get(tensor.name);
      if (!matrix) {
        yield* readBytes(folder, tensor);
        continue;
      }
      const { packed, scales } = quantizeRows(await readTensor(folder, tensor), matrix.shape[1], block);
      if (!scales.every(Number.isFinite)) {
        throw new EngineError(
          'CHECKPOINT_INVALID',
          `${path.join(folder, tensor.file)}: tensor "${tensor.name}" has values that are no numbers. Download the file again.`,
        );
      }
      yield packed;
      yield new Uint8Array(scales.buffer);
    }
  }
  return { matrices, tensors: kept, bytes: header.length + end, write };
}

/** By what the files are and when they were last written: reading gigabytes for their hash would cost the gain. */
async function keyOf({ folder, tensors }: Weights, block: number): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([formatVersion, block, [...tensors]]));
  for (const file of await identifyFiles({ folder, tensors })) hash.update(JSON.stringify(file));
  return hash.digest('hex').slice(0, 32);
}
