import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, mixSeed, pick, shuffled } from './random.ts';

test('the same seed gives the same stream, another seed another', () => {
  const stream = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
  expect(stream(1)).toEqual(stream(1));
  expect(stream(1)).not.toEqual(stream(2));
  for (const value of stream(3)) expect(value >= 0 && value < 1).toBe(true);
});

test('mixed seeds depend on the seed and on every key, and on where keys begin', () => {
  const seeds = [mixSeed(1, 'a'), mixSeed(2, 'a'), mixSeed(1, 'b'), mixSeed(1, 'a', 0), mixSeed(1, 'ab', 'c')];
  seeds.push(mixSeed(1, 'a', 'bc'));
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(mixSeed(1, 'a', 2)).toBe(mixSeed(1, 'a', 2));
});

test('a shuffle keeps every item', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 8 }), fc.integer(), (items, seed) => {
      const order = shuffled(items, createRandom(seed));
      expect(order.toSorted()).toEqual(items.toSorted());
    }),
  );
});

test('all orders are about equally likely, consecutive seeds included', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = shuffled([0, 1, 2], createRandom(mixSeed(7, seed))).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('picking from nothing gives nothing', () => {
  expect(pick([], createRandom(1))).toBeUndefined();
  expect(['a', 'b']).toContain(pick(['a', 'b'], createRandom(1)));
});
