// The models directory: the only place that models are read from. A name below it becomes a real path here, and a link
// that leads out of it is refused.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';
import { modelFolderSchema } from '../domain/models.ts';
import { reasonOf } from '../engine/errors.ts';

/** The real path of a model's folder. Throws INVALID_INPUT where it, or a file in it, lies outside the directory. */
export async function resolveModelFolder(modelsDir: string, folder: string): Promise<string> {
  if (!modelFolderSchema.safeParse(folder).success) {
    throw new AppError('INVALID_INPUT', `"${folder}" is not the name of a folder below the models directory.`);
  }
  const root = await realpath(modelsDir).catch(() => null);
  const real = await realpath(path.join(modelsDir, folder)).catch(() => null);
  if (!root || !real || !(await stat(real)).isDirectory()) {
    throw new AppError('INVALID_INPUT', `There is no folder ${folder} in the models directory (${modelsDir}).`);
  }
  if (!isInside(root, real)) throw leadsOut(folder);
  // A Hub cache's files are links to others inside its tree; a link to anywhere else would read what is not a model's.
  for (const entry of await readdir(real, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const target = await realpath(path.join(real, entry.name)).catch(() => null);
    if (!target || !isInside(root, target)) throw leadsOut(`${folder}/${entry.name}`);
  }
  return real;
}

/** Folders of the models directory that hold a config.json, by their names below it. */
export function listModelFolders(modelsDir: string): Promise<string[]> {
  return listFoldersWith('config.json', modelsDir);
}

/** Those that hold an adapter: a policy's, or a reward model. */
export function listAdapterFolders(modelsDir: string): Promise<string[]> {
  return listFoldersWith('adapter_config.json', modelsDir);
}

async function listFoldersWith(file: string, modelsDir: string): Promise<string[]> {
  const found: string[] = [];
  await collect(file, modelsDir, '', found);
  return found.sort();
}

const maxDepth = 5;
const maxFolders = 500;

async function collect(file: string, modelsDir: string, below: string, found: string[]): Promise<void> {
  const entries: Dirent[] = await readdir(path.join(modelsDir, below), { withFileTypes: true }).catch((error) => {
    if (below !== '' || reasonOf(error) === 'it does not exist') return [];
    throw new AppError('DATA_DIR_UNUSABLE', `The models directory ${modelsDir} cannot be read: ${reasonOf(error)}.`);
  });
  if (entries.some(({ name }) => name === file)) {
    if (below !== '') found.push(below);
    return;
  }
  if (below.split('/').length >= maxDepth) return;
  for (const entry of entries) {
    if (found.length >= maxFolders) return;
    const folder = below === '' ? entry.name : `${below}/${entry.name}`;
    // Links are followed only once someone names them: a circle of them has no end.
    if (entry.isDirectory() && modelFolderSchema.safeParse(folder).success)
      await collect(file, modelsDir, folder, found);
  }
}

const isInside = (root: string, file: string) => file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

const leadsOut = (what: string) =>
  new AppError('INVALID_INPUT', `${what} leads out of the models directory: copy the model's files into it.`);
