// The kinds of file, and how one is told from the other: by how it begins, then by its ending, never by trying them all.
import { AppError } from '../errors.ts';
import { contentOf, joined } from './bytes.ts';
import { readCsv } from './containers/csv.ts';
import { readJsonArray } from './containers/json-array.ts';
import { readJsonLines } from './containers/jsonl.ts';
import { readParquet } from './containers/parquet.ts';
import { readText } from './containers/text.ts';
import { type ImportSource, importLimits, type SourceRow } from './rows.ts';

export const containerNames = ['jsonl', 'json', 'csv', 'parquet', 'text'] as const;
export type ContainerName = (typeof containerNames)[number];

type ReadContainer = (source: ImportSource) => AsyncIterable<SourceRow>;

const containers: { [C in ContainerName]: ReadContainer } = {
  jsonl: readJsonLines,
  json: readJsonArray,
  csv: readCsv,
  parquet: readParquet,
  text: readText,
};

/** The rows of a file of this kind, no more of them than an import may have. */
export async function* readRows(source: ImportSource, container: ContainerName): AsyncGenerator<SourceRow, void> {
  let count = 0;
  for await (const row of containers[container](source)) {
    if (++count > importLimits.rows) {
      throw new AppError('DATA_INVALID', `${source.name} has more than 1,000,000 rows: split it into smaller files.`);
    }
    yield row;
  }
}

const startBytes = 65_536;

/** Which kind of file this is. Throws where it is empty, or of a kind that is none of these. */
export async function findContainer(source: ImportSource): Promise<ContainerName> {
  const { name, size } = source;
  if (size === 0) throw new AppError('DATA_INVALID', `${name} is empty.`);
  if (size > importLimits.fileBytes) {
    throw new AppError('DATA_INVALID', `${name} is larger than 1 GiB: split it into smaller files.`);
  }
  const start = await startOf(source);
  const magic = String.fromCharCode(...start.subarray(0, 4));
  if (magic === 'PAR1') return 'parquet';
  const foreign = foreignKinds.find(({ isStart }) => isStart(magic));
  if (foreign) throw new AppError('DATA_INVALID', `${name} ${foreign.words}.`);
  const text = new TextDecoder().decode(start).replace(/^\ufeff/, '');
  if (start.includes(0)) {
    throw new AppError('DATA_INVALID', `${name} is no text, and no parquet either: give JSONL, JSON, CSV or parquet.`);
  }
  const [first] = text.trimStart();
  if (first === '{') return 'jsonl';
  if (/\.(csv|tsv|tab)(\.gz)?$/i.test(name)) return 'csv';
  if (first === '[' && /^\[\s*(\{|\]|$)/.test(text.trimStart())) return 'json';
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(name)) return 'jsonl';
  return looksLikeTable(text) ? 'csv' : 'text';
}

const foreignKinds: readonly { isStart: (magic: string) => boolean; words: string }[] = [
  {
    isStart: (magic) => magic.startsWith('PK\x03\x04'),
    words: 'is a ZIP archive or a workbook: unpack it, or save the sheet as CSV UTF-8',
  },
  {
    isStart: (magic) => magic.startsWith('\xff\xfe') || magic.startsWith('\xfe\xff'),
    words: 'is UTF-16 text: save it as UTF-8',
  },
  { isStart: (magic) => magic.startsWith('\x28\xb5\x2f\xfd'), words: 'is packed by zstd: unpack it first' },
  { isStart: (magic) => magic.startsWith('ARRO'), words: 'is an Arrow file: save the data set as parquet or JSONL' },
];

async function startOf(source: ImportSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of contentOf(source)) {
    parts.push(chunk.subarray(0, startBytes - length));
    length += chunk.byteLength;
    if (length >= startBytes) break;
  }
  return joined(parts);
}

const headerNames = /^"?(prompt|instruction|question|chosen|rejected|completion|messages|conversations|text)"?$/i;

/** A pasted table, without a file's ending: its first line names columns, one of them as data sets call it. */
function looksLikeTable(text: string): boolean {
  const [first = ''] = text.split(/\r?\n/);
  return [',', ';', '\t'].some((separator) => {
    const cells = first.split(separator).map((cell) => cell.trim());
    return cells.length > 1 && cells.some((cell) => headerNames.test(cell));
  });
}
