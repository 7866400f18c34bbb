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
  for (const file of await readdir(checkpoint.folder)) {
    const isCompanion =
      /^(config|generation_config|tokenizer.*|special_tokens_map|vocab)\.json$|\.(jinja|model|txt)$/.test(file);
    if (isCompanion && out !== checkpoint.folder) await copyFile(join(checkpoint.folder, file), join(out, file));
  }
  const isHalf = [...checkpoint.tensors.values()].every(({ dtype }) => dtype === 'F16');
  await writeSafetensors(join(out, 'model.safetensors'), tensors, isHalf ? 'F16' : 'F32');
}
