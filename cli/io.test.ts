import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { promptRowSchema } from '../domain/formats.ts';
import { assertWritable, readAllRows, readRows, seedOption, toJsonLines, wholeNumber, writeWhole } from './io.ts';

let folder = '';
const inFolder = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-io-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('reading', () => {
  const read = async (content: string | Uint8Array) => {
    await writeFile(inFolder('F.jsonl'), content);
    return readAllRows(inFolder('F.jsonl'), promptRowSchema);
  };

  test('rows come with their lines; blank lines, CRLF, a byte order mark and U+2028 do no harm', async () => {
    const rows = await read('\ufeff{"prompt":"a"}\r\n\n{"prompt":"b\u2028\u00e9"}\n{"prompt":"c"}');
    expect(rows).toEqual([
      { line: 1, row: { prompt: 'a' } },
      { line: 3, row: { prompt: 'b\u2028\u00e9' } },
      { line: 4, row: { prompt: 'c' } },
    ]);
  });

  test('lines and characters longer than a chunk of the file stay whole', async () => {
    const long = '\u00e9\u{1f642}'.repeat(50_000);
    const rows = await read(`{"prompt":"${long}"}\n{"prompt":"b"}\n`);
    expect(rows.map(({ row }) => row.prompt)).toEqual([long, 'b']);
  });

  test('a bad line is told by number; the rows before it were given', async () => {
    await writeFile(inFolder('F.jsonl'), '{"prompt":"a"}\n{"prompt":"b"}\n{"prompt":3}\n');
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { line } of readRows(inFolder('F.jsonl'), promptRowSchema)) seen.push(line);
    })();
    await expect(reading).rejects.toThrow('F.jsonl line 3: "prompt" must be a string or a list of messages');
    expect(seen).toEqual([1, 2]);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'F.jsonl holds no line'],
    ['only blank lines', '\n \n', 'F.jsonl holds no line'],
    ['bytes that are not UTF-8', Buffer.from('7b7d0aff', 'hex'), 'F.jsonl line 1: "prompt" is missing.'],
    ['bytes that are not UTF-8 in line 2', Buffer.from('{"prompt":"a"}\n\xff', 'latin1'), 'line 2: this is not UTF-8'],
  ])('%s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  test('no file, or a folder', async () => {
    await expect(readAllRows(inFolder('none.jsonl'), promptRowSchema)).rejects.toThrow(
      `Can't read ${inFolder('none.jsonl')}: it does not exist.`,
    );
    await expect(readAllRows(folder, promptRowSchema)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: `Can't read ${folder}: it is a folder.`,
    });
  });
});

describe('writing', () => {
  test('a file takes its name when it is whole', async () => {
    await writeWhole(inFolder('out.jsonl'), toJsonLines([{ a: 1 }, { b: '\n' }]));
    expect(await readFile(inFolder('out.jsonl'), 'utf8')).toBe('{"a":1}\n{"b":"\\n"}\n');
    expect(await readdir(folder)).toEqual(['out.jsonl']);
  });

  test('much is written in order', async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => ({ index, text: 'x'.repeat(20) }));
    await writeWhole(inFolder('out.jsonl'), toJsonLines(rows));
    const lines = (await readFile(inFolder('out.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).index)).toEqual(rows.map(({ index }) => index));
  });

  test('what fails on the way leaves what was there, and nothing else', async () => {
    await writeFile(inFolder('out.jsonl'), 'before');
    async function* failing() {
      yield 'x'.repeat(2 ** 20);
      throw new Error('judge is down');
    }
    await expect(writeWhole(inFolder('out.jsonl'), failing())).rejects.toThrow('judge is down');
    expect(await readFile(inFolder('out.jsonl'), 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['out.jsonl']);
  });

  test('a link stays a link', async () => {
    await writeFile(inFolder('real.jsonl'), 'before');
    await symlink(inFolder('real.jsonl'), inFolder('link.jsonl'));
    await writeWhole(inFolder('link.jsonl'), ['after']);
    expect(await readFile(inFolder('real.jsonl'), 'utf8')).toBe('after');
    expect((await readdir(folder)).toSorted()).toEqual(['link.jsonl', 'real.jsonl']);
  });

  test('a device is written directly', async () => {
    await assertWritable('/dev/null');
    await writeWhole('/dev/null', ['x']);
  });

  test('a place that can not be written is told before the work and after', async () => {
    await mkdir(inFolder('locked'));
    await writeFile(inFolder('file'), '');
    for (const [file, reason] of [
      [inFolder('none/out.jsonl'), `its folder ${inFolder('none')} does not exist`],
      [inFolder('locked'), 'it is a folder'],
      [inFolder('file/out.jsonl'), 'a part of its path is no folder'],
      [inFolder(`${'x'.repeat(300)}.jsonl`), 'its name is too long'],
    ] as const) {
      for (const write of [assertWritable, (path: string) => writeWhole(path, ['x'])]) {
        const told = expect.stringContaining(`Can't write ${file}: ${reason}`);
        await expect(write(file)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE', message: told });
      }
    }
  });

  test('a full disk is told and leaves nothing', async () => {
    await expect(writeWhole('/dev/full', ['x'])).rejects.toThrow("Can't write /dev/full: the disk is full.");
  });
});

test('whole numbers have bounds', () => {
  expect(wholeNumber(1, 8)('8')).toBe(8);
  expect(seedOption('4294967295')).toBe(4294967295);
  for (const text of ['0', '9', '1.5', 'x', '', '1e1']) {
    expect(() => wholeNumber(1, 8)(text)).toThrow('It must be a whole number from 1 to 8.');
  }
});
