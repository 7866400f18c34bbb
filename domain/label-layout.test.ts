import { expect, test } from 'vitest';
import { nextLayout, shownLayout } from './label-layout.ts';
import { layouts } from './label-settings.ts';

const texts = (...lengths: number[]) => lengths.map((length) => ({ text: 'x'.repeat(length) }));

test.each([
  ['auto', texts(100, 100, 100, 100), 'side-by-side'],
  ['auto', texts(100, 100, 9_000, 100), 'stacked'],
  ['auto', texts(9_000, 9_000), 'side-by-side'],
  ['focus', texts(100, 100), 'focus'],
  ['stacked', texts(100, 100), 'stacked'],
] as const)('%s', (layout, responses, shown) => {
  expect(shownLayout(layout, responses)).toBe(shown);
});

test('all layouts come in turn', () => {
  let layout: (typeof layouts)[number] = 'auto';
  const seen = layouts.map(() => {
    layout = nextLayout(layout);
    return layout;
  });
  expect(new Set(seen)).toEqual(new Set(layouts));
});
