import { expect, test } from 'vitest';
import { criterionKey, moved } from './criteria.ts';
import { criterionSchema } from './label-settings-schema.ts';

test.each([
  ['Helpful', 'helpful'],
  ['Fits our tone!', 'fits-our-tone'],
  ['Günaydın', 'gunayd-n'],
  ['3 steps', 'steps'],
  ['정확성', 'criterion'],
  ['', 'criterion'],
  [`${'very '.repeat(20)}long`, 'very-very-very-very-very-very-very-v'],
])('%s has the key %s, which a criterion may have', (name, key) => {
  expect(criterionKey(name, [])).toBe(key);
  expect(criterionSchema.shape.key.safeParse(key).success).toBe(true);
});

test('no key is given twice', () => {
  const taken: { key: string }[] = [];
  for (let i = 0; i < 3; i++) taken.push({ key: criterionKey('정확성', taken) });
  expect(taken.map(({ key }) => key)).toEqual(['criterion', 'criterion-2', 'criterion-3']);
});

test('a criterion moves by one place, and not out of the list', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
});
