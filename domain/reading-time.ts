// The least time that reading takes, for a warning in words: how many words a text has in any script, and how long they
// take at a given speed. Nobody is ever blocked by it.

/** Scripts written without spaces, whose words only a dictionary tells apart: slow, so only where it must be. */
const unspaced = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
const words = /[\p{L}\p{M}\p{N}]+(?:['’.][\p{L}\p{M}\p{N}]+)*/gu;
/** Scripts whose readers' speed is counted in characters. */
const characters = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
/** Chinese and Japanese readers take 1.6 to 1.9 characters in the time of a word (IReST, Trauzettel-Klosinski 2012). */
const charactersPerWord = 2;

/** How many words' worth of reading a text is; two Chinese or Japanese characters count as one word. */
export function readingWords(text: string): number {
  let ideographs = 0;
  const spaced = text.replace(characters, () => {
    ideographs++;
    return ' ';
  });
  return countWords(spaced) + ideographs / charactersPerWord;
}

function countWords(text: string): number {
  if (!unspaced.test(text)) return text.match(words)?.length ?? 0;
  let count = 0;
  for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) count++;
  return count;
}

/** The time in which all of `texts` can be read at `wordsPerMinute`. */
export function readingTimeMs(texts: readonly string[], wordsPerMinute: number): number {
  const total = texts.reduce((sum, text) => sum + readingWords(text), 0);
  return (total / wordsPerMinute) * 60_000;
}

/**
 * UTF-8 bytes of a word with its space: English 6, Cyrillic, Greek, Korean and Arabic 10 to 15. No language of note lies
 * beyond these, so that the size of a text says nearly always whether it can have been read, without loading it.
 */
const bytesPerWord = { least: 3, most: 16 };

/** Whether texts of `bytes` were done with sooner than they can be read; null where only counting their words tells. */
export function isTooFastForSize(durationMs: number, bytes: number, wordsPerMinute: number): boolean | null {
  const bytesAMs = bytes / Math.max(durationMs, 1);
  const wordsAMs = wordsPerMinute / 60_000;
  if (bytesAMs > wordsAMs * bytesPerWord.most) return true;
  return bytesAMs <= wordsAMs * bytesPerWord.least ? false : null;
}
