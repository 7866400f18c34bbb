// A file on disk as an import reads it.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';
import type { ImportSource } from '../domain/imports/rows.ts';
import { reasonOf } from '../engine/errors.ts';

/** `name` is what people call it; `onRead` hears how many bytes were read each time. */
export async function openImportFile(
  path: string,
  name: string,
  onRead: (bytes: number) => void = () => undefined,
): Promise<ImportSource> {
  const status = await stat(path).catch((error: unknown) => {
    throw new AppError('DATA_INVALID', `Can't read ${name}: ${reasonOf(error)}.`, { cause: error });
  });
  if (!status.isFile()) throw new AppError('DATA_INVALID', `Can't read ${name}: it is no file.`);
  return {
    name,
    size: status.size,
    async *stream() {
      for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) {
        const bytes = chunk as Buffer;
        onRead(bytes.byteLength);
        yield bytes;
      }
    },
    async slice(start, end) {
      const handle = await open(path);
      try {
        const bytes = new Uint8Array(Math.max(0, end - start));
        const { bytesRead } = await handle.read(bytes, 0, bytes.byteLength, start);
        onRead(bytesRead);
        return bytes.buffer.slice(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}
