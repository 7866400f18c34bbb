// What tells one checkpoint's weights from another's without reading gigabytes.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes, type StoredTensor } from './safetensors.ts';

interface Weights {
  folder: string;
  tensors: ReadonlyMap<string, StoredTensor>;
}

const sampledBytes = 256;

/** A hash of every tensor's name, type, shape and first bytes: the same on every machine, whatever the folder. */
export async function sampleWeights({ folder, tensors }: Weights): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, tensor.dtype, tensor.shape]));
    const sample = { ...tensor, length: Math.min(tensor.length, sampledBytes) };
    for await (const bytes of readBytes(folder, sample)) hash.update(bytes);
  }
  return hash.digest('hex');
}

/** What files the weights lie in and when they were last written: it changes when one of them does, and with their place. */
export async function identifyFiles({ folder, tensors }: Weights): Promise<unknown[]> {
  const files = new Set([...tensors.values()].map(({ file }) => file));
  return Promise.all(
    [...files].map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return [folder, name, size, mtimeMs];
    }),
  );
}
