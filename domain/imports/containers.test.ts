// Files as people have them, and as somebody hostile would make them: each gives its rows with their places, or one clear
// sentence; a bad row never takes the file with it.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { findContainer, readRows } from './containers.ts';
import { openImport } from './open.ts';
import { type ImportSource, importLimits, type SourceRow, sourceOf } from './rows.ts';

async function rowsOf(name: string, content: string | Uint8Array): Promise<SourceRow[]> {
  const source = sourceOf(name, content);
  return collect(readRows(source, await findContainer(source)));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const valuesOf = (rows: SourceRow[]) => rows.map((row) => ('value' in row ? row.value : row.unreadable));
const bytes = (text: string) => new TextEncoder().encode(text);

/** In pieces of a few bytes, so that characters and line ends are cut anywhere. */
function inPieces(name: string, content: Uint8Array, size: number): ImportSource {
  return {
    ...sourceOf(name, content),
    async *stream() {
      for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
    },
  };
}

describe('which kind of file', () => {
  test.each([
    ['data.jsonl', '{"a": 1}\n', 'jsonl'],
    ['data.txt', '\ufeff  {"a": 1}', 'jsonl'],
    ['data.json', '[\n  {"a": 1}]', 'json'],
    ['data.csv', '[a],b\n1,2', 'csv'],
    ['data.tsv', 'a\tb\n1\t2', 'csv'],
    ['pasted', 'prompt,tags\nHi,x', 'csv'],
    ['pasted', 'Write a poem, please', 'text'],
    ['pasted', '[Rewrite this]', 'text'],
    ['data.jsonl.gz', gzipSync('{"a": 1}\n'), 'jsonl'],
    ['data.csv.gz', gzipSync('a,b\n1,2'), 'csv'],
  ])('%s', async (name, content, container) => {
    expect(await findContainer(sourceOf(name, content))).toBe(container);
  });

  test.each([
    ['an empty file', bytes(''), 'is empty'],
    ['a workbook', bytes('PK\x03\x04rest'), 'save the sheet as CSV'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 65, 0]), 'save it as UTF-8'],
    ['an Arrow file', bytes('ARROW1'), 'parquet or JSONL'],
    ['a picture', new Uint8Array([0x89, 80, 78, 71, 0, 0, 1]), 'no text'],
    ['a gzip file cut off', gzipSync('{"a": 1}'.repeat(1000)).subarray(0, 30), 'damaged gzip'],
  ])('%s is refused in words', async (_, content, words) => {
    await expect(rowsOf('file', content)).rejects.toThrow(words);
  });
});

describe('JSONL', () => {
  test('a bad line is one row lost, with its number', async () => {
    const rows = await rowsOf('a.jsonl', '{"a": 1}\r\n\n{bad}\n{"b": "\u2028"}\n');
    expect(rows.map(({ place }) => place.number)).toEqual([1, 3, 4]);
    expect(valuesOf(rows)).toEqual([{ a: 1 }, expect.stringContaining('not JSON'), { b: '\u2028' }]);
  });

  test('bad UTF-8 and a line beyond the bound are rows lost, and what follows is read', async () => {
    const long = `{"a": "${'x'.repeat(importLimits.rowBytes)}"}`;
    const content = Buffer.concat([bytes('{"a": "'), new Uint8Array([0xff, 0xfe]), bytes(`"}\n${long}\n{"b": 2}`)]);
    expect(valuesOf(await rowsOf('a.jsonl', content))).toEqual([
      expect.stringContaining('UTF-8'),
      expect.stringContaining('8 MiB'),
      { b: 2 },
    ]);
  });

  test('__proto__ changes nobody', async () => {
    const [row] = await rowsOf('a.jsonl', '{"__proto__": {"polluted": true}}');
    expect(row && 'value' in row && Object.keys(row.value as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('a file of which no row can be read says why', async () => {
    await expect(openImport(sourceOf('a.jsonl', '{\n "a": 1\n}'))).rejects.toThrow(/No row of a.jsonl.*line 1/);
  });
});

describe('a JSON list', () => {
  test('in any pieces gives what JSON.parse gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        async (list, size, space) => {
          const items = list.map((item) => ({ item }));
          const source = inPieces('a.json', bytes(JSON.stringify(items, null, space)), size);
          expect(valuesOf(await collect(readRows(source, 'json')))).toEqual(JSON.parse(JSON.stringify(items)));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('that was cut off gives what is whole, and says so', async () => {
    const rows = await rowsOf('a.json', '[{"a": 1}, {"b": [1, 2');
    expect(valuesOf(rows)).toEqual([{ a: 1 }, expect.stringContaining('cut off')]);
  });

  test('nested a hundred thousand deep is one row', async () => {
    const rows = await rowsOf('a.json', `[{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}, {"b": 1}]`);
    expect(rows).toHaveLength(2);
    expect(valuesOf(rows)[1]).toEqual({ b: 1 });
  });
});

describe('CSV', () => {
  test.each([
    ['commas', 'a,b\n"x, y",2\n', { a: 'x, y', b: '2' }],
    ['semicolons, though cells hold commas', 'a;b\n"x, y, z";2\n', { a: 'x, y, z', b: '2' }],
    ['tabs', 'a\tb\nx\t2\n', { a: 'x', b: '2' }],
    ['a byte order mark and Windows line ends', '\ufeffa,b\r\nx,2\r\n', { a: 'x', b: '2' }],
    ['quoted line breaks and quotes', 'a,b\n"x\n""y""",2\n', { a: 'x\n"y"', b: '2' }],
    ['a row that is too short', 'a,b\nx\n', { a: 'x', b: '' }],
    ['formulas as the text that they are', 'a,b\n=1+1,@x\n', { a: '=1+1', b: '@x' }],
  ])('%s', async (_, content, value) => {
    expect(valuesOf(await rowsOf('a.csv', content))).toEqual([value]);
  });

  test('in any pieces gives back any table', async () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => `${text.replaceAll('\0', '')}.`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        async (table, size) => {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const content = ['a,b', ...table.map((cells) => cells.map(quoted).join(','))].join('\r\n');
          const rows = await collect(readRows(inPieces('a.csv', bytes(content), size), 'csv'));
          expect(valuesOf(rows)).toEqual(table.map(([a, b]) => ({ a, b })));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a row with too many cells is lost, and named', async () => {
    const rows = await rowsOf('a.csv', 'a,b\n1,2\nx,y,z\n3,4\n');
    expect(rows.map(({ place }) => place.number)).toEqual([2, 3, 4]);
    expect(valuesOf(rows)[1]).toContain('3 cells');
  });

  test.each([
    ['a quote that never ends', 'a,b\n"x,2\n', 'never ends'],
    ['two columns of one name', 'a,a\n1,2\n', 'two columns called "a"'],
    ['a row beyond the bound', `a,b\n"${'x'.repeat(importLimits.rowBytes + 10)}",2\n`, 'longer than 8 MiB'],
    ['bad UTF-8', Buffer.concat([bytes('a,b\n'), new Uint8Array([0xe9, 0x2c, 0x31])]), 'not UTF-8'],
  ])('%s is refused in words', async (_, content, words) => {
    await expect(rowsOf('a.csv', content)).rejects.toThrow(words);
  });
});

describe('parquet', () => {
  const table = (rows: number) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'prompt', data: Array.from({ length: rows }, (_, row) => `prompt ${row}`), type: 'STRING' },
          { name: 'score', data: Array.from({ length: rows }, (_, row) => BigInt(row)), type: 'INT64' },
          {
            name: 'chosen',
            data: Array.from({ length: rows }, (_, row) => [{ role: 'user', content: `${row}` }]),
            type: 'JSON',
          },
        ],
        rowGroupSize: 700,
      }),
    );

  test('gives its rows, over several row groups, with numbers as numbers', async () => {
    const rows = await rowsOf('a.parquet', table(2500));
    expect(rows).toHaveLength(2500);
    expect(rows[2401]).toEqual({
      place: { unit: 'row', number: 2402 },
      value: { prompt: 'prompt 2401', score: 2401, chosen: [{ role: 'user', content: '2401' }] },
    });
  });

  test('gives lists of records as the Hub stores conversations', async () => {
    const text = (name: string) =>
      ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }) as const;
    const turns = (answer: string) => [
      { content: 'Name a sea.', role: 'user' },
      { content: answer, role: 'assistant' },
    ];
    const conversation = (name: string) =>
      [
        { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
        text('content'),
        text('role'),
      ] as const;
    const content = parquetWriteBuffer({
      schema: [{ name: 'schema', num_children: 2 }, ...conversation('chosen'), ...conversation('rejected')],
      columnData: [
        { name: 'chosen', data: [turns('Black.')] },
        { name: 'rejected', data: [turns('Dry.')] },
      ],
    });
    const opened = await openImport(sourceOf('a.parquet', new Uint8Array(content)));
    expect(opened.shape).toBe('trl-preference');
    expect(await collect(opened.rows)).toMatchObject([
      { prompt: { messages: [{ content: 'Name a sea.' }], responses: [{ text: 'Black.' }, { text: 'Dry.' }] } },
    ]);
  });

  test('cut off or damaged anywhere is refused in words, never more', async () => {
    const whole = table(50);
    await expect(rowsOf('a.parquet', whole.subarray(0, whole.length - 20))).rejects.toThrow(
      'could not be read as parquet',
    );
    for (let at = 4; at < whole.length - 8; at += 7) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      const outcome = await rowsOf('a.parquet', damaged).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome.message).toMatch(/a\.parquet (could not be read|has )/);
    }
  });

  test('pages that would unpack beyond the bound are not unpacked, though the file is small', async () => {
    const data = ['x'.repeat(importLimits.pageBytes + 1)];
    const content = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'prompt', data, type: 'STRING' }] }));
    expect(content.length).toBeLessThan(importLimits.pageBytes / 4);
    await expect(rowsOf('bomb.parquet', content)).rejects.toThrow('128 MiB');
  });

  test('a row beyond the bound is one row lost', async () => {
    const data = ['short', 'x'.repeat(importLimits.rowBytes + 1), 'last'];
    const content = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'prompt', data, type: 'STRING' }] }));
    const rows = await rowsOf('a.parquet', content);
    expect(valuesOf(rows)).toEqual([{ prompt: 'short' }, expect.stringContaining('8 MiB'), { prompt: 'last' }]);
  });
});

describe('plain text', () => {
  test('a prompt a line', async () => {
    expect(valuesOf(await rowsOf('pasted', 'One\r\n\nTwo \n'))).toEqual([{ prompt: 'One' }, { prompt: 'Two' }]);
  });

  test('a prompt a block where blank lines part them', async () => {
    const rows = await rowsOf('pasted', 'One\nmore\n\n\nTwo\n');
    expect(rows).toEqual([
      { place: { unit: 'block', number: 1 }, value: { prompt: 'One\nmore' } },
      { place: { unit: 'block', number: 2 }, value: { prompt: 'Two' } },
    ]);
  });
});

test('a small gzip file that unpacks without end stops at the bound', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, '{"a": 1}\n'));
  const many = Buffer.concat(Array.from({ length: 17 }, () => bomb));
  const rows = readRows(sourceOf('bomb.jsonl.gz', many), 'jsonl');
  await expect(
    (async () => {
      for await (const _ of rows);
    })(),
  ).rejects.toThrow(/1 GiB|1,000,000 rows/);
}, 60_000);
