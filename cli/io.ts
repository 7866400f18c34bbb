// What all commands share: reading JSONL by lines, writing files whole or not at all, one JSON object on stdout,
// progress and errors on stderr.
import { constants, createReadStream } from 'node:fs';
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { AppError, asKnownError } from '../domain/errors.ts';
import { parseJsonLine } from '../domain/formats.ts';
import { systemErrorWords } from '../engine/errors.ts';

/** A row with the number of its line in the file, from 1. */
export interface NumberedRow<T> {
  line: number;
  row: T;
}

/** Streams a JSONL file's rows; a bad line ends it with its number and the reason. Blank lines are passed over. */
export async function* readRows<S extends z.ZodType>(
  file: string,
  schema: S,
): AsyncGenerator<NumberedRow<z.infer<S>>, void> {
  let line = 0;
  for await (const bytes of readLines(file)) {
    line++;
    const text = decodeLine(bytes, file, line).replace(line === 1 ? /^\ufeff/ : /^$/, '');
    if (text.trim() !== '') yield { line, row: parseJsonLine(schema, text, file, line) };
  }
}

/** All rows of a JSONL file, of which there must be at least one. */
export async function readAllRows<S extends z.ZodType>(file: string, schema: S): Promise<NumberedRow<z.infer<S>>[]> {
  const rows: NumberedRow<z.infer<S>>[] = [];
  for await (const row of readRows(file, schema)) rows.push(row);
  if (rows.length === 0) throw new AppError('DATA_INVALID', `${file} holds no line: give a file with at least one.`);
  return rows;
}

/** Lines without their ends, as bytes. Not readline: it also breaks at U+2028, which JSON has inside its strings. */
async function* readLines(file: string): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(file)) {
      const bytes = Buffer.from(chunk);
      let from = 0;
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
        yield Buffer.concat([...parts, bytes.subarray(from, end)]);
        parts = [];
        from = end + 1;
      }
      if (from < bytes.length) parts.push(bytes.subarray(from));
    }
  } catch (error) {
    throw describeReadError(error, file);
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeLine(bytes: Buffer, file: string, line: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new AppError('DATA_INVALID', `${file} line ${line}: this is not UTF-8 text; save the file as UTF-8.`);
  }
}

/** The lines of a JSONL file. */
export function* toJsonLines(rows: Iterable<object>): Generator<string, void> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/**
 * Writes a file as a whole: into one beside it that takes its name at the end, so that no reader ever meets half a
 * file. When `chunks` throws, or the disk is full, what stood there before stays. A device or pipe is written directly.
 */
export async function writeWhole(file: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const target = await findTarget(file);
  const handle = await opened(file, target.temporary);
  try {
    for await (const chunk of inLargerPieces(chunks)) {
      await guardWrite(file, async () => {
        await handle.writeFile(chunk);
      });
    }
    if (target.isReplaced) await guardWrite(file, () => handle.sync());
    await handle.close();
    if (target.isReplaced) await guardWrite(file, () => rename(target.temporary, target.path));
  } catch (error) {
    await handle.close().catch(() => {});
    if (target.isReplaced) await rm(target.temporary, { force: true });
    throw error;
  }
}

/** Fails now if `file` could not be written later, after all the work. */
export async function assertWritable(file: string): Promise<void> {
  const target = await findTarget(file);
  if (!target.isReplaced) return guardWrite(file, () => access(target.path, constants.W_OK));
  const handle = await opened(file, target.temporary);
  await handle.close();
  await rm(target.temporary, { force: true });
}

interface Target {
  /** Where the file is to stand, links followed. */
  path: string;
  temporary: string;
  /** False for what is no plain file: it can't be replaced. */
  isReplaced: boolean;
}

async function findTarget(file: string): Promise<Target> {
  const path = await realpath(file).catch(() => resolve(file));
  const status = await stat(path).catch(() => null);
  if (status?.isDirectory()) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `Can't write ${file}: it is a folder; give the name of a file.`);
  }
  if (status && !status.isFile()) return { path, temporary: path, isReplaced: false };
  return { path, temporary: join(dirname(path), `.${basename(path)}.${process.pid}.tmp`), isReplaced: true };
}

const opened = (file: string, path: string) => guardWrite(file, () => open(path, 'w'));

async function guardWrite<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw describeWriteError(error, file);
  }
}

/** Short lines together: one write each would be slow. */
async function* inLargerPieces(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string, void> {
  let piece = '';
  for await (const chunk of chunks) {
    piece += chunk;
    if (piece.length >= 2 ** 18) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** A file system's error on reading as one sentence; any other error as it is. */
export function describeReadError(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (code === null || error instanceof AppError) return error;
  return new AppError('DATA_INVALID', `Can't read ${file}: ${systemErrorWords[code] ?? code}.`);
}

/** A file system's error on writing as one sentence; any other error as it is. */
export function describeWriteError(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (code === null || error instanceof AppError) return error;
  const reason = code === 'ENOENT' ? `its folder ${dirname(file)} does not exist` : (systemErrorWords[code] ?? code);
  return new AppError('OUTPUT_NOT_WRITABLE', `Can't write ${file}: ${reason}.`);
}

/** What a command has to say at its end: `result` for --json, `summary` for people. */
export interface CommandOutcome {
  result: object;
  summary: string;
}

/**
 * Runs a command: with `json` exactly one object on stdout, else the summary on stderr; a known error is one sentence
 * on stderr and a non-zero exit. Ctrl-C fires the signal; a second one does not wait.
 */
export async function runCommand(
  json: boolean | undefined,
  work: (signal: AbortSignal) => Promise<CommandOutcome>,
): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const { result, summary } = await work(controller.signal);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else log(summary);
  } catch (error) {
    reportError(error);
    process.exitCode = controller.signal.aborted ? 130 : 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** A known error as its sentence. One without a code is a defect of ours: whoever mends it needs the stack. */
export function reportError(error: unknown): void {
  const known = asKnownError(error);
  log(`error: ${known?.message ?? (error instanceof Error ? error.stack : String(error))}`);
}

/** A line for people: never on stdout, which belongs to --json. */
export function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export interface Progress {
  /** How much is done by now. */
  update(done: number): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a plain line at each tenth. Both say how long the rest will take. */
export function startProgress(label: string, total: number, done = 0): Progress {
  if (process.stderr.isTTY) {
    const format = `${label} [{bar}] {value}/{total}, {eta_formatted} left`;
    const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
    bar.start(total, done);
    return { update: (value) => bar.update(value), stop: () => bar.stop() };
  }
  const tenthOf = (value: number) => Math.floor((10 * value) / Math.max(1, total));
  let told = tenthOf(done);
  const started = Date.now();
  return {
    update: (value) => {
      if (tenthOf(value) <= told) return;
      told = tenthOf(value);
      const seconds = Math.round(((Date.now() - started) / 1000 / (value - done)) * (total - value));
      log(`${label}: ${value} of ${total}${seconds > 0 ? `, ${duration(seconds)} left` : ''}`);
    },
    stop: () => {},
  };
}

/** `50 s`, `12 min`, `3 h 20 min`. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Reads an option that is a whole number within bounds, for commander. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${bounds}.`);
  };
}

/** Reads a seed: 32 bits, as every seed of ours. */
export const seedOption = wholeNumber(0, 0xffffffff);
