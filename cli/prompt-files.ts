// Files of prompts: those to train on, and those that are held out from them.
import { AppError } from '../domain/errors.ts';
import { promptRowSchema } from '../domain/formats.ts';
import type { Prompt } from '../engine/ports.ts';
import { readAllRows } from './io.ts';

export async function readPrompts(file: string): Promise<Prompt[]> {
  return (await readAllRows(file, promptRowSchema)).map(({ row }) => row.prompt);
}

/** Refuses prompts that are also among `training`, of `trainingFile`. */
export async function readPromptsHeldOut(
  file: string,
  trainingFile: string,
  training: readonly Prompt[],
): Promise<Prompt[]> {
  const heldOut = await readPrompts(file);
  const known = new Set(training.map((prompt) => JSON.stringify(prompt)));
  const leaked = heldOut.filter((prompt) => known.has(JSON.stringify(prompt))).length;
  if (leaked === 0) return heldOut;
  throw new AppError(
    'DATA_INVALID',
    `${leaked} of the prompts in ${file} are also in ${trainingFile}: hold them out of training.`,
  );
}
