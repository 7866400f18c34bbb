// Opens the files of a model or adapter folder, which are strangers': plain files only, that lie in the folder and are
// no larger than such a file can sensibly be. What is read of them is checked before any memory depends on it.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { EngineError, type EngineErrorCode, reasonOf } from '../errors.ts';

const MiB = 1024 * 1024;
/** The largest that are known: 35 MB of tokenizer.json, 10 MB of an index, 2 MB of tokenizer_config.json. */
export const fileLimits = {
  config: 4 * MiB,
  template: MiB,
  tokenizerConfig: 16 * MiB,
  index: 64 * MiB,
  tokenizer: 64 * MiB,
};

/** JSON of real checkpoints is less than ten levels deep; the largest tokenizers have 2 million values, 300,000 keys. */
const deepestJson = 100;
const mostJsonValues = 3_000_000;
const mostJsonKeys = 700_000;

export interface ModelFile {
  handle: FileHandle;
  /** Bytes. */
  size: number;
}

/** Opens a file for reading; the caller closes it. Nothing is waited for: a pipe or device is refused. */
export async function openModelFile(path: string, code: EngineErrorCode): Promise<ModelFile> {
  const refuse = (why: string, cause?: unknown) => new EngineError(code, `Cannot read ${path}: ${why}.`, { cause });
  let handle: FileHandle;
  try {
    await assertInside(path, refuse);
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw error instanceof EngineError ? error : refuse(reasonOf(error), error);
  }
  const status = await handle.stat();
  if (status.isFile()) return { handle, size: status.size };
  await handle.close();
  throw refuse(status.isDirectory() ? 'it is a folder' : 'it is no plain file');
}

/** A text file's content. */
export async function readModelText(path: string, code: EngineErrorCode, limit: number): Promise<string> {
  const { handle, size } = await openModelFile(path, code);
  try {
    if (size > limit) {
      throw new EngineError(code, `Cannot read ${path}: it has ${size} bytes, and at most ${limit} are expected.`);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

export async function readModelJson(path: string, code: EngineErrorCode, limit: number): Promise<unknown> {
  return parseModelJson(await readModelText(path, code, limit), path, code);
}

export function parseModelJson(text: string, path: string, code: EngineErrorCode): unknown {
  const problem = jsonProblem(text);
  if (problem) throw new EngineError(code, `${path}: its JSON ${problem}. Download the file again.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError(code, `${path}: it is not JSON${jsonReason(error)}. Download the file again.`, {
      cause: error,
    });
  }
}

/** Where the text goes wrong; the rest of the parser's message quotes the file, which may be no file for its reader. */
function jsonReason(error: unknown): string {
  const reason = reasonOf(error);
  const [position] = /at position \d+/.exec(reason) ?? [];
  if (position) return ` (wrong ${position})`;
  return reason.includes('end of JSON') ? ' (it ends too early)' : '';
}

/**
 * A deep nest makes later recursion fail, each bracket costs the parser twenty times its length in memory, and an
 * object of millions of keys many seconds, in which nothing can stop it.
 */
function jsonProblem(text: string): string | null {
  let depth = 0;
  let values = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x22) i = endOfString(text, i);
    else if (character === 0x5d || character === 0x7d) depth--;
    else if (character === 0x3a && ++keys > mostJsonKeys) return `has more than ${mostJsonKeys} keys`;
    else if (character === 0x5b || character === 0x7b || character === 0x2c) {
      if (character !== 0x2c && ++depth > deepestJson) return `is nested deeper than ${deepestJson} levels`;
      if (++values > mostJsonValues) return `has more than ${mostJsonValues} values`;
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x22) return i;
    if (character === 0x5c) i++;
  }
  return text.length;
}

/**
 * A folder's root for what its files point to: the folder itself, or, for a snapshot in the Hub's cache, whose files
 * are links into `blobs` beside it, the repository's folder.
 */
export async function rootOf(folder: string): Promise<{ root: string; homes: string[] }> {
  const real = await realpath(folder);
  const repository = dirname(dirname(real));
  if (basename(dirname(real)) !== 'snapshots') return { root: real, homes: [real] };
  return { root: repository, homes: [real, join(repository, 'blobs')] };
}

/** A file's place relative to its folder's root, links followed. */
export async function placeOf(folder: string, file: string): Promise<string> {
  const { root } = await rootOf(folder);
  return relative(root, await realpath(join(folder, file)));
}

async function assertInside(path: string, refuse: (why: string) => EngineError): Promise<void> {
  const real = await realpath(path);
  const { homes } = await rootOf(dirname(path));
  if (!homes.some((home) => real.startsWith(home + sep))) throw refuse('it is a link that leaves its folder');
}
