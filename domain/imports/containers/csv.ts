// CSV and TSV: the first row names the columns; quoted cells may hold line breaks; the separator is found in the first row.
// Every cell stays the text that it is: nothing is taken for a formula, a number or a date.
import { CsvError, type Parser, parse } from 'csv-parse';
import { AppError } from '../../errors.ts';
import { contentOf, joined } from '../bytes.ts';
import { type ImportSource, importLimits, type SourceRow } from '../rows.ts';

const separators = [',', ';', '\t', '|'] as const;
const headerBytes = 65_536;

export async function* readCsv(source: ImportSource): AsyncGenerator<SourceRow, void> {
  const parser = parse({
    bom: true,
    columns: false,
    delimiter: await findSeparator(source),
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: importLimits.rowBytes,
    encoding: 'utf8',
  });
  const feeding = feed(parser, source);
  feeding.catch((error) => parser.destroy(error));
  let header: string[] | null = null;
  let number = 0;
  try {
    for await (const { record } of parser as AsyncIterable<{ record: string[] }>) {
      if (!header) {
        header = requireHeader(source, record);
        continue;
      }
      // The first row of data is row 2, as in any program that shows the table.
      const place = { unit: 'row' as const, number: ++number + 1 };
      if (record.length > header.length && record.slice(header.length).some((cell) => cell.trim() !== '')) {
        const counts = `${record.length} cells, but the first row names ${header.length} columns`;
        yield { place, unreadable: `it has ${counts}; quote cells that hold the separator` };
      } else {
        // From entries: a column called __proto__ is then a column like any other.
        yield { place, value: Object.fromEntries(header.map((name, column) => [name, record[column] ?? ''])) };
      }
    }
  } catch (error) {
    throw describeError(error, source);
  } finally {
    parser.destroy();
  }
  if (!header) throw new AppError('DATA_INVALID', `${source.name} is empty: its first row must name the columns.`);
}

/** Writes the bytes at the parser's pace. */
async function feed(parser: Parser, source: ImportSource): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const write = async (text: string) => {
    if (parser.destroyed || parser.write(text)) return;
    await new Promise<void>((resolve) => parser.once('drain', resolve).once('close', resolve));
  };
  try {
    for await (const chunk of contentOf(source)) {
      if (parser.destroyed) return;
      await write(decoder.decode(chunk, { stream: true }));
    }
    await write(decoder.decode());
  } catch (error) {
    if (error instanceof AppError) throw error;
    const cells = 'Some of its text is not UTF-8';
    throw new AppError('DATA_INVALID', `${source.name}: ${cells}; save the file as "CSV UTF-8".`, { cause: error });
  }
  if (!parser.destroyed) parser.end();
}

/** The one that stands most often in the first row, outside of quotes; a comma where none does. */
async function findSeparator(source: ImportSource): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of contentOf(source)) {
    parts.push(chunk.subarray(0, headerBytes - length));
    length += chunk.byteLength;
    if (length >= headerBytes) break;
  }
  const text = new TextDecoder().decode(joined(parts));
  const unquoted = text.replace(/"(?:[^"]|"")*"/g, '');
  const firstRow = unquoted.split(/\r?\n/).find((line) => line.trim() !== '') ?? '';
  const countOf = (separator: string) => firstRow.split(separator).length - 1;
  return [...separators].sort((one, other) => countOf(other) - countOf(one))[0] ?? ',';
}

function requireHeader(source: ImportSource, record: string[]): string[] {
  const header = record.map((name) => name.trim());
  const twice = header.find((name, column) => name !== '' && header.indexOf(name) !== column);
  if (twice) {
    const remedy = 'give each a name of its own';
    throw new AppError('DATA_INVALID', `${source.name} has two columns called "${twice}" in its first row: ${remedy}.`);
  }
  return header.map((name, column) => name || `column ${column + 1}`);
}

function describeError(error: unknown, source: ImportSource): unknown {
  if (!(error instanceof CsvError)) return error;
  const known: Partial<Record<CsvError['code'], string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quoted cell never ends; close its quotation mark',
    CSV_MAX_RECORD_SIZE: 'a row is longer than 8 MiB, perhaps by a quotation mark that is not closed',
  };
  const reason = known[error.code] ?? error.message;
  const line = typeof error.lines === 'number' ? ` near line ${error.lines}` : '';
  return new AppError('DATA_INVALID', `${source.name}${line}: ${reason}.`, { cause: error });
}
