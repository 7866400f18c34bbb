// A supervised run's life and what it is started with; the data's own lines are formats.ts's affair.
import { z } from 'zod';
import type { SftConfig } from '../engine/config.ts';
import { modelFolderSchema } from './models.ts';

export const sftStatuses = ['queued', 'training', 'done', 'cancelled', 'failed'] as const;
export type SftStatus = (typeof sftStatuses)[number];

export type SftEvent = 'train' | 'finish' | 'cancel' | 'fail';

const transitions: { [S in SftStatus]: Partial<Record<SftEvent, SftStatus>> } = {
  queued: { train: 'training', cancel: 'cancelled', fail: 'failed' },
  // A worker that takes a killed one's job up again finds the run already training.
  training: { train: 'training', finish: 'done', cancel: 'cancelled', fail: 'failed' },
  done: {},
  cancelled: {},
  failed: {},
};

/** The status after `event`, or null where the event is not allowed. */
export function nextSftStatus(status: SftStatus, event: SftEvent): SftStatus | null {
  return transitions[status][event] ?? null;
}

/** It trains, or waits for a worker. */
export function isSftActive(status: SftStatus): boolean {
  return transitions[status].cancel !== undefined;
}

export const activeSftStatuses: readonly SftStatus[] = sftStatuses.filter(isSftActive);

/** The new model's name is that of its folder in the models directory. */
export const sftNameSchema = modelFolderSchema
  .max(100)
  .refine(
    (name) => !name.includes('/'),
    'Give one name, without slashes: it becomes a folder of the models directory.',
  );

/** The most text that one data file may hold, in characters. */
export const mostSftText = 50_000_000;

/** What a finished run has to say of itself. */
export const sftOutcomeSchema = z.object({
  steps: z.number(),
  examples: z.number(),
  /** Examples left out because they are too long. */
  dropped: z.number(),
  seconds: z.number(),
  /** How many were held out, which evaluation was the best, and whether want of a better one ended the run; older runs lack it. */
  heldOut: z.number().optional(),
  best: z.object({ step: z.number(), value: z.number() }).nullable().optional(),
  stoppedEarly: z.boolean().optional(),
});
export type SftOutcome = z.infer<typeof sftOutcomeSchema>;

/** About how many of so many examples a run holds out: it splits by prompt. */
export const countHeldOut = (examples: number, { eval_split: share }: Pick<SftConfig, 'eval_split'>): number =>
  share > 0 ? Math.min(examples, Math.max(1, Math.round(share * examples))) : 0;

/** About how many optimiser steps so many examples make. */
export function countSftSteps(examples: number, config: SftConfig): number {
  if (config.max_steps > 0) return config.max_steps;
  const perStep = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  return Math.ceil(config.num_train_epochs * Math.ceil((examples - countHeldOut(examples, config)) / perStep));
}
