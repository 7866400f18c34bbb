import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findGoldProblem,
  type GoldScore,
  goldAccuracy,
  goldPairs,
  isSuspect,
  onboardingResult,
  scoreAgainstGold,
} from './gold.ts';
import { responseIndices } from './ranking.ts';

const gold = [['a'], ['b', 'c'], ['d']]; // orders five pairs: a-b, a-c, a-d, b-d, c-d

describe('an answer to a gold task', () => {
  test.each([
    [[['a'], ['b', 'c'], ['d']], 5, 0, 0, 1],
    [[['a'], ['c'], ['b'], ['d']], 5, 0, 0, 1], // gold ties b and c: either order is right
    [[['d'], ['b', 'c'], ['a']], 0, 5, 0, 0],
    [[['a', 'b', 'c', 'd']], 0, 0, 5, 0.5],
    [[['b'], ['a'], ['c'], ['d']], 4, 1, 0, 0.8],
    [
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      3,
      0,
      2,
      0.8,
    ], // a-b and c-d tied
  ])('%j', (answer, correct, wrong, tied, accuracy) => {
    const { score } = scoreAgainstGold(answer, gold);
    expect(score).toEqual({ correct, wrong, tied, total: 5 });
    expect(goldAccuracy(score)).toBe(accuracy);
  });

  test('is told which pairs it missed, and how', () => {
    expect(scoreAgainstGold([['b'], ['a'], ['c', 'd']], gold).misses).toEqual([
      { better: 'a', worse: 'b', said: 'reversed' },
      { better: 'c', worse: 'd', said: 'tied' },
    ]);
  });

  test('of other responses is refused', () => {
    expect(() => scoreAgainstGold([['a'], ['b']], gold)).toThrow('not of the same responses');
  });

  test('gold itself is always right, its reverse always wrong, and every pair is counted once', () => {
    const anyTiers = fc
      .array(fc.nat(4), { minLength: 5, maxLength: 5 })
      .map((places) =>
        [...new Set(places)].sort().map((place) => responseIndices(5).filter((index) => places[index] === place)),
      );
    fc.assert(
      fc.property(anyTiers, anyTiers, (one, other) => {
        const own = scoreAgainstGold(one, one).score;
        expect(own.correct).toBe(own.total);
        const reversed = scoreAgainstGold(one.toReversed(), one).score;
        expect(reversed.wrong).toBe(reversed.total);
        const { score, misses } = scoreAgainstGold(other, one);
        expect(score.correct + score.wrong + score.tied).toBe(score.total);
        expect(misses.length).toBe(score.wrong + score.tied);
      }),
    );
  });
});

test('a gold ranking must be one of the responses, and must order something', () => {
  expect(findGoldProblem([['a'], ['b']], ['a', 'b'])).toBeNull();
  expect(findGoldProblem([['a', 'b']], ['a', 'b'])).toBe('it ties everything, so that any answer would be right');
  expect(findGoldProblem([['a']], ['a', 'b'])).toBe('response b is missing from the tiers');
});

describe('onboarding', () => {
  const scoreOf = (correct: number, wrong: number, tied = 0): GoldScore => {
    return { correct, wrong, tied, total: correct + wrong + tied };
  };
  const rule = { of: 2, passAccuracy: 0.75 };

  test.each([
    [[], 'unfinished', null],
    [[scoreOf(6, 0)], 'unfinished', 1],
    [[scoreOf(0, 6)], 'unfinished', 0],
    [[scoreOf(6, 0), scoreOf(3, 3)], 'passed', 0.75], // just enough is enough
    [[scoreOf(6, 0), scoreOf(2, 4)], 'failed', 8 / 12],
    [[scoreOf(1, 0), scoreOf(3, 1, 2)], 'failed', 5 / 7], // pairs of both tasks together, not the mean of two shares
    [[scoreOf(0, 0, 4), scoreOf(4, 0)], 'passed', 0.75], // a tie is half right
  ] as const)('%j: %s', (scores, state, accuracy) => {
    const result = onboardingResult(scores, rule);
    expect(result).toMatchObject({ state, done: scores.length, of: 2 });
    if (accuracy === null) expect(result.accuracy).toBeNull();
    else expect(result.accuracy).toBeCloseTo(accuracy, 12);
  });

  test('without an onboarding task everyone passes', () => {
    expect(onboardingResult([], { of: 0, passAccuracy: 0.8 }).state).toBe('passed');
  });
});

describe('gold that people contradict', () => {
  const right = [['a'], ['b'], ['c']];
  const swapped = [['b'], ['a'], ['c']];

  test('is shown pair by pair, the most contradicted first', () => {
    expect(goldPairs([swapped, swapped, [['a'], ['b', 'c']]], right)).toEqual([
      { better: 'a', worse: 'b', reversed: 2, tied: 0, answers: 3 },
      { better: 'b', worse: 'c', reversed: 0, tied: 1, answers: 3 },
      { better: 'a', worse: 'c', reversed: 0, tied: 0, answers: 3 },
    ]);
  });

  test.each([
    [2, 2, false], // too few to say
    [2, 3, true],
    [2, 4, false], // half is not most
    [3, 5, true],
  ])('%d of %d the other way round: suspect %s', (reversed, answers, expected) => {
    expect(isSuspect({ reversed, answers })).toBe(expected);
  });
});
