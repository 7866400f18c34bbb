// Trains a byte-level BPE: merges the most frequent pair of symbols until every word of the texts is one token.
// The pre-tokenizer here must cut as the one that tokenizer.json names (GPT-2's pattern, digits apart).

export interface TrainedMerges {
  /** In order of rank; the symbols are in the byte-level alphabet, where a space is `Ġ`. */
  merges: [string, string][];
}

const words = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Cuts a text into the pieces that merges may not cross. */
export function preTokenize(text: string): string[] {
  return text.split(/(\p{Nd})/u).flatMap((piece) => piece.match(words) ?? []);
}

/** GPT-2's printable stand-in for each byte, in the order of the bytes. */
export function byteAlphabet(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let spare = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : spare++));
}

interface Word {
  symbols: string[];
  count: number;
}

/** Learns the merges; ties go to the pair that comes first in code point order, so that a run repeats exactly. */
export function trainMerges(texts: Iterable<string>): TrainedMerges {
  const open = countWords(texts);
  const merges: [string, string][] = [];
  for (;;) {
    const best = mostFrequentPair(open);
    if (!best) return { merges };
    merges.push(best);
    for (const word of open) word.symbols = mergePair(word.symbols, best);
  }
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const piece of preTokenize(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const alphabet = byteAlphabet();
  const encoder = new TextEncoder();
  return [...counts].map(([piece, count]) => ({
    symbols: Array.from(encoder.encode(piece), (byte) => alphabet[byte] as string),
    count,
  }));
}

function mostFrequentPair(open: readonly Word[]): [string, string] | null {
  const counts = new Map<string, number>();
  for (const { symbols, count } of open) {
    for (let index = 1; index < symbols.length; index++) {
      const key = `${symbols[index - 1]} ${symbols[index]}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best: string | null = null;
  let bestCount = 0;
  for (const [key, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== null && key < best)) {
      best = key;
      bestCount = count;
    }
  }
  if (best === null) return null;
  const [left = '', right = ''] = best.split(' ');
  return [left, right];
}

export function mergePair(symbols: readonly string[], [left, right]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (const symbol of symbols) {
    if (symbol === right && merged.at(-1) === left) merged[merged.length - 1] = left + right;
    else merged.push(symbol);
  }
  return merged;
}
