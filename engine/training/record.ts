// training.json, which every run writes beside what it trained: what the run was of, and what became of its data.
import { join } from 'node:path';
import { writeAtomically } from '../checkpoint/safetensors.ts';
import type { DataReport } from './data.ts';

export interface RunRecord {
  /** Folder of the base checkpoint, and the adapter that training began with. */
  model: string;
  adapter: string | null;
  /** What the policy was held against: `base`, an adapter's folder, or null where nothing was. */
  reference: string | null;
  /** Every setting, defaults included. */
  config: object;
  /** What was trained on, and what was left out or cut, by reason. */
  data: { rows: number } & DataReport;
  /** The same of what was held out; null where nothing was. */
  held_out: ({ rows: number } & DataReport) | null;
  steps: number;
  /** Steps left out because their loss or gradients were not finite. */
  skipped_steps: number;
}

/** Writes `training.json` whole; `own` is what a kind of training has beside. */
export async function writeRecord(out: string, record: RunRecord, own: object = {}): Promise<void> {
  const text = `${JSON.stringify({ ...record, ...own }, null, 2)}\n`;
  await writeAtomically(join(out, 'training.json'), [Buffer.from(text)]);
}
