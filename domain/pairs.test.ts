import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PairPolicy, pairPolicyNames, pairsFromTiers, scoreGap } from './pairs.ts';
import { responseIndices } from './ranking.ts';

const short = (policy: PairPolicy, tiers: number[][], seed = 1) =>
  pairsFromTiers(policy, tiers, { seed }).map(({ chosen, rejected, margin }) => [chosen, rejected, margin]);

test('each policy on a ranking without ties', () => {
  const tiers = [[2], [0], [3], [1]];
  expect(short('best-worst', tiers)).toEqual([[2, 1, 1]]);
  expect(short('best-second', tiers)).toEqual([[2, 0, 1 / 3]]);
  expect(short('adjacent', tiers)).toEqual([
    [2, 0, 1 / 3],
    [0, 3, 1 / 3],
    [3, 1, 1 / 3],
  ]);
  expect(short('all', tiers)).toEqual([
    [2, 0, 1 / 3],
    [2, 3, 2 / 3],
    [2, 1, 1],
    [0, 3, 1 / 3],
    [0, 1, 2 / 3],
    [3, 1, 1 / 3],
  ]);
  const random = short('best-random', tiers);
  expect(random).toHaveLength(1);
  expect(random[0]?.[0]).toBe(2);
});

test('ties never meet: a pair is taken across tiers only', () => {
  const tiers = [[0, 1], [2], [3, 4]];
  expect(short('all', tiers)).toHaveLength(2 * 1 + 2 * 2 + 1 * 2);
  expect(short('adjacent', tiers)).toEqual([
    [0, 2, 0.5],
    [1, 2, 0.5],
    [2, 3, 0.5],
    [2, 4, 0.5],
  ]);
});

test('chance decides between tied responses, and each gets its turn', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 400; seed++) {
    const [pair] = pairsFromTiers('best-worst', [[0, 1], [2], [3, 4]], { seed });
    const key = `${pair?.chosen}${pair?.rejected}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  expect([...seen.keys()].toSorted()).toEqual(['03', '04', '13', '14']);
  for (const count of seen.values()) expect(count).toBeGreaterThan(60);
});

test('best-random reaches every lower response', () => {
  const rejected = new Set(responseIndices(100).map((seed) => short('best-random', [[0], [1], [2, 3]], seed)[0]?.[1]));
  expect([...rejected].toSorted()).toEqual([1, 2, 3]);
});

test('responses with the same content make no pair; a tied one with other content stands in', () => {
  const texts = ['yes', 'no', 'yes', 'maybe'];
  const isSame = (one: number, other: number) => texts[one] === texts[other];
  expect(pairsFromTiers('best-worst', [[0], [1], [2]], { seed: 1, isSame })).toEqual([]);
  for (let seed = 0; seed < 20; seed++) {
    expect(pairsFromTiers('best-worst', [[0], [1], [2, 3]], { seed, isSame })[0]?.rejected).toBe(3);
  }
});

describe.each(pairPolicyNames)('%s', (policy) => {
  test('a single tier, or none, gives nothing', () => {
    expect(short(policy, [[0, 1, 2]])).toEqual([]);
    expect(short(policy, [])).toEqual([]);
  });

  test('works for ids', () => {
    expect(pairsFromTiers(policy, [['b'], ['a']], { seed: 1 })).toEqual([{ chosen: 'b', rejected: 'a', margin: 1 }]);
  });

  test('holds for any ranking: the chosen one stands higher, the margin is in (0, 1], the seed decides', () => {
    const anyTiers = fc
      .array(fc.nat(4), { minLength: 2, maxLength: 8 })
      .map((levels) =>
        [0, 1, 2, 3, 4]
          .map((level) => responseIndices(levels.length).filter((index) => levels[index] === level))
          .filter((tier) => tier.length > 0),
      );
    fc.assert(
      fc.property(anyTiers, fc.integer(), (tiers, seed) => {
        const pairs = pairsFromTiers(policy, tiers, { seed });
        expect(pairs).toEqual(pairsFromTiers(policy, tiers, { seed }));
        expect(pairs.length > 0).toBe(tiers.length > 1);
        if (policy.startsWith('best-')) expect(pairs.length).toBeLessThanOrEqual(1);
        for (const { chosen, rejected, margin } of pairs) {
          const [upper, lower] = [chosen, rejected].map((index) => tiers.findIndex((tier) => tier.includes(index)));
          expect(margin).toBeCloseTo(((lower ?? 0) - (upper ?? 0)) / (tiers.length - 1), 12);
          expect(margin > 0 && margin <= 1).toBe(true);
        }
        expect(new Set(pairs.map((pair) => `${pair.chosen} ${pair.rejected}`)).size).toBe(pairs.length);
      }),
    );
  });
});

test('the gap of a pair is by how much the chosen one was scored higher, by index or by name', () => {
  expect(scoreGap({ chosen: 2, rejected: 0 }, [-1, 5, 0.5])).toBe(1.5);
  const named: Record<string, number> = { a: -2, b: -2.25 };
  expect(scoreGap({ chosen: 'a', rejected: 'b' }, named)).toBe(0.25);
  expect(scoreGap({ chosen: 'a', rejected: 'c' }, named)).toBeNaN();
});
