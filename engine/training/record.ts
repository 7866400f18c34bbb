// What stands beside trained weights: what they were made of.
import { join } from 'node:path';
import { writeAtomically } from '../checkpoint/safetensors.ts';

/** Writes training.json: the model, where training started, what it was held against, and every setting. */
export async function writeRecord(
  out: string,
  record: { model: string; adapter: string | null; reference?: string | null; config: object },
): Promise<void> {
  await writeAtomically(join(out, 'training.json'), [Buffer.from(`${JSON.stringify(record, null, 2)}\n`)]);
}
