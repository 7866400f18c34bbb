import { expect, test } from 'vitest';
import { agreementWithOthers, disputedPairs, placementsOf } from './disagreement.ts';

const rankings = [
  [['a'], ['b'], ['c']],
  [['a'], ['b'], ['c']],
  [['c'], ['a', 'b']],
];

test('a placement says where it stands beside the middle one', () => {
  expect(placementsOf(rankings, 'c')).toEqual([
    { place: 3, isTied: false, against: 'same' },
    { place: 3, isTied: false, against: 'same' },
    { place: 1, isTied: false, against: 'higher' },
  ]);
  expect(placementsOf(rankings, 'a')).toEqual([
    { place: 1, isTied: false, against: 'same' },
    { place: 1, isTied: false, against: 'same' },
    { place: 2, isTied: true, against: 'lower' },
  ]);
});

test('of two that differ, one stands higher and one lower', () => {
  expect(
    placementsOf(
      [
        [['a'], ['b']],
        [['b'], ['a']],
      ],
      'a',
    ).map(({ against }) => against),
  ).toEqual(['higher', 'lower']);
});

test('disputed are pairs ordered both ways; a tie against an order is none', () => {
  expect(disputedPairs(rankings, ['a', 'b', 'c'])).toEqual([
    { one: 'a', other: 'c', forOne: [0, 1], forOther: [2], tied: [] },
    { one: 'b', other: 'c', forOne: [0, 1], forOther: [2], tied: [] },
  ]);
  expect(disputedPairs(rankings.slice(0, 2), ['a', 'b', 'c'])).toEqual([]);
});

test('agreement with the others is of all of them together', () => {
  // First and second: alike (3 of 3), and against the third a-b half, a-c and b-c reversed: 0.5 of 3.
  expect(agreementWithOthers(rankings)).toEqual([3.5 / 6, 3.5 / 6, 1 / 6]);
  expect(agreementWithOthers(rankings.slice(0, 1))).toEqual([null]);
});
