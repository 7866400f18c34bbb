// What `bench trainer` measures: a shape, a batch, and who takes part.
import type { TrainerModelName } from './trainer-models.ts';
import type { TrainerContestant } from './trainer-processes.ts';

export interface TrainerCase {
  model: TrainerModelName;
  pairs: number;
  prompt: number;
  completion: number;
  contestants: readonly TrainerContestant[];
  /** Where a step takes too long for as many rounds as others. */
  rounds?: number;
}

const everyone = ['step', 'forward', 'gemm', 'eager', 'trl', 'trl-precomputed'] as const;

export const trainerCases = {
  base: { model: 'base', pairs: 4, prompt: 64, completion: 64, contestants: everyone },
  'batch 1': { model: 'base', pairs: 1, prompt: 64, completion: 64, contestants: ['step', 'forward', 'eager'] },
  'batch 16': { model: 'base', pairs: 16, prompt: 64, completion: 64, contestants: ['step', 'forward', 'eager'] },
  'length 512': { model: 'base', pairs: 2, prompt: 256, completion: 256, contestants: ['step', 'forward', 'eager'] },
  '12 layers': {
    model: 'deep',
    pairs: 4,
    prompt: 128,
    completion: 65,
    contestants: ['step', 'checkpointed', 'four-bit', 'forward', 'gemm', 'eager'],
  },
  'vocabulary 4k': { model: 'vocabulary 4k', pairs: 4, prompt: 64, completion: 128, contestants: ['step', 'eager'] },
  'vocabulary 32k': { model: 'vocabulary 32k', pairs: 4, prompt: 64, completion: 128, contestants: ['step', 'eager'] },
  'vocabulary 151k': {
    model: 'vocabulary 151k',
    pairs: 4,
    prompt: 64,
    completion: 128,
    contestants: ['step', 'eager'],
    rounds: 3,
  },
  '0.5B': { model: '0.5B', pairs: 1, prompt: 256, completion: 256, contestants: ['checkpointed'], rounds: 2 },
} as const satisfies Record<string, TrainerCase>;
export type TrainerCaseName = keyof typeof trainerCases;
