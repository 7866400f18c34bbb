// Checkpoints of a run: everything that the next step depends on, written whole or not at all.
// `checkpoint-<step>/` holds the parameters, AdamW's moments and state.json; the newest two are kept.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { parseModelJson } from '../checkpoint/files.ts';
import {
  readSafetensors,
  readTensor,
  type TensorToWrite,
  writeAtomically,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import { EngineError, reasonOf } from '../errors.ts';
import type { AdamWState } from '../optimizer.ts';

/** The tensors that training changes, by name, with their optimiser state. */
export type TrainableTensors = ReadonlyMap<string, TensorToWrite & { state: AdamWState }>;

const stateSchema = z.object({
  step: z.number().int().min(1),
  fingerprint: z.string(),
  skippedSteps: z.number().int(),
  numTokens: z.number().int(),
});
type RunState = z.infer<typeof stateSchema>;

const checkpointsKept = 2;

/** A hash of all that makes a run what it is: a checkpoint goes on only in the run that it came from. */
export function fingerprintOf(...parts: unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(JSON.stringify(part)).update('\n');
  return hash.digest('hex');
}

export async function saveCheckpoint(
  out: string,
  tensors: TrainableTensors,
  state: RunState,
  companions: ReadonlyMap<string, TensorToWrite> = new Map(),
): Promise<void> {
  const target = join(out, `checkpoint-${state.step}`);
  const temporary = `${target}.tmp`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    const stored = new Map<string, TensorToWrite>();
    for (const [name, { shape, data, state: moments }] of tensors) {
      stored.set(`parameter ${name}`, { shape, data });
      stored.set(`mean ${name}`, { shape, data: moments.mean });
      stored.set(`variance ${name}`, { shape, data: moments.variance });
    }
    for (const [name, tensor] of companions) stored.set(`companion ${name}`, tensor);
    await writeSafetensors(join(temporary, 'training.safetensors'), stored);
    await writeAtomically(join(temporary, 'state.json'), [Buffer.from(JSON.stringify(state))]);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot write the checkpoint ${target}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  const steps = await checkpointSteps(out);
  for (const step of steps.slice(0, -checkpointsKept)) await rm(join(out, `checkpoint-${step}`), { recursive: true });
}

/** The steps of the whole checkpoints in a run's folder, oldest first. */
export async function checkpointSteps(out: string): Promise<number[]> {
  const names = await readdir(out).catch(() => []);
  return names
    .flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Fills `tensors` in place from a checkpoint folder and returns where its run stood. */
export async function loadCheckpoint(
  folder: string,
  tensors: TrainableTensors,
  fingerprint: string,
  companions: ReadonlyMap<string, TensorToWrite> = new Map(),
): Promise<RunState> {
  const path = join(folder, 'state.json');
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new EngineError('DATA_INVALID', `Cannot resume from ${folder}: ${reasonOf(error)}.`, { cause: error });
  });
  const state = stateSchema.safeParse(parseModelJson(text, path, 'CHECKPOINT_INVALID'));
  if (!state.success) throw new EngineError('DATA_INVALID', `${path} is not the state of a run: start afresh.`);
  if (state.data.fingerprint !== fingerprint) {
    throw new EngineError(
      'DATA_INVALID',
      `${folder} belongs to a run with other pairs, settings or model: resume that run, or start afresh.`,
    );
  }
  const stored = await readSafetensors(folder, 'training.safetensors');
  const fill = async (part: string, target: Float32Array) => {
    const entry = stored.get(part);
    if (!entry) throw new EngineError('DATA_INVALID', `${folder} lacks the ${part}: start afresh.`);
    target.set(await readTensor(folder, entry));
  };
  for (const [name, tensor] of tensors) {
    await fill(`parameter ${name}`, tensor.data);
    await fill(`mean ${name}`, tensor.state.mean);
    await fill(`variance ${name}`, tensor.state.variance);
  }
  for (const [name, { data }] of companions) await fill(`companion ${name}`, data);
  return state.data;
}

/** metrics.jsonl of the run that a checkpoint belongs to, up to the checkpoint's step. */
export async function metricsBefore(folder: string, step: number): Promise<string[]> {
  const text = await readFile(join(dirname(folder), 'metrics.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => {
    if (!line) return false;
    const parsed = z
      .object({ step: z.number() })
      .safeParse(parseModelJson(line, basename(folder), 'CHECKPOINT_INVALID'));
    return parsed.success && parsed.data.step <= step;
  });
}
