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

/** The table of tokens and the head are one, so that what a vocabulary costs is told apart from its weights. */
const tied = { ...base, layers: 2, isTied: true } as const;

export const trainerModels = {
  /** The shape that training was first proven on. */
  base: { ...base, name: 'train-base' },
  deep: { ...base, name: 'train-deep', layers: 12 },
  'vocabulary 4k': { ...tied, name: 'train-4k' },
  'vocabulary 32k': { ...tied, name: 'train-32k', vocabulary: 32_000 },
  'vocabulary 151k': { ...tied, name: 'train-151k', vocabulary: 151_936 },
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
