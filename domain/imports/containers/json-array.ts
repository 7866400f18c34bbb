// A JSON list, as Label Studio and Argilla export: cut into its elements while it is read, so that the list is never held
// as a whole. An element that is no JSON is one row lost; a list that ends too early loses only what would have followed.
import { AppError } from '../../errors.ts';
import { contentOf, decodeText, joined, notUtf8, parseJson, tooLong } from '../bytes.ts';
import { type ImportSource, importLimits, type SourceRow } from '../rows.ts';

const code = (character: string) => character.charCodeAt(0);
const [quote, backslash, comma, openList, closeList, openObject, closeObject] = [...'"\\,[]{}'].map(code);
const isSpace = (byte: number) => byte === 32 || byte === 9 || byte === 10 || byte === 13;

export async function* readJsonArray(source: ImportSource): AsyncGenerator<SourceRow, void> {
  const scanner = new ElementScanner();
  let number = 0;
  const rowOf = (bytes: Uint8Array | null): SourceRow => {
    const place = { unit: 'element' as const, number: ++number };
    if (!bytes) return { place, unreadable: tooLong };
    const text = decodeText(bytes);
    if (text === null) return { place, unreadable: notUtf8 };
    const parsed = parseJson(text);
    return 'value' in parsed ? { place, value: parsed.value } : { place, unreadable: parsed.problem };
  };
  for await (const chunk of contentOf(source)) for (const element of scanner.push(chunk)) yield rowOf(element);
  if (scanner.isClosed) return;
  if (number === 0) throw new AppError('DATA_INVALID', `${source.name} begins a JSON list that never ends.`);
  const place = { unit: 'element' as const, number: number + 1 };
  yield { place, unreadable: 'the file ends in the middle of its list; it may have been cut off: export it again' };
}

/** Follows brackets and strings, byte by byte; all of JSON's own signs are single bytes in UTF-8. */
class ElementScanner {
  isClosed = false;
  private depth = 0;
  private inString = false;
  private isEscaped = false;
  private parts: Uint8Array[] = [];
  private length = 0;

  *push(chunk: Uint8Array): Generator<Uint8Array | null, void> {
    let from = 0;
    for (let at = 0; at < chunk.byteLength && !this.isClosed; at++) {
      const byte = chunk[at] ?? 0;
      if (this.inString) {
        if (this.isEscaped) this.isEscaped = false;
        else if (byte === backslash) this.isEscaped = true;
        else if (byte === quote) this.inString = false;
        continue;
      }
      if (byte === quote) this.inString = true;
      else if (byte === openList || byte === openObject) {
        this.depth++;
        if (this.depth === 1) from = at + 1;
      } else if (byte === closeList || byte === closeObject) {
        this.depth--;
        if (this.depth === 0) this.isClosed = true;
      }
      if (this.isClosed || (this.depth === 1 && byte === comma)) {
        const element = this.take(chunk.subarray(from, at));
        if (element !== undefined) yield element;
        from = at + 1;
      }
    }
    if (!this.isClosed && this.depth > 0) this.keep(chunk.slice(from));
  }

  private keep(part: Uint8Array): void {
    this.length += part.byteLength;
    if (this.length <= importLimits.rowBytes) this.parts.push(part);
    else this.parts = [];
  }

  /** The element's bytes; null where it is too long, undefined where there is nothing but space. */
  private take(end: Uint8Array): Uint8Array | null | undefined {
    this.keep(end);
    const bytes = this.length <= importLimits.rowBytes ? joined(this.parts) : null;
    this.parts = [];
    this.length = 0;
    return bytes?.every(isSpace) ? undefined : bytes;
  }
}
