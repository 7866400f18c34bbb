// Rotary position embedding tables (Su et al. 2021), with the scalings that Llama checkpoints use.
import type { ModelConfig } from '../checkpoint/model-config.ts';

/** cos and sin of position x frequency, each [positions, headDim / 2], row major. */
export function ropeTables(config: ModelConfig, positions: number): { cos: Float64Array; sin: Float64Array } {
  const frequencies = ropeFrequencies(config);
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

function ropeFrequencies({ headDim, ropeTheta, ropeScaling }: ModelConfig): number[] {
  const base = Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  switch (ropeScaling.type) {
    case 'default':
      return base;
    case 'linear':
      return base.map((frequency) => frequency / ropeScaling.factor);
    case 'llama3': {
      // Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between interpolated.
      const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = ropeScaling;
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
