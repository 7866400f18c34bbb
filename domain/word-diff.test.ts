import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffWords, type WordChange } from './word-diff.ts';

const shown = (changes: WordChange[]) =>
  changes.map(({ kind, text }) => ({ same: text, deleted: `[-${text}-]`, inserted: `{+${text}+}` })[kind]).join('');

/** `before` and `after`, put together again from the changes. */
function bothOf(changes: WordChange[]): [string, string] {
  const without = (kind: WordChange['kind']) =>
    changes.flatMap((change) => (change.kind === kind ? [] : change.text)).join('');
  return [without('inserted'), without('deleted')];
}

describe('the changes between two texts', () => {
  test.each([
    ['a word', 'The cat sat down.', 'The dog sat down.', 'The [-cat-]{+dog+} sat down.'],
    [
      'a phrase reads as one',
      'It is a big red house.',
      'It is one small blue house.',
      'It is [-a big red-]{+one small blue+} house.',
    ],
    ['words added', 'Yes.', 'Yes, of course.', 'Yes{+, of course+}.'],
    ['words taken away', 'Yes, of course.', 'Yes.', 'Yes[-, of course-].'],
    ['Chinese', '我喜欢吃苹果', '我喜欢吃香蕉', '我喜欢吃[-苹果-]{+香蕉+}'],
    ['Korean', '나는 사과를 먹는다', '나는 배를 먹는다', '나는 [-사과를-]{+배를+} 먹는다'],
    ['Arabic', 'أحب القهوة كثيرا', 'أحب الشاي كثيرا', 'أحب [-القهوة-]{+الشاي+} كثيرا'],
    ['lines stay apart', 'one\ntwo', 'three\nfour', '[-one-]{+three+}\n[-two-]{+four+}'],
    ['nothing', 'same', 'same', 'same'],
    ['from nothing', '', 'all new', '{+all new+}'],
    ['to nothing', 'all old', '', '[-all old-]'],
  ])('%s', (_name, before, after, expected) => {
    expect(shown(diffWords(before, after))).toBe(expected);
  });

  test('far texts are tied together by the words that both have once', () => {
    const filler = (word: string) => Array.from({ length: 150 }, (_, place) => `${word}${place}`).join(' ');
    const before = `${filler('a')} Krakatau ${filler('b')} Vesuvius ${filler('c')}`;
    const after = `${filler('d')} Krakatau ${filler('e')} Vesuvius ${filler('f')}`;
    const same = diffWords(before, after).filter(({ kind }) => kind === 'same');
    expect(same.map(({ text }) => text.trim()).filter(Boolean)).toEqual(
      expect.arrayContaining(['Krakatau', 'Vesuvius']),
    );
  });

  test('tell both texts whole, whatever they are', () => {
    const word = fc.constantFrom(
      'a',
      'b',
      'c',
      ' ',
      '\n',
      '。',
      '猫',
      'עברית',
      '👩‍👩‍👧',
      '-',
      '  ',
      'e\u0301',
      '\ud800',
    );
    const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(bothOf(diffWords(before, after))).toEqual([before, after]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('no pair of texts takes long', () => {
  const words = (count: number, of: (place: number) => string) =>
    Array.from({ length: count }, (_, place) => of(place)).join(' ');
  const random = (seed: number) => (place: number) => `w${(place * 7919 * seed + seed * 104729) % 997}`;
  test.each([
    ['2,000 words each, nothing in common', words(2000, (n) => `a${n}`), words(2000, (n) => `b${n}`)],
    ['2,000 words each, shuffled', words(2000, (n) => `a${n}`), words(2000, (n) => `a${(n * 1237) % 2000}`)],
    ['2,000 words each, turned round', words(2000, (n) => `a${n}`), words(2000, (n) => `a${1999 - n}`)],
    ['2,000 words each, many repeated', words(2000, random(3)), words(2000, random(5))],
    [
      'two letters in another order',
      words(20_000, (n) => 'ab'[n % 2] ?? ''),
      words(20_000, (n) => 'ab'[(n >> 1) % 2] ?? ''),
    ],
    ['one word of 100,000 letters', 'a'.repeat(100_000), 'a'.repeat(99_999)],
    ['beyond all measure', words(200_000, (n) => `a${n % 50}\n`), words(200_000, (n) => `a${n % 51}\n`)],
  ])('%s', (_name, before, after) => {
    const started = performance.now();
    expect(bothOf(diffWords(before, after))).toEqual([before, after]);
    // Some hundred times what it takes: a test of the bound, not of the machine.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
