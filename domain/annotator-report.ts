// What a person's rankings say of how they rank: time, ties, skips, and whether a place on the screen or a length draws
// them. A figure stands with its n and is null where that is too small to mean anything; alarms say what to look at,
// never what to think of the person.
import { addVerdicts, agreementOf, noVerdicts, type PairVerdicts } from './agreement.ts';
import { addGoldScores, type GoldScore, goldAccuracy, noGoldScore } from './gold.ts';
import { chanceOfSuccesses, quantile, wilsonInterval } from './statistics.ts';

/** One ranking, as far as the report looks at it. */
export interface RankingFacts {
  /** The tier of each response (0 is the best), in the order in which the person saw them. */
  places: readonly number[];
  /** The responses' lengths in the same order, in any unit that is the same for all of them. */
  lengths: readonly number[];
  /** Active time; null where it is not known, as of imported rankings. */
  durationMs: number | null;
  /** Done sooner than the responses can be read; null where the time is not known or the project sets no speed. */
  isTooFast: boolean | null;
  /** With each other person's ranking of the task, added up. */
  withOthers: PairVerdicts;
  /** Where the task is a gold one. */
  gold: GoldScore | null;
}

/** A figure over `n` things: null when there are fewer than `needed`. */
export interface Figure<V = number> {
  n: number;
  needed: number;
  value: V | null;
}

/** The least n of each figure: below, one more ranking could change what it says. */
export const neededFor = {
  time: 5,
  agreement: 20,
  gold: 10,
  ties: 20,
  tiesAll: 10,
  skips: 10,
  position: 30,
  length: 50,
  tooFast: 10,
} as const;

export interface PositionBias {
  /** How often the response shown at this place came first (or shared the first tier). */
  first: number;
  /** How often chance alone would have put it there, given the ties: k / n for a first tier of k among n. */
  expected: number;
  /** Of so great a difference by chance (Poisson's binomial, two-sided). */
  p: number;
}

export interface AnnotatorReport {
  rankings: number;
  /** n counts rankings with a known time. */
  time: Figure<{ lower: number; median: number; upper: number }>;
  /** Pairwise agreement with everyone else on the same tasks; n counts pairs of responses, each with each other person. */
  agreement: Figure;
  /** n counts pairs that gold orders. */
  gold: Figure;
  /** Tied pairs of all pairs; n counts pairs of responses. */
  ties: Figure;
  /** Rankings that put all responses into one tier; n counts rankings. */
  tiesAll: Figure;
  /** Of the tasks that they finished or skipped; n counts both. */
  skips: Figure;
  skipReasons: Record<string, number>;
  /** n counts rankings whose first tier leaves something out: the others cannot show a bias. */
  positions: { first: Figure<PositionBias>; last: Figure<PositionBias> };
  /** How often the longer one won; n counts ordered pairs of different lengths. Pairs of one ranking hang together. */
  length: Figure<{ share: number; lower: number; upper: number }>;
  /** Rankings done in less than the least reading time; n counts those where both are known. */
  tooFast: Figure;
  alarms: Alarm[];
}

export const alarmKinds = [
  'low-agreement',
  'low-gold',
  'ties',
  'skips',
  'first-position',
  'last-position',
  'longer',
  'shorter',
  'too-fast',
] as const;
export type Alarm = (typeof alarmKinds)[number];

/** From where on a figure is worth a look. Two people ranking by chance agree on 0.5 of pairs, good ones on 0.65 to 0.8. */
export const alarmThresholds = {
  agreement: 0.55,
  gold: 0.6,
  tiesAll: 0.5,
  ties: 0.6,
  skips: 0.3,
  /** Both: this far from chance, and this unlikely by chance, since many people are looked at. */
  positionExcess: 0.1,
  positionP: 0.001,
  /** The whole interval must lie beyond: people in general prefer the longer one in 64 % of pairs. */
  longer: 0.75,
  shorter: 0.25,
  tooFast: 0.3,
} as const;

const over = (value: number | null, threshold: number) => value !== null && value > threshold;
const under = (value: number | null, threshold: number) => value !== null && value < threshold;

function isDrawn({ value }: Figure<PositionBias>): boolean {
  const { positionExcess, positionP } = alarmThresholds;
  return value !== null && value.p < positionP && Math.abs(value.first - value.expected) >= positionExcess;
}

const alarmRules: { [A in Alarm]: (report: Omit<AnnotatorReport, 'alarms'>) => boolean } = {
  'low-agreement': ({ agreement }) => under(agreement.value, alarmThresholds.agreement),
  'low-gold': ({ gold }) => under(gold.value, alarmThresholds.gold),
  ties: ({ ties, tiesAll }) => over(tiesAll.value, alarmThresholds.tiesAll) || over(ties.value, alarmThresholds.ties),
  skips: ({ skips }) => over(skips.value, alarmThresholds.skips),
  'first-position': ({ positions }) => isDrawn(positions.first),
  'last-position': ({ positions }) => isDrawn(positions.last),
  longer: ({ length }) => over(length.value?.lower ?? null, alarmThresholds.longer),
  shorter: ({ length }) => under(length.value?.upper ?? null, alarmThresholds.shorter),
  'too-fast': ({ tooFast }) => over(tooFast.value, alarmThresholds.tooFast),
};

function figure<V>(n: number, needed: number, value: () => V): Figure<V> {
  return { n, needed, value: n >= needed ? value() : null };
}

const share = (part: number, n: number, needed: number) => figure(n, needed, () => part / n);

/** The report over a person's rankings and, by reason, their skips ('' is none given). */
export function annotatorReport(
  rankings: readonly RankingFacts[],
  skipReasons: Readonly<Record<string, number>> = {},
): AnnotatorReport {
  const verdicts = rankings.map(({ withOthers }) => withOthers).reduce(addVerdicts, noVerdicts);
  const gold = rankings.map((ranking) => ranking.gold ?? noGoldScore).reduce(addGoldScores, noGoldScore);
  const skipped = Object.values(skipReasons).reduce((sum, count) => sum + count, 0);
  const timed = rankings.filter(({ isTooFast }) => isTooFast !== null);
  const tooFast = timed.filter(({ isTooFast }) => isTooFast);
  const tiesAll = rankings.filter(({ places }) => places.every((place) => place === 0));
  const pairs = countPairs(rankings);
  const report = {
    rankings: rankings.length,
    time: timeOf(rankings),
    agreement: figure(verdicts.pairs, neededFor.agreement, () => agreementOf(verdicts) ?? Number.NaN),
    gold: figure(gold.total, neededFor.gold, () => goldAccuracy(gold) ?? Number.NaN),
    ties: share(pairs.tied, pairs.pairs, neededFor.ties),
    tiesAll: share(tiesAll.length, rankings.length, neededFor.tiesAll),
    skips: share(skipped, rankings.length + skipped, neededFor.skips),
    skipReasons: { ...skipReasons },
    positions: {
      first: positionBias(rankings, (places) => places[0] === 0),
      last: positionBias(rankings, (places) => places.at(-1) === 0),
    },
    length: figure(pairs.comparable, neededFor.length, () => ({
      share: pairs.longerWon / pairs.comparable,
      ...wilsonInterval(pairs.longerWon, pairs.comparable),
    })),
    tooFast: share(tooFast.length, timed.length, neededFor.tooFast),
  };
  return { ...report, alarms: alarmKinds.filter((alarm) => alarmRules[alarm](report)) };
}

function timeOf(rankings: readonly RankingFacts[]): AnnotatorReport['time'] {
  const times = Float64Array.from(rankings.flatMap(({ durationMs }) => durationMs ?? [])).sort();
  return figure(times.length, neededFor.time, () => ({
    lower: quantile(times, 0.25),
    median: quantile(times, 0.5),
    upper: quantile(times, 0.75),
  }));
}

interface PairCounts {
  pairs: number;
  tied: number;
  /** Ordered, and of different lengths. */
  comparable: number;
  longerWon: number;
}

/** All pairs of responses of all rankings, in one go: there may be a million. */
function countPairs(rankings: readonly RankingFacts[]): PairCounts {
  const counts = { pairs: 0, tied: 0, comparable: 0, longerWon: 0 };
  for (const { places, lengths } of rankings) {
    for (let one = 0; one < places.length; one++) {
      for (let other = one + 1; other < places.length; other++) {
        const lead = (places[other] ?? Number.NaN) - (places[one] ?? Number.NaN);
        const excess = (lengths[one] ?? Number.NaN) - (lengths[other] ?? Number.NaN);
        counts.pairs++;
        if (lead === 0) counts.tied++;
        else if (excess !== 0) {
          counts.comparable++;
          if (lead > 0 === excess > 0) counts.longerWon++;
        }
      }
    }
  }
  return counts;
}

/**
 * How often the response at a place of the screen came first. The order shown is drawn anew for every task, so without a
 * bias it lies in a first tier of k among n with the chance k / n, whatever the person ties.
 */
function positionBias(
  rankings: readonly RankingFacts[],
  cameFirst: (places: readonly number[]) => boolean,
): Figure<PositionBias> {
  const trials = new Map<number, number>();
  let [first, n, expected] = [0, 0, 0];
  for (const { places } of rankings) {
    const chance = places.filter((place) => place === 0).length / places.length;
    if (chance === 1) continue;
    n++;
    expected += chance;
    if (cameFirst(places)) first++;
    trials.set(chance, (trials.get(chance) ?? 0) + 1);
  }
  return figure(n, neededFor.position, () => ({
    first: first / n,
    expected: expected / n,
    p: chanceOfSuccesses(
      first,
      [...trials].map(([chance, count]) => ({ chance, count })),
    ),
  }));
}
