import { expect, test } from 'vitest';
import { distinctN, lengthRatio, wordsOf } from './text-metrics.ts';

test('words are without case and punctuation, in any script', () => {
  expect(wordsOf("Yes, it's here: 60 euros!")).toEqual(['yes', "it's", 'here', '60', 'euros']);
  expect(wordsOf('안녕하세요 세계')).toEqual(['안녕하세요', '세계']);
  expect(wordsOf('今日はいい天気').length).toBeGreaterThan(1);
  expect(wordsOf(' ... ')).toEqual([]);
});

test('distinct-2 counts different pairs of neighbours, within texts only', () => {
  expect(distinctN([['a', 'b', 'c']], 2)).toBe(1);
  expect(distinctN([['a', 'a', 'a', 'a']], 2)).toBeCloseTo(1 / 3);
  expect(
    distinctN(
      [
        ['a', 'b'],
        ['a', 'b'],
        ['b', 'a'],
      ],
      2,
    ),
  ).toBeCloseTo(2 / 3);
  expect(distinctN([[1, 2, 3], [1, 2], [7]], 2)).toBeCloseTo(2 / 3);
  expect(distinctN([['a'], []], 2)).toBe(0);
});

test('the length ratio is that of means, and undefined over nothing', () => {
  expect(lengthRatio([[1, 2, 3], [1]], [[1, 2, 3, 4]])).toBe(0.5);
  expect(lengthRatio(['four'], ['four'])).toBe(1);
  expect(lengthRatio([], [[1]])).toBeNull();
  expect(lengthRatio([[1]], [])).toBeNull();
  expect(lengthRatio([[1]], [[]])).toBeNull();
});
