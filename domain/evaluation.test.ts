import { expect, test } from 'vitest';
import { summariseComparison } from './evaluation.ts';

test('sums a comparison up: ties count half, prompts go together, lengths are words', () => {
  const summary = summariseComparison([
    { promptKey: 'a', mine: 'one two three', theirs: 'one two', outcome: 'win' },
    { promptKey: 'a', mine: 'one two three', theirs: 'one two', outcome: 'tie' },
    { promptKey: 'b', mine: 'one two three', theirs: 'four five', outcome: 'loss' },
  ]);
  expect(summary).toMatchObject({ wins: 1, ties: 1, losses: 1, prompts: 2 });
  expect(summary.winRate).toBeCloseTo((0.75 + 0) / 2, 12);
  expect(summary.lengthRatio).toBeCloseTo(1.5, 12);
  expect(summary.distinct2).toBeCloseTo(2 / 6, 12);
  expect(summary.opponentDistinct2).toBeCloseTo(2 / 3, 12);
});
