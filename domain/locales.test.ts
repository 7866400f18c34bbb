import { describe, expect, test } from 'vitest';
import { isLocale, localeCodes, negotiateLocale } from './locales.ts';

describe('negotiateLocale', () => {
  test.each([
    ['tr', 'tr'],
    ['ko-KR', 'ko'],
    ['ar-EG,ar;q=0.9,en;q=0.8', 'ar'],
    ['TR-tr', 'tr'],
    ['zh-Hant-TW, ko;q=0.4', 'ko'],
    // By weight, not by place; of equals the first.
    ['en;q=0.3, tr;q=0.7', 'tr'],
    ['ko;q=0.5, ar;q=0.5', 'ko'],
    ['de-DE, fr;q=0.9, ar;q=0.1', 'ar'],
    // A weight of 0 refuses a language; one that cannot be read is not trusted.
    ['tr;q=0, ko;q=0.1', 'ko'],
    ['tr;q=nonsense, ko;q=0.1', 'ko'],
    ['tr;q=1.5, ko;q=0.1', 'ko'],
    ['*', 'en'],
    ['*;q=0.5, ar;q=0.9', 'ar'],
  ])('%s is answered in %s', (header, locale) => {
    expect(negotiateLocale(header)).toBe(locale);
  });

  test.each([null, '', ',', ';q=1', 'de-DE', 'trk', 'english', '__proto__', 'constructor'])(
    '%s names none of ours: English',
    (header) => {
      expect(negotiateLocale(header)).toBe('en');
    },
  );
});

test('every code is a language tag that formatters know', () => {
  for (const code of localeCodes) {
    expect(isLocale(code)).toBe(true);
    expect(Intl.NumberFormat.supportedLocalesOf([code])).toEqual([code]);
  }
  for (const other of ['toString', 'de', '', undefined, 3]) expect(isLocale(other)).toBe(false);
});
