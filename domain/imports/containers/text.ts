// Plain text: a prompt a line, or, where blank lines stand between blocks, a prompt a block with its own line breaks.
import { contentOf, decodeText, linesOf, notUtf8, tooLong } from '../bytes.ts';
import type { ImportSource, SourceRow } from '../rows.ts';

export async function* readText(source: ImportSource): AsyncGenerator<SourceRow, void> {
  yield* (await hasBlocks(source)) ? readBlocks(source) : readLines(source);
}

async function* textLines(source: ImportSource): AsyncGenerator<{ number: number; text: string } | SourceRow, void> {
  for await (const { number, bytes } of linesOf(contentOf(source))) {
    const text = bytes && decodeText(bytes);
    if (typeof text === 'string') yield { number, text: text.replace(/\r$/, '') };
    else yield { place: { unit: 'line', number }, unreadable: bytes ? notUtf8 : tooLong };
  }
}

/** A blank line between two lines that are not, one of which has a neighbour: a list with a line to spare is no block. */
async function hasBlocks(source: ImportSource): Promise<boolean> {
  let blank = false;
  let run = 0;
  let longest = 0;
  let breaks = 0;
  for await (const line of textLines(source)) {
    if ('text' in line && line.text.trim() === '') {
      blank = run > 0 || blank;
      run = 0;
      continue;
    }
    if (blank && run === 0) breaks++;
    blank = false;
    longest = Math.max(longest, ++run);
  }
  return breaks > 0 && longest > 1;
}

async function* readLines(source: ImportSource): AsyncGenerator<SourceRow, void> {
  for await (const line of textLines(source)) {
    if (!('text' in line)) yield line;
    else if (line.text.trim() !== '') {
      yield { place: { unit: 'line', number: line.number }, value: { prompt: line.text.trim() } };
    }
  }
}

async function* readBlocks(source: ImportSource): AsyncGenerator<SourceRow, void> {
  let block: string[] = [];
  let number = 0;
  const take = (): SourceRow => {
    const value = { prompt: block.join('\n').trim() };
    block = [];
    return { place: { unit: 'block', number: ++number }, value };
  };
  for await (const line of textLines(source)) {
    if (!('text' in line)) yield line;
    else if (line.text.trim() !== '') block.push(line.text);
    else if (block.length > 0) yield take();
  }
  if (block.length > 0) yield take();
}
