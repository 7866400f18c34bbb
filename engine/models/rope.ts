// Rotary position embedding tables (Su et al. 2021), with the scalings that Llama checkpoints use.
import type { Rope } from '../checkpoint/model-config.ts';

/** cos and sin of position x frequency, each [positions, dim / 2], row major. */
export function ropeTables(rope: Rope, positions: number): { cos: Float64Array; sin: Float64Array } {
  const frequencies = ropeFrequencies(rope);
  const cos = new Float64Array(positions * frequencies.length);
  const sin = new Float64Array(positions * frequencies.length);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of frequencies.entries()) {
      cos[position * frequencies.length + i] = Math.cos(position * frequency);
      sin[position * frequencies.length + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

function ropeFrequencies({ theta, dim, scaling }: Rope): number[] {
  const base = Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));
  switch (scaling.type) {
    case 'default':
      return base;
    case 'linear':
      return base.map((frequency) => frequency / scaling.factor);
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
  }
}
