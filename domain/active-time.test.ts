import fc from 'fast-check';
import { expect, test } from 'vitest';
import { act, activeMs, attend, idleAfterMs, startClock } from './active-time.ts';

const minute = 60_000;

test('reading counts for a minute, then the person has left', () => {
  const clock = startClock(0, true);
  expect(activeMs(clock, 10_000)).toBe(10_000);
  expect(activeMs(clock, minute)).toBe(minute);
  expect(activeMs(clock, 3 * minute)).toBe(minute);
});

test('a key after a long pause counts from there on', () => {
  const clock = act(startClock(0, true), 10 * minute);
  expect(activeMs(clock, 10 * minute + 5_000)).toBe(minute + 5_000);
});

test('a page out of sight counts nothing, whatever moves over it', () => {
  let clock = attend(startClock(0, true), 1_000, false);
  clock = act(clock, 2_000);
  expect(activeMs(clock, 50_000)).toBe(1_000);
  clock = attend(clock, 60_000, true);
  expect(activeMs(clock, 61_000)).toBe(2_000);
});

test('time from before a reload is kept', () => {
  expect(activeMs(startClock(0, true, 7_000), 1_000)).toBe(8_000);
});

const anySteps = fc.array(
  fc.record({ after: fc.nat(200_000), kind: fc.constantFrom('act' as const, 'show' as const, 'hide' as const) }),
  { maxLength: 40 },
);

test('never more than the wall clock, never less than before, and of each pause a minute at most', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let now = 0;
      let bound = 0;
      let clock = startClock(0, true);
      for (const { after, kind } of steps) {
        const before = activeMs(clock, now);
        now += after;
        bound += Math.min(after, idleAfterMs);
        clock = kind === 'act' ? act(clock, now) : attend(clock, now, kind === 'show');
        expect(activeMs(clock, now)).toBeGreaterThanOrEqual(before);
        expect(activeMs(clock, now)).toBeLessThanOrEqual(bound);
      }
    }),
  );
});

test('two pages that are in focus in turns never count the same moment twice', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { maxLength: 30 }), (turns) => {
      let now = 0;
      let one = startClock(0, true);
      let other = startClock(0, false);
      turns.forEach((after, turn) => {
        now += after;
        one = attend(one, now, turn % 2 === 1);
        other = attend(other, now, turn % 2 === 0);
      });
      expect(activeMs(one, now) + activeMs(other, now)).toBeLessThanOrEqual(now);
    }),
  );
});
