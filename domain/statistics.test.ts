import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chanceOfSuccesses, quantile, wilsonInterval } from './statistics.ts';

interface Goldens {
  wilson: { successes: number; total: number; interval: [number, number] }[];
  chance: { trials: { chance: number; count: number }[]; successes: number; p: number }[];
}
const goldens = JSON.parse(readFileSync(new URL('./fixtures/quality.json', import.meta.url), 'utf8')) as Goldens;

test.each([
  [[1, 2, 3, 4], 0.5, 2.5],
  [[1, 2, 3, 4], 0.25, 1.75],
  [[5], 0.9, 5],
  [[], 0.5, Number.NaN],
])('the quantile of %j at %d is %d', (sorted, probability, expected) => {
  expect(quantile(sorted, probability)).toBe(expected);
});

test.each(goldens.wilson)("$successes of $total: Wilson's interval is scipy's", ({ successes, total, interval }) => {
  const { lower, upper } = wilsonInterval(successes, total);
  expect(lower).toBeCloseTo(interval[0], 10);
  expect(upper).toBeCloseTo(interval[1], 10);
});

test.each(goldens.chance)('$successes of $trials is as unlikely as scipy says: $p', ({ trials, successes, p }) => {
  const isExact = trials.reduce((sum, { count }) => sum + count, 0) <= 4000;
  const mine = chanceOfSuccesses(successes, trials);
  expect(Math.abs(mine / p - 1)).toBeLessThan(isExact ? 1e-9 : 0.1);
});

test('what happens always, or is as likely as can be, surprises nobody', () => {
  expect(chanceOfSuccesses(5, [{ chance: 1, count: 5 }])).toBe(1);
  expect(chanceOfSuccesses(10, [{ chance: 0.5, count: 20 }])).toBe(1);
});
