// AdamW with its moments in eight bits (Dettmers et al. 2022, "8-bit Optimizers via Block-wise Quantization"): blocks of
// 256 values, each a code of the dynamic tree times the block's largest magnitude.
import { type AdamWSettings, adamW } from './optimizer.ts';

const blockSize = 256;
/** As bitsandbytes: below this many values, 32 bits cost nothing. */
const smallestSize = 4096;

/** A moment of one tensor, padded to whole blocks: a code a value, a scale a block. */
interface QuantizedMoment {
  codes: Uint8Array;
  scales: Float32Array;
}

export interface AdamW8bitState {
  quantizedMean: QuantizedMoment;
  quantizedVariance: QuantizedMoment;
}

export const isWorthEightBits = (size: number): boolean => size >= smallestSize;

export function createAdamW8bitState(size: number): AdamW8bitState {
  const blocks = Math.ceil(size / blockSize);
  const moment = (codebook: Codebook): QuantizedMoment => ({
    codes: new Uint8Array(blocks * blockSize).fill(codebook.zero),
    scales: new Float32Array(blocks),
  });
  return { quantizedMean: moment(signed), quantizedVariance: moment(unsigned) };
}

/** As `adamW`: the moments are read into 32 bits a block at a time, the step is taken there, and they are put back. */
export function adamW8bit(
  parameter: Float32Array,
  gradient: Float32Array,
  { quantizedMean, quantizedVariance }: AdamW8bitState,
  step: number,
  settings: AdamWSettings,
  gradientScale = 1,
): void {
  const mean = new Float32Array(blockSize);
  const variance = new Float32Array(blockSize);
  for (let block = 0; block * blockSize < parameter.length; block++) {
    const [from, to] = [block * blockSize, Math.min((block + 1) * blockSize, parameter.length)];
    read(quantizedMean, block, signed, mean);
    read(quantizedVariance, block, unsigned, variance);
    const whole = { mean, variance };
    adamW(parameter.subarray(from, to), gradient.subarray(from, to), whole, step, settings, gradientScale);
    write(quantizedMean, block, signed, mean.fill(0, to - from));
    write(quantizedVariance, block, unsigned, variance.fill(0, to - from));
  }
}

/** The values that codes stand for, rising. */
interface Codebook {
  values: Float32Array;
  /** Between each value and the next: up to here the lower one is nearer. */
  bounds: Float32Array;
  /** By the upper 16 bits of a float32, the code nearest to the float of these bits and zeros: near that of any that has them. */
  guesses: Uint8Array;
  /** The code of 0. */
  zero: number;
  /** The smallest code that a value other than 0 may take. */
  least: number;
}

/**
 * The dynamic tree type (section 2.1 of the paper): for each power of ten from 1e-6 to 1, the middles of ever finer equal
 * parts of [0.1, 1]; 0 and 1 besides. Unsigned, the sign's bit makes the parts finer by half.
 */
function dynamicTree(isSigned: boolean): Float32Array {
  const values = [0, 1];
  for (let exponent = 0; exponent < 7; exponent++) {
    const parts = 2 ** (isSigned ? exponent : exponent + 1);
    for (let i = 0; i < parts; i++) {
      const value = 10 ** (exponent - 6) * (0.1 + (0.9 * (i + 0.5)) / parts);
      values.push(value);
      if (isSigned) values.push(-value);
    }
  }
  return Float32Array.from(values).sort();
}

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);

function codebookOf(values: Float32Array, least: number): Codebook {
  const bounds = values.map((value, code) => (value + (values[code + 1] ?? Number.POSITIVE_INFINITY)) / 2);
  const codebook = { values, bounds, guesses: new Uint8Array(1 << 16), zero: values.indexOf(0), least };
  for (let upper = 0; upper < codebook.guesses.length; upper++) {
    bits[0] = upper << 16;
    const code = bounds.findIndex((bound) => (asFloat[0] as number) <= bound);
    codebook.guesses[upper] = Math.max(least, code === -1 ? values.length - 1 : code);
  }
  return codebook;
}

const signed = codebookOf(dynamicTree(true), 0);
// A variance that is not 0 never becomes 0: its mean over its root would explode.
const unsigned = codebookOf(dynamicTree(false), 1);

function read({ codes, scales }: QuantizedMoment, block: number, { values }: Codebook, into: Float32Array): void {
  const scale = scales[block] as number;
  const start = block * blockSize;
  for (let i = 0; i < blockSize; i++) into[i] = (values[codes[start + i] as number] as number) * scale;
}

function write({ codes, scales }: QuantizedMoment, block: number, codebook: Codebook, from: Float32Array): void {
  let scale = 0;
  for (let i = 0; i < blockSize; i++) scale = Math.max(scale, Math.abs(from[i] as number));
  scales[block] = scale;
  const start = block * blockSize;
  for (let i = 0; i < blockSize; i++) {
    const value = from[i] as number;
    codes[start + i] = value === 0 || scale === 0 ? codebook.zero : nearest(codebook, value / scale);
  }
}

/** The code whose value is nearest: a step or two from the guess. */
function nearest({ bounds, guesses, least }: Codebook, value: number): number {
  asFloat[0] = value;
  let code = guesses[(bits[0] as number) >>> 16] as number;
  while (value > (bounds[code] as number)) code++;
  while (code > least && value <= (bounds[code - 1] as number)) code--;
  return code;
}
