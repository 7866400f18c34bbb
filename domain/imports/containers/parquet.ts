// Parquet, as the Hub stores data sets: read a row group at a time. What the file declares of its sizes is believed only
// within bounds, and no page is unpacked beyond them.
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError } from '../../errors.ts';
import { tooLong } from '../bytes.ts';
import { type ImportSource, importLimits, type SourceRow } from '../rows.ts';

const rowsAtOnce = 1_000;

export async function* readParquet(source: ImportSource): AsyncGenerator<SourceRow, void> {
  const file: AsyncBuffer = {
    byteLength: source.size,
    slice: (start, end = source.size) => source.slice(Math.max(0, start), Math.min(end, source.size)),
  };
  const metadata = await guarded(source, () => parquetMetadataAsync(file));
  requireBounds(source, metadata);
  let first = 0;
  for (const group of metadata.row_groups) {
    const last = first + Number(group.num_rows);
    for (let rowStart = first; rowStart < last; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(last, rowStart + rowsAtOnce);
      const options = { file, metadata, rowStart, rowEnd, compressors: boundedCompressors };
      const rows = await guarded(source, () => parquetReadObjects(options));
      for (const [index, row] of rows.entries()) {
        const place = { unit: 'row' as const, number: rowStart + index + 1 };
        const room = { left: importLimits.rowBytes };
        const value = plain(row, room, 0);
        yield room.left < 0 ? { place, unreadable: tooLong } : { place, value };
      }
    }
    first = last;
  }
}

function requireBounds({ name }: ImportSource, metadata: FileMetaData): void {
  const refuse = (reason: string) => new AppError('DATA_INVALID', `${name} ${reason}.`);
  const counts = metadata.row_groups.map((group) => Number(group.num_rows));
  if (counts.some((count) => !Number.isSafeInteger(count) || count < 0)) throw refuse('has a damaged directory');
  if (counts.reduce((sum, count) => sum + count, 0) > importLimits.rows) {
    throw refuse('has more than 1,000,000 rows: split it into smaller files');
  }
  for (const { total_byte_size, columns } of metadata.row_groups) {
    const unpacked = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
    if (Math.max(Number(total_byte_size), unpacked) > importLimits.rowGroupBytes) {
      throw refuse('has a row group of more than 512 MiB: write it with smaller row groups (row_group_size)');
    }
  }
}

/** A page says itself how long it is unpacked: a small file could otherwise ask for any amount of memory. */
const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, outputLength: number) => {
      if (outputLength > importLimits.pageBytes) throw new Error('a page of it unpacks to more than 128 MiB');
      return unpack(input, outputLength);
    },
  ]),
);

async function guarded<T>({ name }: ImportSource, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^parquet\s+/, '');
    const what = `${name} could not be read as parquet (${reason.slice(0, 160)})`;
    throw new AppError('DATA_INVALID', `${what}: it may be damaged or cut off; write or download it again.`, {
      cause: error,
    });
  }
}

const deepest = 32;

/** Values as JSON has them: parquet's 64-bit integers are BigInts, its dates are Dates. What is too deep or no text is left out. */
function plain(value: unknown, room: { left: number }, depth: number): unknown {
  if (typeof value === 'string') room.left -= value.length;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (depth >= deepest || ArrayBuffer.isView(value)) return null;
  if (Array.isArray(value)) return value.map((item) => plain(item, room, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, room, depth + 1)]));
}
