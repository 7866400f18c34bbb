// Brings the files of a pinned commit into a folder: each grows as `<file>.part`, goes on where a killed worker left it,
// and takes its name only when its size and hash are right.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { HubFile } from '../domain/models.ts';
import { mkdirReason, reasonOf } from '../engine/errors.ts';
import type { Hub } from './hub.ts';

export interface Download {
  hub: Hub;
  hubId: string;
  commit: string;
  files: readonly HubFile[];
  folder: string;
  signal: AbortSignal;
  /** Called once all that describes the model is there; what it throws ends the download. */
  beforeWeights(): Promise<void>;
  onProgress(doneBytes: number, file: string): Promise<void>;
}

export async function downloadModel(download: Download): Promise<void> {
  const { folder, files } = download;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new AppError('DATA_DIR_UNUSABLE', `Cannot create the folder ${folder}: ${mkdirReason(error)}.`);
  });
  const present = new Map<string, number>();
  for (const file of files) present.set(file.path, await sizeOf(path.join(folder, file.path)));
  let done = 0;
  const missing = files.filter((file) => present.get(file.path) !== file.size);
  for (const file of files) if (!missing.includes(file)) done += file.size;
  await requireSpace(folder, missing);
  const isWeights = ({ path }: HubFile) => path.endsWith('.safetensors');
  const fetchAll = async (wanted: HubFile[]) => {
    for (const file of wanted) {
      const before = done;
      await fetchFile(download, file, (bytes) => download.onProgress(before + bytes, file.path));
      done += file.size;
    }
  };
  await fetchAll(missing.filter((file) => !isWeights(file)));
  await download.beforeWeights();
  await fetchAll(missing.filter(isWeights));
  await download.onProgress(done, '');
}

async function fetchFile(download: Download, file: HubFile, onBytes: (bytes: number) => Promise<void>): Promise<void> {
  const target = path.join(download.folder, file.path);
  const part = `${target}.part`;
  const started = Math.min(await sizeOf(part), file.size);
  if (!(await fill(download, file, part, started, onBytes))) {
    await rm(part, { force: true });
    // What an earlier attempt left may be at fault: once more, from the start.
    if (started === 0 || !(await fill(download, file, part, 0, onBytes))) {
      await rm(part, { force: true });
      throw new AppError(
        'HUB_REFUSED',
        `${file.path} of ${download.hubId} came with other bytes than the Hub lists (size or hash differ): try again later.`,
      );
    }
  }
  await guardWrite(part, () => rename(part, target));
}

/** Appends what is missing; true when the whole has the listed size and hash. */
async function fill(
  { hub, hubId, commit, signal }: Download,
  file: HubFile,
  part: string,
  start: number,
  onBytes: (bytes: number) => Promise<void>,
): Promise<boolean> {
  const hash = startHash(file);
  if (start > 0) for await (const chunk of createReadStream(part, { end: start - 1, signal })) hash.update(chunk);
  const handle = await guardWrite(part, () => open(part, start > 0 ? 'r+' : 'w'));
  let size = start;
  let isTooLong = false;
  try {
    if (size < file.size) {
      await hub.read(hubId, commit, file, start, async (chunk) => {
        isTooLong = size + chunk.length > file.size;
        if (isTooLong) return false;
        await guardWrite(part, () => handle.write(chunk, 0, chunk.length, size));
        hash.update(chunk);
        size += chunk.length;
        await onBytes(size);
        return true;
      });
    }
    await guardWrite(part, () => handle.sync());
  } finally {
    await handle.close();
  }
  return !isTooLong && size === file.size && hash.digest('hex') === (file.sha256 ?? file.oid);
}

/** Large files are listed with their SHA-256, others with git's SHA-1 of the blob. */
function startHash({ sha256, size }: HubFile): Hash {
  return sha256 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

async function requireSpace(folder: string, files: readonly HubFile[]): Promise<void> {
  let needed = 0;
  for (const file of files)
    needed += file.size - Math.min(file.size, await sizeOf(path.join(folder, `${file.path}.part`)));
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new AppError(
    'DATA_DIR_UNUSABLE',
    `The model needs ${gb(needed)} of disk and ${path.dirname(folder)} has ${gb(bavail * bsize)}: make room, or set RANKLOOP_MODELS_DIR to a larger disk.`,
  );
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

async function guardWrite<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `Cannot write ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}
