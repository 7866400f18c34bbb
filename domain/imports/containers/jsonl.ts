// JSONL: a value a line; blank lines are passed over, and a bad line is one row lost, not the file.
import { contentOf, decodeText, linesOf, notUtf8, parseJson, tooLong } from '../bytes.ts';
import type { ImportSource, Place, SourceRow } from '../rows.ts';

export async function* readJsonLines(source: ImportSource): AsyncGenerator<SourceRow, void> {
  for await (const { number, bytes } of linesOf(contentOf(source))) {
    const place: Place = { unit: 'line', number };
    if (!bytes) {
      yield { place, unreadable: tooLong };
      continue;
    }
    const text = decodeText(bytes);
    if (text === null) yield { place, unreadable: notUtf8 };
    else if (text.trim() !== '') {
      const parsed = parseJson(text);
      yield 'value' in parsed
        ? { place, value: parsed.value }
        : { place, unreadable: `${parsed.problem}; every line must be one object` };
    }
  }
}
