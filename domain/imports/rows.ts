// What an import works on: the rows of a file with the places where they stood, and the bounds within which they are read.
// A row that cannot be read is a row too, so that the report can name it and the others still come in.

export const rowUnits = ['line', 'row', 'element', 'block'] as const;

/** Where a row stood, counted from 1: a line of a text file, a row of a table, an element of a JSON list, a pasted block. */
export interface Place {
  unit: (typeof rowUnits)[number];
  number: number;
}

export type SourceRow = { place: Place; value: unknown } | { place: Place; unreadable: string };

/** Bounds of what is read; the memory that an import takes follows from `rowBytes`, `rowGroupBytes` and `pageBytes` alone. */
export const importLimits = {
  /** Of the file, and of what a compressed one unpacks to. */
  fileBytes: 1_073_741_824,
  rows: 1_000_000,
  rowBytes: 8_388_608,
  /** Of one text: a prompt's message, a response. */
  textLength: 200_000,
  messages: 200,
  /** A parquet file is read a row group at a time: its bytes unpacked, and those of one page of a column. */
  rowGroupBytes: 536_870_912,
  pageBytes: 134_217_728,
  tags: 50,
  labelLength: 200,
} as const;

/** A file as an import reads it: from its start, and from anywhere (parquet has its directory at the end). */
export interface ImportSource {
  /** What it is called: its ending helps to tell a table from plain text. */
  name: string;
  size: number;
  stream(): AsyncIterable<Uint8Array>;
  slice(start: number, end: number): Promise<ArrayBuffer>;
}

/** A text or bytes in memory as a source: what was pasted, and the tests' files. */
export function sourceOf(name: string, content: string | Uint8Array): ImportSource {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    name,
    size: bytes.byteLength,
    async *stream() {
      yield bytes;
    },
    slice: async (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
}
