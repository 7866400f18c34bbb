import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreementOf, compareRankings, kendallTauB, meanAgreement, placesOf } from './agreement.ts';
import { responseIndices } from './ranking.ts';

interface Goldens {
  tau: { one: number[][]; other: number[][]; tau: number | null }[];
}
const goldens = JSON.parse(readFileSync(new URL('./fixtures/quality.json', import.meta.url), 'utf8')) as Goldens;

/** Two rankings of the same responses, ties included. */
const anyTwo = fc.integer({ min: 2, max: 8 }).chain((count) => fc.tuple(anyTiers(count), anyTiers(count)));

function anyTiers(count: number): fc.Arbitrary<number[][]> {
  return fc
    .array(fc.nat(count - 1), { minLength: count, maxLength: count })
    .map((places) =>
      [...new Set(places)].sort().map((place) => responseIndices(count).filter((index) => places[index] === place)),
    );
}

describe('pairwise agreement', () => {
  test.each([
    // [one, other, agree, half, disagree, agreement]
    [[[0], [1], [2]], [[0], [1], [2]], 3, 0, 0, 1],
    [[[0], [1], [2]], [[2], [1], [0]], 0, 0, 3, 0],
    [[[0], [1], [2]], [[1], [0], [2]], 2, 0, 1, 2 / 3],
    [[[0], [1], [2]], [[0, 1, 2]], 0, 3, 0, 0.5],
    [[[0, 1], [2]], [[0, 1], [2]], 3, 0, 0, 1],
    // 0-1: tie and order, half; 0-2: alike; 1-2: order and tie, half.
    [[[0, 1], [2]], [[0], [1, 2]], 1, 2, 0, 2 / 3],
    [[[0, 1], [2], [3]], [[3], [0], [1, 2]], 1, 2, 3, 1 / 3],
    [[[0], [1]], [[1, 0]], 0, 1, 0, 0.5],
  ])('%j and %j', (one, other, agree, half, disagree, agreement) => {
    const verdicts = compareRankings(one, other);
    expect(verdicts).toEqual({ agree, half, disagree, pairs: agree + half + disagree });
    expect(agreementOf(verdicts)).toBeCloseTo(agreement, 12);
  });

  test('of one ranking there is none', () => {
    expect(meanAgreement([])).toBeNull();
    expect(meanAgreement([[[0], [1]]])).toBeNull();
  });

  test('of three it is the mean of every two', () => {
    const rankings = [
      [['a'], ['b']],
      [['a'], ['b']],
      [['b'], ['a']],
    ];
    expect(meanAgreement(rankings)).toBeCloseTo(1 / 3, 12);
  });

  test('rankings of different responses are refused', () => {
    expect(() => compareRankings([[0], [1]], [[0], [2]])).toThrow('Only one of the two rankings holds response 1.');
    expect(() => compareRankings([[0]], [[0], [1]])).toThrow('not of the same responses');
  });

  test('it is symmetric, 1 with itself, and with the reverse what ties leave', () => {
    fc.assert(
      fc.property(anyTwo, ([one, other]) => {
        expect(compareRankings(one, other)).toEqual(compareRankings(other, one));
        expect(agreementOf(compareRankings(one, one))).toBe(1);
        const reversed = compareRankings(one, other.toReversed());
        const { agree, half, disagree } = compareRankings(one, other);
        expect(reversed.half).toBe(half);
        expect(reversed.agree + reversed.disagree).toBe(agree + disagree);
      }),
    );
  });
});

describe("Kendall's tau-b", () => {
  test.each(goldens.tau)('is that of scipy for $one and $other', ({ one, other, tau }) => {
    const result = kendallTauB(one, other);
    expect(result.n).toBe(placesOf(one).size);
    if (tau === null) expect(result).toMatchObject({ value: null, reason: 'all-tied' });
    else expect(result.value).toBeCloseTo(tau, 12);
  });

  test('is undefined where one ranking ties everything', () => {
    expect(kendallTauB([[0], [1]], [[0, 1]])).toEqual({ n: 2, value: null, reason: 'all-tied' });
  });

  test('without ties it is agreement on the scale from -1 to 1', () => {
    const anyOrder = fc.shuffledSubarray(responseIndices(6), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(anyOrder, anyOrder, (one, other) => {
        const [a, b] = [one.map((index) => [index]), other.map((index) => [index])];
        expect(kendallTauB(a, b).value).toBeCloseTo(2 * (agreementOf(compareRankings(a, b)) ?? 0) - 1, 12);
      }),
    );
  });
});
