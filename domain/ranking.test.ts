import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  emptyRanking,
  findFilled,
  findTiersProblem,
  isComplete,
  moveInDraft,
  moveResponse,
  placeOf,
  pressKey,
  type RankingDraft,
  type RankingKey,
  responseIndices,
  toDraft,
  toRankingKey,
  toTiers,
} from './ranking.ts';

/** '2' places the second response, '+3' ties the third with the one before, '<' takes back, 'x' clears. */
function type(count: number, keys: string): RankingDraft {
  return keys
    .split(' ')
    .filter((key) => key !== '')
    .reduce((draft, key) => {
      if (key === '<') return pressKey(draft, { type: 'takeBack' });
      if (key === 'x') return pressKey(draft, { type: 'clear' });
      return pressKey(draft, { type: 'place', index: Number(key.replace('+', '')) - 1, tied: key.startsWith('+') });
    }, emptyRanking(count));
}

const anyCount = fc.integer({ min: 2, max: 8 });
const anyKey: fc.Arbitrary<RankingKey> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('place' as const), index: fc.nat(9), tied: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ type: 'takeBack' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'clear' as const }) },
);

describe('tiers', () => {
  test.each([
    [[[0, 1], [2]], 3, null],
    [[[1], [0]], 2, null],
    [[[0, 1]], 2, null],
    [[[0], [1]], 3, 'response 2 is missing from the tiers'],
    [[[0], [1, 0]], 2, 'response 0 stands in the tiers twice'],
    [[[0], [2]], 2, 'the tiers name response 2, which does not exist'],
    [[[0], [], [1]], 2, 'a tier is empty'],
    [[[0]], 1, 'a ranking needs 2 to 8 responses, but there is 1'],
    [[[0]], 9, 'a ranking needs 2 to 8 responses, but there are 9'],
  ])('%j of %i: %s', (tiers, count, problem) => {
    expect(findTiersProblem(tiers, responseIndices(count))).toBe(problem);
  });

  test('work for ids as well', () => {
    expect(findTiersProblem([['b'], ['a']], ['a', 'b'])).toBeNull();
    expect(findTiersProblem([['b'], ['c']], ['a', 'b'])).toBe('the tiers name response c, which does not exist');
  });
});

describe('the keyboard', () => {
  test.each([
    [4, '3 1 4', [[2], [0], [3], [1]]], // the last place fills itself
    [4, '3 +1 4', [[2, 0], [3], [1]]],
    [4, '3 +1 +4', [[2, 0, 3], [1]]],
    [4, '3 +1 +4 +2', [[2, 0, 3, 1]]], // Shift draws the self-filled one up
    [4, '3 1 4 2', [[2], [0], [3], [1]]], // confirming it changes nothing
    [4, '3 1 4 +2', [[2], [0], [3, 1]]],
    [4, '3 1 4 <', [[2], [0]]], // one take-back undoes the press and the filling
    [4, '3 1 4 +2 <', [[2], [0], [3], [1]]],
    [4, '+3 1', [[2], [0]]], // nothing before it to tie with
    [4, '3 3 +3 9', [[2]]], // placed already, or no such response
    [4, '3 1 4 x', []],
    [2, '2', [[1], [0]]],
    [2, '2 +1', [[1, 0]]],
    [2, '<', []],
  ])('%i responses, keys %s', (count, keys, tiers) => {
    expect(toTiers(type(count, keys))).toEqual(tiers);
  });

  test('four responses take at most four keys, Enter included', () => {
    expect(isComplete(type(4, '1 2'))).toBe(false);
    expect(isComplete(type(4, '1 2 3'))).toBe(true);
    expect(findFilled(type(4, '1 2 3'))).toBe(3);
  });

  test('places count tiers from one', () => {
    const draft = type(4, '3 +1');
    expect([0, 1, 2, 3].map((index) => placeOf(draft, index))).toEqual([1, null, 1, null]);
  });

  test('whatever is pressed: no response twice, complete exactly when valid, and nothing is changed in place', () => {
    fc.assert(
      fc.property(anyCount, fc.array(anyKey, { maxLength: 30 }), (count, keys) => {
        let draft = emptyRanking(count);
        for (const key of keys) {
          const before = JSON.stringify(draft);
          const next = pressKey(draft, key);
          expect(JSON.stringify(draft)).toBe(before);
          draft = next;
          const placed = toTiers(draft).flat();
          expect(new Set(placed).size).toBe(placed.length);
          expect(isComplete(draft)).toBe(findTiersProblem(toTiers(draft), responseIndices(count)) === null);
        }
      }),
    );
  });

  test('taking back undoes the last press that changed anything', () => {
    fc.assert(
      fc.property(
        anyCount,
        fc.array(anyKey, { maxLength: 20 }),
        fc.nat(7),
        fc.boolean(),
        (count, keys, index, tied) => {
          const draft = keys.reduce(pressKey, emptyRanking(count));
          const next = pressKey(draft, { type: 'place', index, tied });
          if (next !== draft) expect(pressKey(next, { type: 'takeBack' })).toEqual(draft);
        },
      ),
    );
  });

  test('every ranking can be typed', () => {
    const anyRanking = anyCount.chain((count) =>
      fc.tuple(
        fc.shuffledSubarray(responseIndices(count), { minLength: count, maxLength: count }),
        fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      ),
    );
    fc.assert(
      fc.property(anyRanking, ([order, ties]) => {
        const tiers: number[][] = [];
        order.forEach((index, position) => {
          const last = tiers.at(-1);
          if (ties[position] && last) last.push(index);
          else tiers.push([index]);
        });
        let draft = emptyRanking(order.length);
        for (const tier of tiers) {
          tier.forEach((index, position) => {
            draft = pressKey(draft, { type: 'place', index, tied: position > 0 });
          });
        }
        expect(toTiers(draft)).toEqual(tiers);
        expect(toTiers(toDraft(tiers))).toEqual(tiers);
        expect(isComplete(toDraft(tiers))).toBe(true);
      }),
    );
  });

  test.each([
    [
      { key: '2', code: 'Digit2', shiftKey: false },
      { type: 'place', index: 1, tied: false },
    ],
    [
      { key: '"', code: 'Digit2', shiftKey: true },
      { type: 'place', index: 1, tied: true },
    ],
    [
      { key: '8', code: 'Numpad8', shiftKey: false },
      { type: 'place', index: 7, tied: false },
    ],
    [{ key: 'Backspace', code: 'Backspace', shiftKey: false }, { type: 'takeBack' }],
    [{ key: '2', code: 'Digit2', shiftKey: false, ctrlKey: true }, null], // the browser's own
    [{ key: '0', code: 'Digit0', shiftKey: false }, null],
    [{ key: 'a', code: 'KeyA', shiftKey: false }, null],
  ])('event %j', (event, key) => {
    expect(toRankingKey(event)).toEqual(key);
  });
});

describe('a drag', () => {
  test.each([
    [[[0], [1], [2]], 2, { type: 'before', tier: 0 }, [[2], [0], [1]]],
    [[[0], [1], [2]], 0, { type: 'before', tier: 3 }, [[1], [2], [0]]],
    [[[0], [1], [2]], 0, { type: 'before', tier: 2 }, [[1], [0], [2]]],
    [[[0], [1], [2]], 0, { type: 'tie', tier: 2 }, [[1], [2, 0]]],
    [[[0, 1], [2]], 1, { type: 'before', tier: 1 }, [[0], [1], [2]]],
    [[[0, 1], [2]], 1, { type: 'tie', tier: 0 }, [[0, 1], [2]]],
    [[[0], [1]], 2, { type: 'tie', tier: 1 }, [[0], [1, 2]]],
    [[[0], [1]], 0, { type: 'out' }, [[1]]],
    [[], 3, { type: 'before', tier: 0 }, [[3]]],
  ] as const)('%j, response %i to %j', (tiers, index, target, expected) => {
    expect(moveResponse(tiers, index, target)).toEqual(expected);
  });

  test('wherever it goes: nobody is lost or doubled, the others keep their order, and the draft stays a draft', () => {
    const anyTarget = fc.oneof(
      fc.record({ type: fc.constant('tie' as const), tier: fc.nat(8) }),
      fc.record({ type: fc.constant('before' as const), tier: fc.nat(9) }),
      fc.constant({ type: 'out' as const }),
    );
    fc.assert(
      fc.property(anyCount, fc.array(anyKey, { maxLength: 12 }), fc.nat(7), anyTarget, (count, keys, at, target) => {
        const index = at % count;
        const draft = keys.reduce(pressKey, emptyRanking(count));
        const before = toTiers(draft);
        const after = moveResponse(before, index, target);
        const others = (tiers: readonly (readonly number[])[]) =>
          tiers.map((tier) => tier.filter((member) => member !== index)).filter((tier) => tier.length > 0);
        expect(others(after)).toEqual(others(before));
        expect(after.every((tier) => tier.length > 0)).toBe(true);
        expect(after.flat().filter((member) => member === index).length).toBeLessThanOrEqual(1);
        const next = moveInDraft(draft, index, target);
        expect(next.count).toBe(count);
        expect(isComplete(next)).toBe(findTiersProblem(toTiers(next), responseIndices(count)) === null);
      }),
    );
  });
});
