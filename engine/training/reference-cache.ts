// Log-probabilities of a reference, kept on disk by what they are a function of: the weights' files, the adapter's bytes,
// the graph that computes them, the device and the rows' tokens. The folder may be deleted at any time.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { identifyFiles, sampleWeights } from '../checkpoint/identity.ts';
import { writeAtomically } from '../checkpoint/safetensors.ts';
import type { TokenRow } from './batch.ts';

export interface ScoredBy {
  checkpoint: Checkpoint;
  /** A hash of the adapter's shape and bytes; `base` for none. */
  adapter: string;
  /** A hash of the graph, so that a change of the code that builds it is another entry. */
  graph: string;
  device: string;
}

/** Part of the key: another layout of the file, or of the rows' feeds, must not meet an old entry. */
const formatVersion = 1;
const digestBytes = 32;

/**
 * The summed log-probabilities [row][completion] of these rows, from the cache or by `score`, which is then kept. An entry
 * that is damaged counts as none; a cache that cannot be written costs the gain and no more.
 */
export async function cachedLogps(
  cache: string,
  by: ScoredBy,
  rows: readonly TokenRow[],
  score: () => Promise<number[][]>,
): Promise<number[][]> {
  if (rows.length === 0) return [];
  const file = join(cache, 'reference', `${await keyOf(by, rows)}.logps`);
  const kept = await read(file, rows);
  if (kept) return kept;
  const logps = await score();
  await write(file, logps).catch(() => undefined);
  return logps;
}

async function keyOf({ checkpoint, adapter, graph, device }: ScoredBy, rows: readonly TokenRow[]): Promise<string> {
  const weights = [await identifyFiles(checkpoint), await sampleWeights(checkpoint)];
  const hash = createHash('sha256').update(JSON.stringify([formatVersion, weights, adapter, graph, device]));
  for (const { prompt, completions, weights: counted } of rows) {
    hash.update(JSON.stringify([prompt, completions, counted ?? null]));
  }
  return hash.digest('hex');
}

/** A digest of the rest, and a float32 for every completion of every row. */
async function read(file: string, rows: readonly TokenRow[]): Promise<number[][] | null> {
  const bytes = await readFile(file).catch(() => null);
  const count = rows.reduce((sum, { completions }) => sum + completions.length, 0);
  if (bytes?.length !== digestBytes + count * Float32Array.BYTES_PER_ELEMENT) return null;
  const body = bytes.subarray(digestBytes);
  if (!digestOf(body).equals(bytes.subarray(0, digestBytes))) return null;
  const values = new Float32Array(new Uint8Array(body).buffer);
  let end = 0;
  return rows.map(({ completions }) => {
    const start = end;
    end += completions.length;
    return Array.from(values.subarray(start, end));
  });
}

async function write(file: string, logps: readonly (readonly number[])[]): Promise<void> {
  const body = Buffer.from(Float32Array.from(logps.flat()).buffer);
  await mkdir(dirname(file), { recursive: true });
  await writeAtomically(file, [digestOf(body), body]);
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
