// What never ends is interrupted, wherever it is; what ends, or throws, is left alone.
import { describe, expect, test } from 'vitest';
import { EngineError } from '../errors.ts';
import { withinDeadline } from './guard.ts';

const late = () => new EngineError('CHAT_TEMPLATE_INVALID', 'It takes too long.');
const guarded = <T>(work: () => T) => withinDeadline(100, work, late);

describe('withinDeadline', () => {
  const endless: [string, () => unknown][] = [
    [
      'a loop',
      () => {
        for (;;);
      },
    ],
    ['a regular expression', () => /(a+)+$/.test(`${'a'.repeat(60)}b`)],
    ['a replacement by a regular expression', () => `${'a'.repeat(60)}b`.replaceAll(/(a+)+$/gu, '')],
    [
      'a loop that catches everything',
      () => {
        for (;;) {
          try {
            for (;;);
          } catch {
            // Goes on.
          }
        }
      },
    ],
  ];
  for (const [what, work] of endless) {
    test(`ends ${what}`, () => {
      const started = performance.now();
      expect(() => guarded(work)).toThrow('It takes too long.');
      expect(performance.now() - started).toBeLessThan(1_000);
      expect(guarded(() => 'and works on')).toBe('and works on');
    });
  }

  test('passes on what is returned and thrown', () => {
    const value = {};
    expect(guarded(() => value)).toBe(value);
    const error = new TypeError('mine');
    expect(() =>
      guarded(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  test('holds the outer deadline, with the inner words, for a guard within a guard', () => {
    const within = <T>(work: () => T) =>
      withinDeadline(60_000, work, () => new EngineError('DATA_INVALID', 'The inner part takes too long.'));
    const endless = () => {
      for (;;);
    };
    expect(() => guarded(() => within(endless))).toThrow('The inner part takes too long.');
    expect(() =>
      guarded(() => {
        within(() => 1);
        endless();
      }),
    ).toThrow('It takes too long.');
    expect(guarded(() => within(() => 'and works on'))).toBe('and works on');
  });
});
