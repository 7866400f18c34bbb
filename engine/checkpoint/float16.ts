// Half precision to and from fp32: IEEE's (Node 20 has no Float16Array) and bfloat16, the upper half of an fp32.

const table = new Float32Array(65536);
let isTableReady = false;

export function float16ToFloat32(halves: Uint16Array): Float32Array {
  if (!isTableReady) {
    for (let bits = 0; bits < 65536; bits++) table[bits] = decode(bits);
    isTableReady = true;
  }
  const result = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) result[i] = table[halves[i] as number] as number;
  return result;
}

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to nearest, ties to even; what is too large becomes infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      result[i] = sign | 0x7e00;
    } else if (magnitude >= 0x477ff000) {
      result[i] = sign | 0x7c00;
    } else if (magnitude >= 0x38800000) {
      const rebased = magnitude - 0x38000000;
      result[i] = sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
    } else {
      // Subnormal halves: a fixed-point number of units of 2^-24, which doubles round correctly.
      const units = Math.abs(values[i] as number) * 2 ** 24;
      const floor = Math.floor(units);
      const rest = units - floor;
      result[i] = sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
    }
  }
  return result;
}

export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Rounds to nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) =>
    (word & 0x7fffffff) > 0x7f800000 ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
  );
}
