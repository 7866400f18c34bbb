// A checkpoint folder like the one that its weights came from.
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import { type TensorToWrite, writeSafetensors } from './safetensors.ts';

/** The trained weights in the type that they came in (F16 from F16, else F32), with the folder's other files beside them. */
export async function writeCheckpoint(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, TensorToWrite>,
  out: string,
): Promise<void> {
  await mkdir(out, { recursive: true });
  if (out !== checkpoint.folder) await copyCompanions(checkpoint.folder, out);
  const isHalf = [...checkpoint.tensors.values()].every(({ dtype }) => dtype === 'F16');
  await writeSafetensors(join(out, 'model.safetensors'), tensors, isHalf ? 'F16' : 'F32');
}

const companions =
  /^(config|generation_config|tokenizer.*|special_tokens_map|added_tokens|vocab)\.json$|\.(jinja|model|txt)$/;

/** Copies what a checkpoint has beside its weights: config, tokenizer, template; the shards' index only where asked. */
export async function copyCompanions(from: string, to: string, { withIndex = false } = {}): Promise<void> {
  for (const file of await readdir(from)) {
    const isWanted = companions.test(file) || (withIndex && file === 'model.safetensors.index.json');
    if (isWanted) await copyFile(join(from, file), join(to, file));
  }
}
