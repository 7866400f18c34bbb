// What every contestant of `bench sampler` is asked and answers. Each runs in a process of its own, reads a line of
// JSON per piece of work and writes one back, so that one in Python is measured as one in Node is.
import { z } from 'zod';

export const workSchema = z.object({
  /** One after another; each is one batch of prompts.length * n rows. */
  calls: z.array(
    z.object({ prompts: z.array(z.object({ text: z.string(), ids: z.array(z.number()) })), n: z.number() }),
  ),
  newTokens: z.number(),
  /** 0 is greedy. Nothing is filtered. */
  temperature: z.number(),
  seed: z.number(),
});
export type Work = z.infer<typeof workSchema>;
export type Call = Work['calls'][number];

export interface Contestant {
  /** What can be made ready before the clock starts. */
  prepare?(work: Work): Promise<void>;
  /** The new token ids of each row: `newTokens` each, in the order of calls, prompts and samples. */
  generate(work: Work): Promise<number[][]>;
}

/** Loads a contestant's libraries, so that their memory is known, and then can open a checkpoint's folder. */
export type Loader = () => Promise<{ version: string; open(folder: string, device: string): Promise<Contestant> }>;

export const replySchema = z.union([
  /** The libraries are loaded and hold this much memory; nothing of the model is. */
  z.object({ version: z.string(), baselineBytes: z.number() }),
  z.object({ missing: z.string() }),
  z.object({ isOpen: z.literal(true) }),
  z.object({ seconds: z.number(), rows: z.array(z.array(z.number())), peakBytes: z.number() }),
  z.object({ error: z.string() }),
]);
export type Reply = z.infer<typeof replySchema>;

/** Sample i of a prompt draws uniform(seedOf(...), i, step) where a contestant takes our uniforms. */
export const seedOf = (work: Work, call: number, prompt: number) => work.seed + 1000 * call + prompt;

/** The rows of a call, each sample of a prompt beside the next. */
export const rowsOf = ({ prompts, n }: Call) =>
  prompts.flatMap(({ ids }, prompt) => Array.from({ length: n }, (_, sample) => ({ ids, prompt, sample })));
