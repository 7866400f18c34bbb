// Random weights of any size, streamed to a safetensors file: a pool of normal numbers, laid out again and again at a
// shifting place, since a billion draws would take minutes and nothing here depends on their being independent.
import { open } from 'node:fs/promises';
import { encodeHeader } from '../engine/checkpoint/safetensors.ts';
import { createRandom } from '../engine/random.ts';

const elementBytes = { F32: 4, BF16: 2 } as const;
/** A prime, so that no width divides it and rows of a matrix differ. */
const poolSize = 1_048_583;

/** Matrices get N(0, 0.02), vectors (norms) ones. */
export async function writeRandomWeights(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  dtype: 'F32' | 'BF16',
  seed: number,
): Promise<void> {
  const size = elementBytes[dtype];
  const pool = toBytes(normals(seed), dtype);
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, shape] of shapes) {
    const length = shape.reduce((product, dim) => product * dim, size);
    entries[name] = { dtype, shape, data_offsets: [offset, offset + length] };
    offset += length;
  }
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(encodeHeader(entries));
    let place = 0;
    for (const shape of shapes.values()) {
      const count = shape.reduce((product, dim) => product * dim, 1);
      if (shape.length === 1) {
        await handle.writeFile(toBytes(new Float32Array(count).fill(1), dtype));
        continue;
      }
      for (let left = count; left > 0; ) {
        const piece = Math.min(left, poolSize - place);
        await handle.writeFile(pool.subarray(place * size, (place + piece) * size));
        place = (place + piece) % poolSize;
        left -= piece;
      }
    }
  } finally {
    await handle.close();
  }
}

function normals(seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: poolSize }, () => 0.02 * random.normal());
}

/** bf16 is the upper half of fp32. */
function toBytes(values: Float32Array, dtype: 'F32' | 'BF16'): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
}
