// Which weights a reward model was trained on, in a file beside its adapter: another base of the same shape would take the
// adapter all the same, and give other scores. Folders that peft wrote have no such file, and are known by their shapes alone.
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { fileLimits, readModelJson } from './files.ts';
import { sampleWeights } from './identity.ts';
import { type RewardAdapter, readRewardAdapter, writeRewardAdapter } from './peft.ts';
import { exists, writeAtomically } from './safetensors.ts';

const baseFile = 'base.json';
const baseSchema = z.object({ weights: z.string() });

/**
 * The reward model in `folder`, for this base.
 * @throws ADAPTER_INVALID where it is none, its tensors are not of the base's shapes, or it was trained on other weights.
 */
export async function readRewardModel(folder: string, base: Checkpoint): Promise<RewardAdapter> {
  const read = await readRewardAdapter(folder, base);
  const file = join(folder, baseFile);
  if (!(await exists(file))) return read;
  const stated = baseSchema.safeParse(await readModelJson(file, 'ADAPTER_INVALID', fileLimits.config));
  if (!stated.success) throw new EngineError('ADAPTER_INVALID', `${file} does not name the weights of a base model.`);
  if (stated.data.weights !== (await sampleWeights(base))) {
    throw new EngineError(
      'ADAPTER_INVALID',
      `${folder} was trained on other weights than those in ${base.folder}: give the base model that it was trained on.`,
    );
  }
  return read;
}

/** `writeRewardAdapter`, with what tells its base; that first, since a folder with a config is complete. `folder` is there. */
export async function writeRewardModel(
  folder: string,
  trained: RewardAdapter,
  base: Checkpoint,
  dropout: number,
): Promise<void> {
  const stated = JSON.stringify({ weights: await sampleWeights(base) } satisfies z.infer<typeof baseSchema>);
  await writeAtomically(join(folder, baseFile), [Buffer.from(`${stated}\n`)]);
  await writeRewardAdapter(folder, trained, base.folder, dropout);
}
