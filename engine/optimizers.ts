// The optimisers by name: what each keeps of a tensor, how it takes a step, and what of it a checkpoint holds.
import { type AdamWSettings, type AdamWState, adamW, createAdamWState } from './optimizer.ts';
import { type AdamW8bitState, adamW8bit, createAdamW8bitState, isWorthEightBits } from './optimizer-8bit.ts';
import type { OptimizerName } from './run-config.ts';

/** What an optimiser keeps of one tensor. */
export type OptimizerState = AdamWState | AdamW8bitState;

const in8bits = (size: number) => (isWorthEightBits(size) ? createAdamW8bitState(size) : createAdamWState(size));

/** A fresh state for a tensor of `size` values; one too small to be worth it stays in 32 bits under any name. */
export const createState: { [O in OptimizerName]: (size: number) => OptimizerState } = {
  adamw_torch: createAdamWState,
  adamw_8bit: in8bits,
  adamw_bnb_8bit: in8bits,
};

/** One step of the optimiser that the state belongs to, in place; the arguments are `adamW`'s. */
export function takeStep(
  parameter: Float32Array,
  gradient: Float32Array,
  state: OptimizerState,
  step: number,
  settings: AdamWSettings,
  gradientScale: number,
): void {
  if ('mean' in state) adamW(parameter, gradient, state, step, settings, gradientScale);
  else adamW8bit(parameter, gradient, state, step, settings, gradientScale);
}

/** A state's arrays by name, as views that a checkpoint writes and fills. Four codes lie in the bytes of each float. */
export function partsOf(state: OptimizerState): [name: string, data: Float32Array][] {
  if ('mean' in state) {
    return [
      ['mean', state.mean],
      ['variance', state.variance],
    ];
  }
  const { quantizedMean: mean, quantizedVariance: variance } = state;
  const asFloats = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
  return [
    ['mean codes', asFloats(mean.codes)],
    ['mean scales', mean.scales],
    ['variance codes', asFloats(variance.codes)],
    ['variance scales', variance.scales],
  ];
}
