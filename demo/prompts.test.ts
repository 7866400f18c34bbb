// The split of the prompts: a tenth held out, nothing shared, nothing twice.
import { expect, test } from 'vitest';
import { parsePrompt } from './grammar.ts';
import { heldOutFillings, heldOutPrompts, heldOutShare, isHeldOut, trainFillings, trainPrompts } from './prompts.ts';

test('a tenth of the fillings is held out, evenly over topics, adjectives and nouns', () => {
  const total = heldOutFillings.length + trainFillings.length;
  expect(total).toBe(12 * 24 * 80);
  expect(Math.abs(heldOutFillings.length / total - heldOutShare)).toBeLessThan(0.005);
  for (const key of ['topic', 'adjective', 'noun'] as const) {
    const values = new Set(trainFillings.map((filling) => filling[key]));
    for (const value of values) {
      const heldOut = heldOutFillings.filter((filling) => filling[key] === value).length;
      const all = heldOut + trainFillings.filter((filling) => filling[key] === value).length;
      expect(heldOut / all, value).toBeGreaterThan(0.05);
      expect(heldOut / all, value).toBeLessThan(0.16);
    }
  }
});

test('prompts say what they are about, on their own side of the split', () => {
  for (const [prompts, side] of [
    [trainPrompts(5, 2000), false],
    [heldOutPrompts(5, 2000), true],
  ] as const) {
    for (const { text, ...filling } of prompts) {
      expect(parsePrompt(text)).toEqual(filling);
      expect(isHeldOut(filling)).toBe(side);
    }
  }
});

test('no prompt comes twice, even when all are asked for', () => {
  const all = heldOutPrompts(1, heldOutFillings.length * 5);
  expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
  expect(() => heldOutPrompts(1, all.length + 1)).toThrow('ask for fewer');
});

test('a seed repeats, and a longer list begins with a shorter one', () => {
  expect(trainPrompts(9, 50)).toEqual(trainPrompts(9, 50));
  expect(trainPrompts(9, 100).slice(0, 50)).toEqual(trainPrompts(9, 50));
  expect(trainPrompts(10, 50)).not.toEqual(trainPrompts(9, 50));
});
