import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addRankings, alphaOf, noCoincidences, ordinalAlpha } from './alpha.ts';
import type { Tiers } from './ranking.ts';

interface Goldens {
  alpha: { units: number[][]; alpha: number }[];
}
const goldens = JSON.parse(readFileSync(new URL('./fixtures/quality.json', import.meta.url), 'utf8')) as Goldens;

function alphaOfTasks(tasks: Tiers[][]) {
  const all = noCoincidences();
  for (const rankings of tasks) addRankings(all, rankings);
  return alphaOf(all);
}

describe("Krippendorff's alpha", () => {
  test.each(goldens.alpha)('is that of all pairs and of the reference library: $alpha', ({ units, alpha }) => {
    expect(ordinalAlpha(units).value).toBeCloseTo(alpha, 12);
  });

  test('things that one person alone valued count for nothing', () => {
    const units = [
      [1, 2],
      [2, 2],
      [1, 1],
    ];
    expect(ordinalAlpha([...units, [7], []])).toEqual(ordinalAlpha(units));
    expect(ordinalAlpha(units)).toMatchObject({ units: 3, values: 6 });
  });

  test('is undefined, with the reason, where all values are equal or nothing was valued twice', () => {
    expect(
      ordinalAlpha([
        [2, 2],
        [2, 2, 2],
      ]),
    ).toEqual({ units: 2, values: 5, value: null, reason: 'all-equal' });
    expect(ordinalAlpha([[1], [2]])).toEqual({ units: 0, values: 0, value: null, reason: 'no-overlap' });
  });

  test('over rankings it is taken of mid-ranks: 1 for like rankings, below chance for reversed ones', () => {
    const forth = [[0], [1], [2]];
    expect(
      alphaOfTasks([
        [forth, forth],
        [forth, forth],
      ]),
    ).toEqual({ units: 6, values: 12, value: 1 });
    // By hand: values 1..3, four each; every response's two ranks differ by 2 or 0.
    // delta^2(1,3) = (12 - 4)^2 = 64, delta^2(1,2) = delta^2(2,3) = 16; Do = 4 * 2 * 64 = 512, De = 16 * 2 * (16 + 16 + 64) / 11.
    expect(
      alphaOfTasks([
        [forth, forth.toReversed()],
        [forth, forth.toReversed()],
      ]).value,
    ).toBeCloseTo(1 - 512 / (3072 / 11), 12);
    // Tied responses share the mean rank: 1.5, 1.5, 3.
    expect(
      alphaOfTasks([
        [
          [[0, 1], [2]],
          [[1, 0], [2]],
        ],
      ]).value,
    ).toBe(1);
  });
});
