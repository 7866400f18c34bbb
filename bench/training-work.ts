// What every contestant of `bench trainer` is asked and answers. Each runs in a process of its own: it gets its work as
// JSON, says when it is ready, and then does a step for each line on its stdin.
import { z } from 'zod';

const ids = z.array(z.number().int());

export const trainingWorkSchema = z.object({
  /** The checkpoint's folder, and one for what may be thrown away. */
  folder: z.string(),
  scratch: z.string(),
  device: z.string(),
  pairs: z.array(z.object({ prompt: ids, chosen: ids, rejected: ids })),
  r: z.number().int(),
  modules: z.array(z.string()),
  isCheckpointed: z.boolean(),
  isQuantized: z.boolean(),
});
export type TrainingWork = z.infer<typeof trainingWorkSchema>;

export const trainingReplySchema = z.union([
  /** The libraries are loaded and hold this much memory; nothing of the model is. */
  z.object({ version: z.string(), baselineBytes: z.number() }),
  z.object({ missing: z.string() }),
  /** `plannedBytes`: what the trainer says that its peak will be. */
  z.object({ isOpen: z.literal(true), openedBytes: z.number(), plannedBytes: z.number().optional() }),
  z.object({ seconds: z.number(), peakBytes: z.number() }),
  z.object({ error: z.string() }),
]);
export type TrainingReply = z.infer<typeof trainingReplySchema>;
