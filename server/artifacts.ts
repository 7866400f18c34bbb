// Files that facts point at (adapters, data for fine-tuning): folders under the hash of their content, put whole or not at
// all. The pages and every worker share them.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, cp, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';
import { reasonOf } from '../engine/errors.ts';

export interface ArtifactStore {
  /** Copies a folder in; the same content gives the same key, and putting it twice is harmless. */
  putFolder(folder: string): Promise<string>;
  /** Puts a folder of one file. What `content` throws while it comes, a bound of its own, comes out as it is. */
  putFile(name: string, content: string | AsyncIterable<Uint8Array>): Promise<string>;
  /** Removes folders of that one file alone that nobody has put since `before`, but those of these keys. */
  removeFiles(name: string, before: Date, except: ReadonlySet<string>): Promise<void>;
  /** Where the folder of this key can be read. */
  openFolder(key: string): Promise<string>;
}

/** Where a data folder keeps them. */
export const artifactsDirOf = (dataDir: string) => path.join(dataDir, 'artifacts');

export function openLocalArtifacts(root: string): ArtifactStore {
  const notWritable = (error: unknown) =>
    new AppError('OUTPUT_NOT_WRITABLE', `The artifact folder ${root} could not be written: ${reasonOf(error)}.`, {
      cause: error,
    });

  async function putFolder(folder: string): Promise<string> {
    const key = await hashFolder(folder);
    const target = path.join(root, key);
    if (await isThere(target)) {
      const now = new Date();
      await utimes(target, now, now).catch(() => undefined);
      return key;
    }
    const draft = path.join(/* turbopackIgnore: true */ root, `.${key}.${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(root, { recursive: true });
      await cp(folder, draft, { recursive: true });
      await rename(draft, target);
    } catch (error) {
      // Another process may have put the same content a moment ago.
      if (!(await isThere(target))) throw notWritable(error);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return key;
  }

  return {
    putFolder,
    async putFile(name, content) {
      const draft = path.join(/* turbopackIgnore: true */ root, `.file.${randomBytes(4).toString('hex')}`);
      try {
        await mkdir(draft, { recursive: true });
        await writeFile(path.join(draft, name), content);
        return await putFolder(draft);
      } catch (error) {
        throw error instanceof AppError ? error : notWritable(error);
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },
    async removeFiles(name, before, except) {
      const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isDirectory() || !isKey.test(entry.name) || except.has(entry.name)) continue;
        const folder = path.join(/* turbopackIgnore: true */ root, entry.name);
        const [only, ...others] = await readdir(folder).catch(() => []);
        const put = await stat(folder).catch(() => null);
        if (only !== name || others.length > 0 || !put || put.mtime >= before) continue;
        await rm(folder, { recursive: true, force: true });
      }
    },
    async openFolder(key) {
      const folder = path.join(root, key);
      if (await isThere(folder)) return folder;
      throw new AppError(
        'ADAPTER_INVALID',
        `The adapter or data ${key.slice(0, 12)} is not in ${root}: restore that folder, or point DATA_DIR at the one that has it.`,
      );
    },
  };
}

const isKey = /^[0-9a-f]{64}$/;

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const content = createHash('sha256');
    for await (const chunk of createReadStream(file)) content.update(chunk);
    hash.update(`${content.digest('hex')} ${path.relative(folder, file)}\n`);
  }
  return hash.digest('hex');
}
