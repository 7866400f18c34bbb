import { expect, test } from 'vitest';
import type { Thumbs } from './annotation.ts';
import { majorityThumbs } from './thumbs.ts';

const of = (thumbs: Thumbs, isLastWord = false) => ({ thumbs, isLastWord });

test('the majority decides; where people are even there is no word', () => {
  const said = [of({ a: 'up', b: 'down', c: 'up' }), of({ a: 'up', b: 'down', c: 'down' }), of({ a: 'down' })];
  expect([...majorityThumbs(said)]).toEqual([
    ['a', true],
    ['b', false],
  ]);
  expect(majorityThumbs([]).size).toBe(0);
});

test('a reviewer’s word stands before all others', () => {
  expect([...majorityThumbs([of({ a: 'up' }), of({ a: 'up' }), of({ a: 'down' }, true)])]).toEqual([['a', false]]);
});
