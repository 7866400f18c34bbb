// Every background job: its name, its payload, how often it may be tried. Handlers live in worker/handlers.ts,
// so whoever enqueues never loads the runtime.
import { z } from 'zod';
import { importOptionsSchema, uploadSchema } from './imports/options.ts';

const jobRunId = z.uuid();

export const jobPayloads = {
  /** Samples the sampling's n responses for each prompt that lacks them. */
  sample: z.object({ jobRunId, samplingId: z.uuid(), promptIds: z.array(z.uuid()) }),
  /** As `sample`, from a server elsewhere: it waits for a network, not for our device. */
  sampleRemote: z.object({ jobRunId, samplingId: z.uuid(), promptIds: z.array(z.uuid()) }),
  /** Lets a judge rank each of these tasks that is still open. */
  judge: z.object({ jobRunId, judgeId: z.uuid(), taskIds: z.array(z.uuid()) }),
  /** Trains the round on its frozen dataset version; enqueues `evaluate`. */
  train: z.object({ jobRunId, roundId: z.uuid() }),
  /** Compares the round's policy with SFT on the held-out prompts. */
  evaluate: z.object({ jobRunId, roundId: z.uuid() }),
  /** Looks into a registered model's folder: what it is, and whether it can be used. */
  inspect: z.object({ jobRunId, modelId: z.uuid() }),
  /** Brings a model from the Hub, then looks into it. Counts kilobytes (1,000 bytes). */
  download: z.object({ jobRunId, modelId: z.uuid() }),
  /** Brings an uploaded file's prompts into a project. Counts kilobytes (1,000 bytes) read. */
  import: z.object({
    jobRunId,
    projectId: z.uuid(),
    batchId: z.uuid(),
    createdBy: z.uuid(),
    upload: uploadSchema,
    options: importOptionsSchema,
  }),
  /** Fine-tunes a model on examples and registers the new one. */
  sft: z.object({ jobRunId, sftRunId: z.uuid() }),
} as const;

export type JobName = keyof typeof jobPayloads;
export type JobPayload<N extends JobName> = z.infer<(typeof jobPayloads)[N]>;
export const jobNames = Object.keys(jobPayloads) as JobName[];

/** Attempts include those that a killed worker began, so they are more than errors alone would need. */
export const maxAttempts: { [N in JobName]: number } = {
  sample: 25,
  sampleRemote: 25,
  judge: 25,
  train: 25,
  evaluate: 25,
  inspect: 25,
  download: 25,
  sft: 25,
  import: 25,
};

export const jobStatuses = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** A worker that has not been heard for this long is taken for dead. */
export const workerSilenceSeconds = 15;
export const heartbeatSeconds = 5;
