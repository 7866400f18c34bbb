// What a training begins from, and that its folder is free: what every command that trains settles first.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { Reference } from '../engine/ports.ts';
import { readStated } from './config-file.ts';

/** An adapter keeps its own shape: a config that states another one would be ignored in silence. Dropout is the run's. */
export async function requireSameLora(adapter: string, config: string): Promise<void> {
  const { lora } = await readStated(config);
  if (typeof lora !== 'object' || lora === null) return;
  const shape = await readStated(join(adapter, 'adapter_config.json')).catch(() => null);
  if (!shape) return; // the trainer says what is wrong with the adapter
  const normal = (value: unknown) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
  for (const [name, value] of Object.entries(lora)) {
    if (name === 'lora_dropout' || shape[name] === undefined || normal(shape[name]) === normal(value)) continue;
    throw new AppError(
      'CONFIG_INVALID',
      `${config}: lora.${name} is ${normal(value)}, but ${adapter} has ${normal(shape[name])}, which training keeps: leave it out.`,
    );
  }
}

export function toReference(text = 'initial'): Reference {
  return text === 'base' || text === 'initial' ? text : { adapter: text };
}

/**
 * The checkpoint to go on from, or null to begin. A run that was killed after its last write is taken up too: its own
 * checkpoint stands for what the folder holds, and another run's is refused.
 */
export async function findResumePoint(options: {
  out: string;
  resume?: boolean;
  resumeFrom?: string;
}): Promise<string | null> {
  const { newestCheckpoint } = await import('../engine/training/resume.ts');
  const newest = options.resume ? await newestCheckpoint(options.out) : null;
  if (!newest) await assertFreeFolder(options.out);
  return options.resumeFrom ?? newest;
}

/** A finished adapter is never overwritten. */
export async function assertFreeFolder(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.some((name) => name === 'adapter_config.json' || name === 'model.safetensors')) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `${out} already holds a model: give another --out, or remove it.`);
  }
}
