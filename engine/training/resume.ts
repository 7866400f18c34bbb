// Checkpoints of a run: everything that the next step depends on, written whole or not at all.
// `checkpoint-<step>/` holds the parameters, the optimiser's state and state.json; the newest few are kept, and the best.
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseModelJson } from '../checkpoint/files.ts';
import {
  exists,
  readSafetensors,
  readTensor,
  type TensorToWrite,
  writeAtomically,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import { EngineError, reasonOf } from '../errors.ts';
import { type OptimizerState, partsOf } from '../optimizers.ts';

/** The tensors that training changes, by name, with their optimiser state. */
export type OptimizedTensors = ReadonlyMap<string, TensorToWrite & { state: OptimizerState }>;

const stateSchema = z.object({
  step: z.number().int().min(1),
  fingerprint: z.string(),
  skippedSteps: z.number().int(),
  /** Steps in a row, up to this one, whose loss or gradients were not finite. */
  nonFiniteInARow: z.number().int(),
  numTokens: z.number().int(),
  lossScale: z.object({ scale: z.number(), goodSteps: z.number().int() }),
  evaluations: z.object({
    best: z.object({ step: z.number().int(), value: z.number() }).nullable(),
    withoutGain: z.number().int(),
  }),
  /** What has not been logged yet. */
  window: z.object({ losses: z.array(z.number()), norms: z.array(z.number()), outcomes: z.array(z.unknown()) }),
  /** What the observer of the run knows; its own affair. */
  observed: z.unknown(),
});
export type RunState = z.infer<typeof stateSchema>;

/** A hash of all that makes a run what it is: a checkpoint goes on only in the run that it came from. */
export function fingerprintOf(...parts: unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(JSON.stringify(part)).update('\n');
  return hash.digest('hex');
}

/** Keeps the newest `kept` checkpoints, this one among them, and the best evaluation's. */
export async function saveCheckpoint(
  out: string,
  tensors: OptimizedTensors,
  state: RunState,
  companions: ReadonlyMap<string, TensorToWrite>,
  kept: number,
): Promise<void> {
  const target = checkpointOf(out, state.step);
  try {
    await replaceFolder(target, async (temporary) => {
      await mkdir(temporary, { recursive: true });
      const stored = new Map<string, TensorToWrite>();
      for (const [name, { shape, data, state: optimizer }] of tensors) {
        stored.set(`parameter ${name}`, { shape, data });
        for (const [part, values] of partsOf(optimizer)) {
          stored.set(`${part} ${name}`, { shape: [values.length], data: values });
        }
      }
      for (const [name, tensor] of companions) stored.set(`companion ${name}`, tensor);
      await writeSafetensors(join(temporary, 'training.safetensors'), stored);
      await writeAtomically(join(temporary, 'state.json'), [Buffer.from(JSON.stringify(state))]);
    });
    const steps = (await checkpointSteps(out)).filter((step) => step !== state.evaluations.best?.step);
    for (const step of steps.slice(0, -kept)) await removeWhole(checkpointOf(out, step));
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot write the checkpoint ${target}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

export const checkpointOf = (out: string, step: number) => join(out, `checkpoint-${step}`);

/** Fills a folder beside the target, which takes its name at the end. */
async function replaceFolder(target: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await fill(temporary);
  await removeWhole(target);
  await rename(temporary, target);
}

/** What bears a checkpoint's name is whole: it loses the name before its files. */
async function removeWhole(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  const leaving = `${folder}.old.tmp`;
  await rm(leaving, { recursive: true, force: true });
  await rename(folder, leaving);
  await rm(leaving, { recursive: true });
}

/** Removes what a kill in the middle of a write has left. */
export async function clearLeftovers(out: string): Promise<void> {
  for (const name of await readdir(out)) {
    if (/^checkpoint-\d+.*\.tmp$/.test(name)) await rm(join(out, name), { recursive: true, force: true });
  }
}

/** The steps of the whole checkpoints in a run's folder, oldest first. */
export async function checkpointSteps(out: string): Promise<number[]> {
  const names = await readdir(out).catch(() => []);
  return names
    .flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The newest checkpoint of a run's folder: where a killed run goes on. */
export async function newestCheckpoint(out: string): Promise<string | null> {
  const newest = (await checkpointSteps(out)).at(-1);
  return newest === undefined ? null : checkpointOf(out, newest);
}

/** Fills `tensors` and `companions` in place from a checkpoint folder and returns where its run stood. */
export async function loadCheckpoint(
  folder: string,
  tensors: OptimizedTensors,
  fingerprint: string,
  companions: ReadonlyMap<string, TensorToWrite>,
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
      `${folder} belongs to a run with other data, settings or model: resume that run, or start afresh.`,
    );
  }
  await loadParameters(folder, tensors);
  const parts = [...tensors].flatMap(([name, { state: optimizer }]) =>
    partsOf(optimizer).map(([part, data]): [string, Float32Array] => [`${part} ${name}`, data]),
  );
  await fill(folder, [
    ...parts,
    ...[...companions].map(([name, { data }]): [string, Float32Array] => [`companion ${name}`, data]),
  ]);
  return state.data;
}

/** Fills the tensors with a checkpoint's parameters alone. */
export async function loadParameters(folder: string, tensors: ReadonlyMap<string, TensorToWrite>): Promise<void> {
  await fill(
    folder,
    [...tensors].map(([name, { data }]) => [`parameter ${name}`, data]),
  );
}

async function fill(folder: string, targets: readonly [part: string, target: Float32Array][]): Promise<void> {
  const stored = await readSafetensors(folder, 'training.safetensors');
  for (const [part, target] of targets) {
    const entry = stored.get(part);
    if (entry?.length !== target.byteLength) {
      throw new EngineError('DATA_INVALID', `${folder} lacks the ${part}: start afresh.`);
    }
    target.set(await readTensor(folder, entry));
  }
}

/** A run that goes on in another folder takes its best checkpoint along. Throws DATA_INVALID where that is gone. */
export async function adoptBest(resumeFrom: string, out: string, { best }: RunState['evaluations']): Promise<void> {
  if (!best) return;
  const source = checkpointOf(dirname(resumeFrom), best.step);
  const target = checkpointOf(out, best.step);
  if (!(await exists(source))) {
    throw new EngineError(
      'DATA_INVALID',
      `${source}, the best so far, is gone: resume from a newer checkpoint, or start afresh.`,
    );
  }
  if (resolve(source) === resolve(target)) return;
  await replaceFolder(target, (temporary) => cp(source, temporary, { recursive: true }));
}

/** The lines up to a step of a JSONL file of the run that a checkpoint belongs to; a line that a kill has torn is left out. */
export async function linesBefore(folder: string, file: string, step: number): Promise<string[]> {
  const text = await readFile(join(dirname(folder), file), 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').filter((line) => {
    if (!line) return false;
    const parsed = z.object({ step: z.number() }).safeParse(parseModelJson(line, file, 'CHECKPOINT_INVALID'));
    return parsed.success && parsed.data.step <= step;
  });
}
