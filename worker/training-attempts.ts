// What the attempts of a training leave behind: each writes to a folder of its own, named by its fence.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { TrainMetrics } from '../engine/ports.ts';

/** `<folder>/<fence>/checkpoint-<step>`: the greatest step of all attempts; the trainer writes each whole or not at all. */
export async function newestOfAttempts(folder: string): Promise<string | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: { step: number; fence: number; path: string }[] = [];
  for (const attempt of entries.filter((entry) => entry.isDirectory())) {
    for (const name of await readdir(path.join(folder, attempt.name))) {
      const step = /^checkpoint-(\d+)$/.exec(name)?.[1];
      if (step)
        found.push({ step: Number(step), fence: Number(attempt.name), path: path.join(folder, attempt.name, name) });
    }
  }
  found.sort((one, other) => one.step - other.step || one.fence - other.fence);
  return found.at(-1)?.path ?? null;
}

const lineSchema = z.object({ step: z.number(), epoch: z.number() }).catchall(z.number().nullable());

/**
 * The metrics in an attempt's metrics.jsonl before a step, with those of the attempts that it goes on from: what was logged
 * when a worker was killed may not have come to the database.
 */
export async function metricsBefore(attempt: string, step: number, maxSteps: number): Promise<TrainMetrics[]> {
  const text = await readFile(path.join(attempt, 'metrics.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => lineSchema.parse(JSON.parse(line)))
    .filter((line) => line.step < step)
    .map(({ step, epoch, ...values }) => ({ step, maxSteps, epoch, values: withNaN(values) }));
}

/** JSON has no number for what is none. */
const withNaN = (values: Record<string, number | null>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? Number.NaN]));
