// Rotary position embeddings (Su et al. 2021) with the scalings that checkpoints use: as tables for the sampler, which
// feeds them, and inside a graph for whole rows.
//
// Under dynamic scaling and longrope a position's angle depends on how long its sequence becomes. transformers decides
// by the longest sequence of a batch, and anew at every token. Here the length that a sequence is planned for decides:
// for a response the prompt's tokens plus those it may have at most, for scoring and training a row's longest sequence.
// So a response is a function of its own prompt and configuration, and every token of it sees the same angles.
import type { ModelConfig, Rope } from '../checkpoint/model-config.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';

/** What a vector's halves turn by: the values of cos and sin, broadcast against [..., dim / 2]. */
export interface Rotation {
  cos: Value;
  sin: Value;
}

/** cos and sin of position x frequency, each [positions, dim / 2], row major, for sequences planned for `length` tokens. */
export function ropeTables(
  rope: Rope,
  positions: number,
  length = positions,
): { cos: Float64Array; sin: Float64Array } {
  const frequencies = ropeFrequencies(rope, length);
  const cos = new Float64Array(positions * frequencies.length);
  const sin = new Float64Array(positions * frequencies.length);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of frequencies.entries()) {
      cos[position * frequencies.length + i] = rope.attentionFactor * Math.cos(position * frequency);
      sin[position * frequencies.length + i] = rope.attentionFactor * Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/**
 * The shortest length that has the same tables as `length`: rows may share a batch where it is equal. It is 1 for all
 * lengths of most models.
 */
export function ropeLength({ ropes }: ModelConfig, length: number): number {
  return Math.max(
    1,
    ...ropes.map(({ scaling }) => {
      if (scaling.type !== 'longrope' && scaling.type !== 'dynamic') return 1;
      if (length <= scaling.originalMaxPositions) return 1;
      return scaling.type === 'dynamic' ? length : scaling.originalMaxPositions + 1;
    }),
  );
}

/**
 * The rotation of `positions` int64 [rows, length], as [rows, 1, length, dim / 2]; `lengths` int64 [rows] are the
 * lengths that the rows' sequences have. Angles are fp64, as in the tables.
 */
export function rowRotation(g: GraphBuilder, rope: Rope, positions: Value, lengths: Value): Rotation {
  const angles = g.mul(g.cast(g.unsqueeze(positions, [-1]), 'float64'), rowFrequencies(g, rope, lengths));
  const narrow = (x: Value) => g.unsqueeze(g.cast(g.mul(x, rope.attentionFactor), g.dtype), [1]);
  return { cos: narrow(g.cos(angles)), sin: narrow(g.sin(angles)) };
}

/** x [..., size] with its first 2 n dimensions turned, as halves, by a rotation over n angles (transformers' layout). */
export function rotate(g: GraphBuilder, x: Value, { cos, sin }: Rotation): Value {
  const half = Number(cos.shape.at(-1));
  const rest = Number(x.shape.at(-1)) - 2 * half;
  const [left, right, still] = g.split(x, rest > 0 ? [half, half, rest] : [half, half], -1);
  if (!left || !right) throw new Error('A head has two halves.');
  const turned = [g.sub(g.mul(left, cos), g.mul(right, sin)), g.add(g.mul(right, cos), g.mul(left, sin))];
  return g.concat(still ? [...turned, still] : turned, -1);
}

/** Radians per position, one for each pair of dimensions. */
function ropeFrequencies(rope: Rope, length: number): number[] {
  const { scaling, dim } = rope;
  const base = baseFrequencies(rope);
  switch (scaling.type) {
    case 'default':
      return base;
    case 'linear':
      return base.map((frequency) => frequency / scaling.factor);
    case 'dynamic': {
      const stretch = Math.max(1, dynamicStretch(scaling.factor, length / scaling.originalMaxPositions));
      return base.map((frequency, i) => frequency * stretch ** dynamicExponent(i, dim));
    }
    case 'llama3': {
      // Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between interpolated.
      const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
      return base.map((frequency) => {
        const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
        if (turns < lowFreqFactor) return frequency / factor;
        if (turns > highFreqFactor) return frequency;
        const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      });
    }
    case 'yarn': {
      // YaRN (Peng et al. 2023): a linear ramp over the dimensions, between the two numbers of turns.
      const { factor, betaFast, betaSlow, isTruncated, originalMaxPositions } = scaling;
      const dimensionOf = (turns: number) =>
        (dim * Math.log(originalMaxPositions / (turns * 2 * Math.PI))) / (2 * Math.log(rope.theta));
      const from = Math.max(isTruncated ? Math.floor(dimensionOf(betaFast)) : dimensionOf(betaFast), 0);
      const upTo = Math.min(isTruncated ? Math.ceil(dimensionOf(betaSlow)) : dimensionOf(betaSlow), dim - 1);
      const width = upTo === from ? 0.001 : upTo - from;
      return base.map((frequency, i) => {
        const interpolated = Math.min(1, Math.max(0, (i - from) / width));
        return (frequency / factor) * interpolated + frequency * (1 - interpolated);
      });
    }
    case 'longrope': {
      const factors = length > scaling.originalMaxPositions ? scaling.longFactors : scaling.shortFactors;
      return base.map((frequency, i) => frequency / (factors[i] as number));
    }
  }
}

/** `ropeFrequencies` inside a graph: fp64 [dim / 2], or [rows, 1, dim / 2] where they depend on each row's length. */
function rowFrequencies(g: GraphBuilder, rope: Rope, lengths: Value): Value {
  const { scaling, dim } = rope;
  const constant = (frequencies: readonly number[]) => g.constant(frequencies, 'float64');
  if (scaling.type !== 'dynamic' && scaling.type !== 'longrope') return constant(ropeFrequencies(rope, 1));
  const perRow = g.unsqueeze(lengths, [-1, -2]);
  const isLong = g.less(g.constant(scaling.originalMaxPositions, 'int64'), perRow);
  const short = constant(ropeFrequencies(rope, 1));
  if (scaling.type === 'longrope') {
    return g.where(isLong, constant(ropeFrequencies(rope, scaling.originalMaxPositions + 1)), short);
  }
  const ratio = g.div(g.cast(perRow, 'float64'), scaling.originalMaxPositions);
  const stretch = g.where(isLong, g.sub(g.mul(ratio, scaling.factor), scaling.factor - 1), 1);
  const exponents = constant(Array.from({ length: dim / 2 }, (_, i) => dynamicExponent(i, dim)));
  return g.mul(g.exp(g.mul(g.log(stretch), exponents)), short);
}

const baseFrequencies = ({ theta, dim }: Rope): number[] =>
  Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));

/** NTK-aware scaling: what the base grows by is this, to the power of dim / (dim - 2). */
const dynamicStretch = (factor: number, ratio: number) => factor * ratio - (factor - 1);
const dynamicExponent = (i: number, dim: number) => (-2 * i) / (dim - 2);
