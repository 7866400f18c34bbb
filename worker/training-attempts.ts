// What the attempts of a training leave behind: each writes to a folder of its own, named by its fence.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

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
