// Bytes on their way to rows: unpacked where they are gzip (as the Hub keeps HH-RLHF), bounded, and cut into lines.
import { AppError } from '../errors.ts';
import { type ImportSource, importLimits } from './rows.ts';

const isGzip = (start: Uint8Array) => start[0] === 0x1f && start[1] === 0x8b;

/** The file's bytes as they are meant, and no more of them than is allowed: a small file may unpack to a large one. */
export async function* contentOf(source: ImportSource): AsyncGenerator<Uint8Array, void> {
  let length = 0;
  for await (const chunk of await unpacked(source)) {
    length += chunk.byteLength;
    if (length > importLimits.fileBytes) {
      throw new AppError('DATA_INVALID', `${source.name} unpacks to more than 1 GiB: split it into smaller files.`);
    }
    yield chunk;
  }
}

async function unpacked(source: ImportSource): Promise<AsyncIterable<Uint8Array>> {
  const start = new Uint8Array(await source.slice(0, 2));
  return isGzip(start) ? gunzipped(source) : source.stream();
}

async function* gunzipped(source: ImportSource): AsyncGenerator<Uint8Array, void> {
  const iterator = source.stream()[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('DATA_INVALID', `${source.name} is a damaged gzip file: pack or download it again.`, {
      cause: error,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const newline = 10;

/** A line, without its end; null where it is longer than a row may be. */
export interface ByteLine {
  number: number;
  bytes: Uint8Array | null;
}

/** Lines as bytes. Not by a text's line breaks: JSON has U+2028 inside its strings. A line too long is passed over, not kept. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ByteLine, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const keep = (part: Uint8Array) => {
    length += part.byteLength;
    if (length <= importLimits.rowBytes) parts.push(part);
    else parts = [];
  };
  const take = (): ByteLine => {
    number++;
    const line = { number, bytes: length <= importLimits.rowBytes ? joined(parts) : null };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.byteLength) keep(chunk.slice(from));
  }
  if (length > 0) yield take();
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The text, without a byte order mark; null where it is not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export const notUtf8 = 'this is not UTF-8 text; save the file as UTF-8';
export const tooLong = 'this is longer than 8 MiB; a row must be shorter';

/** A value of JSON, or why it is none, in words for people. */
export function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    return { problem: `this is not JSON (${reason.length > 120 ? `${reason.slice(0, 117)}...` : reason})` };
  }
}
