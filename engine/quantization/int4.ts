// Weights in four bits: symmetric, round to nearest, one scale per block of a row, laid out as ONNX Runtime's
// MatMulNBits reads them (com.microsoft, bits = 4, zero point 8 implied).

export interface QuantizedRows {
  /** [rows, blocks, block / 2]: two values a byte, the earlier one in the low half. */
  packed: Uint8Array;
  /** [rows, blocks]. */
  scales: Float32Array;
}

export const blocksOf = (columns: number, block: number): number => Math.ceil(columns / block);

/**
 * `values` is [rows, columns], row major. A block's largest value in magnitude becomes -8 or its mirror, so that
 * value = (q - 8) x scale with |error| <= |scale| / 2, and up to |scale| at the far end of the other sign. A block with
 * a value that is no number has a scale that is none.
 */
export function quantizeRows(values: Float32Array, columns: number, block: number): QuantizedRows {
  const rows = values.length / columns;
  const blocks = blocksOf(columns, block);
  const packed = new Uint8Array((rows * blocks * block) / 2);
  const scales = new Float32Array(rows * blocks);
  // A row's last block may be short: what lies beyond its end is zero.
  const padded = new Float32Array(block);
  for (let at = 0; at < scales.length; at++) {
    const row = Math.floor(at / blocks);
    const start = row * columns + (at - row * blocks) * block;
    padded.fill(0);
    padded.set(values.subarray(start, Math.min(start + block, (row + 1) * columns)));
    const scale = Math.fround(largest(padded) / -8);
    scales[at] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = 0, byte = (at * block) / 2; i < block; i += 2, byte++) {
      packed[byte] = toNibble(padded[i] as number, inverse) | (toNibble(padded[i + 1] as number, inverse) << 4);
    }
  }
  return { packed, scales };
}

/** Round to nearest, within 0 to 15; the 8 in the middle is zero. */
function toNibble(value: number, inverse: number): number {
  return Math.min((value * inverse + 8.5) | 0, 15);
}

/** The element of the largest magnitude, with its sign. */
function largest(values: Float32Array): number {
  let least = 0;
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value > most) most = value;
    else if (value < least) least = value;
    else if (Number.isNaN(value)) return value;
  }
  return most > -least ? most : least;
}

/** The inverse, for checks: [rows, columns]. */
export function dequantizeRows({ packed, scales }: QuantizedRows, columns: number, block: number): Float32Array {
  const blocks = blocksOf(columns, block);
  const values = new Float32Array((scales.length / blocks) * columns);
  for (let i = 0; i < values.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const at = row * blocks + Math.floor(column / block);
    const place = at * block + (column % block);
    const byte = packed[place >> 1] as number;
    values[i] = ((place % 2 === 0 ? byte & 15 : byte >> 4) - 8) * (scales[at] as number);
  }
  return values;
}
