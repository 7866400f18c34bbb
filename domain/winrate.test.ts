import { expect, test } from 'vitest';
import { createRandom, mixSeed } from './random.ts';
import { type Outcome, outcomeOf, winRate } from './winrate.ts';

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('ties count half, and every prompt counts the same however many samples it has', () => {
  const result = winRate([['win', 'win', 'win', 'win'], ['loss'], ['tie', 'tie'], []]);
  expect(result.winRate).toBe(0.5);
  expect(result).toMatchObject({ wins: 4, ties: 2, losses: 1, prompts: 3 });
});

test('all wins leave no doubt, and all ties neither', () => {
  expect(winRate(repeat(20, ['win']))).toMatchObject({ winRate: 1, lower: 1, upper: 1 });
  expect(winRate(repeat(20, ['tie', 'tie']))).toMatchObject({ winRate: 0.5, lower: 0.5, upper: 0.5 });
});

test('without an outcome there is no win rate', () => {
  expect(() => winRate([[], []])).toThrow('no held-out prompt has a judged outcome');
});

test('the interval is that of the mean of prompts: close to the normal one, and seeded', () => {
  const outcomes = [...repeat(120, ['win'] as Outcome[]), ...repeat(80, ['loss'] as Outcome[])];
  const result = winRate(outcomes, { seed: 3 });
  const half = 1.96 * Math.sqrt((0.6 * 0.4) / 200);
  expect(result.lower).toBeCloseTo(0.6 - half, 1);
  expect(result.upper).toBeCloseTo(0.6 + half, 1);
  expect(winRate(outcomes, { seed: 3 })).toEqual(result);
  expect(winRate(outcomes, { seed: 4, resamples: 500 })).not.toEqual(result);
});

test('samples that repeat their prompt do not narrow the interval', () => {
  const once: Outcome[][] = [...repeat(60, ['win'] as Outcome[]), ...repeat(40, ['loss'] as Outcome[])];
  const fourTimes = once.map((samples) => repeat(4, samples[0] ?? 'tie'));
  const [one, four] = [winRate(once), winRate(fourTimes)];
  expect(four.upper - four.lower).toBeCloseTo(one.upper - one.lower, 10);
});

// Prompts differ in how easily they are won, so that samples of one prompt are alike: the case that an interval
// over single samples gets wrong (it covers about 82 % here).
test('about 95 % of intervals hold the true rate', () => {
  const random = createRandom(11);
  const trials = 300;
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    const outcomes = Array.from({ length: 60 }, () => {
      const chance = random() < 0.5 ? 0.9 : 0.3;
      return Array.from({ length: 4 }, (): Outcome => (random() < chance ? 'win' : 'loss'));
    });
    const { lower, upper } = winRate(outcomes, { seed: mixSeed(5, trial), resamples: 400 });
    if (lower <= 0.6 && 0.6 <= upper) covered++;
  }
  expect(covered / trials).toBeGreaterThan(0.91);
  expect(covered / trials).toBeLessThan(0.98);
});

test('an outcome follows from the tiers', () => {
  expect(outcomeOf([[0], [1]], 0, 1)).toBe('win');
  expect(outcomeOf([[1], [0]], 0, 1)).toBe('loss');
  expect(outcomeOf([['a', 'b']], 'a', 'b')).toBe('tie');
  expect(() => outcomeOf([[0], [1]], 0, 2)).toThrow('does not hold both 0 and 2');
});
