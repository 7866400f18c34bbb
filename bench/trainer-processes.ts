// Starts the contestants of `bench trainer`, each in a process of its own, and asks them for steps.
import { type ChildProcess, spawn } from 'node:child_process';
import { converse, here, runTypeScript, stdio } from './processes.ts';
import { type TrainingWork, trainingReplySchema } from './training-work.ts';

/** Ours: a step, the same with checkpoints, over four bits, its forward alone, and its products as bare matrix products. */
export const ourContestants = ['step', 'checkpointed', 'four-bit', 'forward', 'gemm'] as const;
export const pythonContestants = ['eager', 'trl', 'trl-precomputed'] as const;
export type TrainerContestant = (typeof ourContestants)[number] | (typeof pythonContestants)[number];

export interface RunningTrainer {
  name: TrainerContestant;
  version: string;
  /** Held before the model was opened: the runtime and the libraries. */
  baselineBytes: number;
  /** Held when it was open: weights that are mapped are not read yet. */
  openedBytes: number;
  /** What the trainer said before that its peak would be. */
  plannedBytes: number | null;
  step(): Promise<{ seconds: number; peakBytes: number }>;
  stop(): void;
}

export async function startTrainer(
  name: TrainerContestant,
  work: Omit<TrainingWork, 'isCheckpointed' | 'isQuantized'>,
  python?: string,
): Promise<RunningTrainer | { name: TrainerContestant; reason: string }> {
  const isPython = pythonContestants.some((one) => one === name);
  if (isPython && !python) {
    return { name, reason: 'no Python was named: --python PATH of one with torch, transformers, peft and trl' };
  }
  const full = { ...work, isCheckpointed: name === 'checkpointed', isQuantized: name === 'four-bit' };
  const child = isPython ? runPython(python ?? '', name, full) : runOurs(name, full);
  const conversation = converse(child, name, trainingReplySchema);
  const first = await conversation.next();
  if ('missing' in first) return { name, reason: first.missing };
  if (!('baselineBytes' in first)) throw new Error(`${name} did not say what it holds.`);
  const opened = await conversation.next();
  if (!('isOpen' in opened)) throw new Error(`${name} did not open.`);
  return {
    name,
    version: first.version,
    baselineBytes: first.baselineBytes,
    openedBytes: opened.openedBytes,
    plannedBytes: opened.plannedBytes ?? null,
    step: async () => {
      child.stdin?.write('\n');
      const answer = await conversation.next();
      if (!('seconds' in answer)) throw new Error(`${name} gave no time.`);
      return answer;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function runOurs(name: TrainerContestant, work: TrainingWork): ChildProcess {
  const kind = name === 'forward' || name === 'gemm' ? name : 'step';
  return runTypeScript('trainer-child.ts', JSON.stringify(work), kind);
}

function runPython(python: string, name: TrainerContestant, work: TrainingWork): ChildProcess {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TQDM_DISABLE: '1' };
  return spawn(python, [here('python/train.py'), JSON.stringify(work), name], { stdio: [...stdio], env });
}
