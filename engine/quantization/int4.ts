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
 * value = (q - 8) x scale with |error| <= |scale| / 2, and up to |scale| at the far end of the other sign.
 */
export function quantizeRows(values: Float32Array, columns: number, block: number): QuantizedRows {
  const rows = values.length / columns;
  const blocks = blocksOf(columns, block);
  const packed = new Uint8Array((rows * blocks * block) / 2);
  const scales = new Float32Array(rows * blocks);
  for (let at = 0; at < scales.length; at++) {
    const start = Math.floor(at / blocks) * columns + (at % blocks) * block;
    const end = Math.min(start + block, (Math.floor(at / blocks) + 1) * columns);
    const scale = Math.fround(largest(values, start, end) / -8);
    scales[at] = scale;
    for (let i = 0; i < block; i += 2) {
      const low = quantize(values, start + i, end, scale);
      const high = quantize(values, start + i + 1, end, scale);
      packed[(at * block + i) / 2] = low | (high << 4);
    }
  }
  return { packed, scales };
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

/** The element of the largest magnitude, with its sign. */
function largest(values: Float32Array, start: number, end: number): number {
  let found = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    if (Math.abs(value) > Math.abs(found)) found = value;
  }
  return found;
}

/** What lies beyond a row's end is zero. */
function quantize(values: Float32Array, at: number, end: number, scale: number): number {
  if (at >= end || scale === 0) return 8;
  return Math.max(0, Math.min(15, Math.round((values[at] as number) / scale) + 8));
}
