// The shapes that `bench trainer` trains on random weights.
import type { BenchModel } from './models.ts';

const base = {
  hidden: 256,
  layers: 6,
  heads: 4,
  kvHeads: 2,
  intermediate: 688,
  vocabulary: 4096,
  isTied: false,
  dtype: 'F32',
} as const;

export const trainerModels = {
  /** The shape that training was first proven on. */
  base: { ...base, name: 'train-base' },
  deep: { ...base, name: 'train-deep', layers: 12 },
  'vocabulary 4k': { ...base, name: 'train-4k', layers: 2 },
  'vocabulary 32k': { ...base, name: 'train-32k', layers: 2, vocabulary: 32_000 },
  'vocabulary 151k': { ...base, name: 'train-151k', layers: 2, vocabulary: 151_936 },
  /** Qwen 2's half billion, as its bf16 checkpoint has it. */
  '0.5B': {
    name: 'train-0.5B',
    hidden: 896,
    layers: 24,
    heads: 14,
    kvHeads: 2,
    intermediate: 4864,
    vocabulary: 151_936,
    isTied: true,
    dtype: 'BF16',
    family: 'qwen2',
  },
} as const satisfies Record<string, BenchModel>;
export type TrainerModelName = keyof typeof trainerModels;
