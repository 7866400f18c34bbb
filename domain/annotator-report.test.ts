import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noVerdicts } from './agreement.ts';
import { annotatorReport, neededFor, type RankingFacts } from './annotator-report.ts';
import { createRandom, shuffled } from './random.ts';

const ranking = (facts: Partial<RankingFacts> = {}): RankingFacts => ({
  places: [0, 1, 2, 3],
  lengths: [10, 20, 30, 40],
  durationMs: 30_000,
  isTooFast: false,
  withOthers: noVerdicts,
  gold: null,
  ...facts,
});
const repeat = <T>(count: number, value: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => value(i));

test('nobody has ranked: every figure says so, and none alarms', () => {
  const { alarms, time, agreement, gold, ties, tiesAll, skips, positions, length, tooFast } = annotatorReport([]);
  for (const figure of [
    time,
    agreement,
    gold,
    ties,
    tiesAll,
    skips,
    positions.first,
    positions.last,
    length,
    tooFast,
  ]) {
    expect(figure).toMatchObject({ n: 0, value: null });
    expect(figure.needed).toBeGreaterThan(0);
  }
  expect(alarms).toEqual([]);
});

describe('time', () => {
  test('is the median with quartiles, over rankings whose time is known', () => {
    const times = [1000, 2000, 3000, 4000, 5000, null];
    const { time } = annotatorReport(times.map((durationMs) => ranking({ durationMs })));
    expect(time).toEqual({ n: 5, needed: 5, value: { lower: 2000, median: 3000, upper: 4000 } });
  });

  test('of four rankings is not enough', () => {
    expect(annotatorReport(repeat(4, () => ranking())).time).toEqual({ n: 4, needed: 5, value: null });
  });

  test('too fast counts the rankings of which it is known', () => {
    const fast = repeat(6, () => ranking({ isTooFast: true }));
    const slow = repeat(4, () => ranking({ isTooFast: false }));
    const unknown = repeat(9, () => ranking({ isTooFast: null }));
    const { tooFast, alarms } = annotatorReport([...fast, ...slow, ...unknown]);
    expect(tooFast).toMatchObject({ n: 10, value: 0.6 });
    expect(alarms).toContain('too-fast');
  });
});

describe('ties and skips', () => {
  test('count pairs, and rankings that tie everything', () => {
    const some = repeat(8, () => ranking({ places: [0, 0, 1, 2] })); // one of six pairs
    const all = repeat(2, () => ranking({ places: [0, 0, 0, 0] })); // six of six
    const report = annotatorReport([...some, ...all]);
    expect(report.ties).toMatchObject({ n: 60, value: (8 + 12) / 60 });
    expect(report.tiesAll).toMatchObject({ n: 10, value: 0.2 });
    expect(report.alarms).toEqual([]);
  });

  test('alarm where more than half of the rankings tie everything', () => {
    const report = annotatorReport(repeat(11, (i) => ranking({ places: i < 6 ? [0, 0] : [0, 1], lengths: [1, 2] })));
    expect(report.alarms).toEqual(['ties']);
  });

  test('skips are of what was finished or skipped, by reason', () => {
    const report = annotatorReport(
      repeat(6, () => ranking()),
      { 'too long': 3, '': 1 },
    );
    expect(report.skips).toMatchObject({ n: 10, value: 0.4 });
    expect(report.skipReasons).toEqual({ 'too long': 3, '': 1 });
    expect(report.alarms).toContain('skips');
  });
});

describe('agreement and gold', () => {
  test('are of the pairs of all rankings together', () => {
    const report = annotatorReport([
      ranking({ withOthers: { agree: 10, half: 2, disagree: 0, pairs: 12 } }),
      ranking({ withOthers: { agree: 4, half: 0, disagree: 8, pairs: 12 } }),
      ranking({ gold: { correct: 5, wrong: 1, tied: 0, total: 6 } }),
      ranking({ gold: { correct: 1, wrong: 4, tied: 1, total: 6 } }),
    ]);
    expect(report.agreement).toMatchObject({ n: 24, value: 15 / 24 });
    expect(report.gold).toMatchObject({ n: 12, value: 6.5 / 12 });
    expect(report.alarms).toEqual(['low-gold']);
  });
});

describe('position', () => {
  test('by hand: of 40 rankings of four, the first shown came first in 30, where chance gives 10', () => {
    const { positions, alarms } = annotatorReport(
      repeat(40, (i) => ranking({ places: i < 30 ? [0, 1, 2, 3] : [1, 0, 2, 3], lengths: [5, 5, 5, 5] })),
    );
    expect(positions.first).toMatchObject({ n: 40, value: { first: 0.75, expected: 0.25 } });
    expect(positions.first.value?.p).toBeLessThan(1e-9);
    expect(positions.last.value).toMatchObject({ first: 0, expected: 0.25 });
    // The last place never won: that far from chance as well.
    expect(alarms).toEqual(['first-position', 'last-position']);
  });

  test('a shared first tier raises what chance gives; rankings that tie everything count for nothing', () => {
    const { positions } = annotatorReport([
      ...repeat(30, () => ranking({ places: [0, 0, 1, 1] })),
      ...repeat(30, () => ranking({ places: [0, 0, 0, 0] })),
    ]);
    expect(positions.first).toMatchObject({ n: 30, value: { first: 1, expected: 0.5 } });
    expect(positions.last).toMatchObject({ n: 30, value: { first: 0, expected: 0.5 } });
  });

  test('people without a bias are seldom accused, however they tie', () => {
    const random = createRandom(7);
    const people = repeat(300, () =>
      annotatorReport(
        repeat(60, () => ranking({ places: shuffled(random() < 0.5 ? [0, 0, 1, 2] : [0, 1, 1, 1], random) })),
      ),
    );
    const unlikely = people.filter(({ positions }) => (positions.first.value?.p ?? 1) < 0.05);
    expect(unlikely.length / people.length).toBeLessThan(0.06);
    expect(people.filter(({ alarms }) => alarms.includes('first-position')).length).toBeLessThanOrEqual(1);
  });

  test('with fewer than 30 rankings nothing is said', () => {
    const { positions, alarms } = annotatorReport(repeat(29, () => ranking({ lengths: [5, 5, 5, 5] })));
    expect(positions.first).toEqual({ n: 29, needed: neededFor.position, value: null });
    expect(alarms).toEqual([]);
  });
});

describe('length', () => {
  test('counts ordered pairs of different lengths only', () => {
    // Of [0, 1, 1, 2]: five ordered pairs; the first two are of one length, so four count, and in one the longer won.
    const report = annotatorReport(repeat(20, () => ranking({ places: [0, 1, 1, 2], lengths: [20, 20, 5, 30] })));
    expect(report.length).toMatchObject({ n: 80, value: { share: 0.25 } });
  });

  test('alarms only where the whole interval lies beyond', () => {
    const longerFirst = (count: number) => repeat(count, () => ranking({ places: [1, 0], lengths: [10, 90] }));
    const shorterFirst = (count: number) => repeat(count, () => ranking({ places: [0, 1], lengths: [10, 90] }));
    const alarmsOf = (longer: number, shorter: number) =>
      annotatorReport([...longerFirst(longer), ...shorterFirst(shorter)]).alarms.filter((alarm) => /er$/.test(alarm));
    expect(alarmsOf(40, 10)).toEqual([]); // 0.8, but from 0.67 on
    expect(alarmsOf(160, 40)).toEqual([]); // 0.8 from 0.739 on
    expect(alarmsOf(400, 100)).toEqual(['longer']); // 0.8 from 0.763 on
    expect(alarmsOf(100, 400)).toEqual(['shorter']);
  });
});

test('shares are shares, and the order of rankings changes nothing', () => {
  const anyRanking = fc.integer({ min: 2, max: 8 }).chain((count) =>
    fc.record({
      places: fc.array(fc.nat(2), { minLength: count, maxLength: count }).map((places) => {
        const known = [...new Set(places)].sort();
        return places.map((place) => known.indexOf(place));
      }),
      lengths: fc.array(fc.nat(50), { minLength: count, maxLength: count }),
      durationMs: fc.option(fc.nat(100_000)),
      isTooFast: fc.option(fc.boolean()),
      withOthers: fc.constant(noVerdicts),
      gold: fc.constant(null),
    }),
  );
  fc.assert(
    fc.property(fc.array(anyRanking, { maxLength: 80 }), (rankings) => {
      const report = annotatorReport(rankings);
      for (const { value } of [report.ties, report.tiesAll, report.skips, report.tooFast]) {
        if (value !== null) expect(value >= 0 && value <= 1).toBe(true);
      }
      const reversed = annotatorReport(rankings.toReversed());
      expect(reversed.alarms).toEqual(report.alarms);
      expect(reversed.ties).toEqual(report.ties);
      expect(reversed.length).toEqual(report.length);
    }),
  );
});
