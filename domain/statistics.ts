// The few statistics that more than one figure needs, each after its source.

/** Linear between neighbours (type 7 of Hyndman and Fan, the usual one); NaN of nothing. */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** Wilson's score interval of a share at 95 % (Wilson 1927); `successes` may hold halves. `total` must be above 0. */
export function wilsonInterval(successes: number, total: number): { lower: number; upper: number } {
  const z = 1.959963984540054;
  const share = successes / total;
  const spread = z ** 2 / total;
  const half = z * Math.sqrt((share * (1 - share)) / total + spread / (4 * total));
  const centre = share + spread / 2;
  return {
    lower: Math.max(0, (centre - half) / (1 + spread)),
    upper: Math.min(1, (centre + half) / (1 + spread)),
  };
}

/** So many independent trials that each succeed with `chance`. */
export interface Trials {
  chance: number;
  count: number;
}

/** Up to so many trials the distribution is exact; beyond, the normal one is within a tenth of a p of one in a thousand. */
const exactTrials = 4_000;

/**
 * How surprising `successes` are of trials with chances of their own (Poisson's binomial distribution), two-sided: twice
 * the smaller tail, at most 1.
 */
export function chanceOfSuccesses(successes: number, trials: readonly Trials[]): number {
  const total = trials.reduce((sum, { count }) => sum + count, 0);
  const [lower, upper] = total <= exactTrials ? exactTails(successes, trials) : normalTails(successes, trials);
  return Math.min(1, 2 * Math.min(lower, upper));
}

/** P(X <= successes) and P(X >= successes). */
function exactTails(successes: number, trials: readonly Trials[]): [number, number] {
  const total = trials.reduce((sum, { count }) => sum + count, 0);
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  let done = 0;
  for (const { chance, count } of trials) {
    for (let trial = 0; trial < count; trial++) {
      done++;
      // From above, so that the one below is still that of the trial before.
      for (let hits = done; hits >= 0; hits--) {
        chances[hits] = (chances[hits] ?? 0) * (1 - chance) + (chances[hits - 1] ?? 0) * chance;
      }
    }
  }
  const sum = (from: number, to: number) => chances.slice(from, to).reduce((all, weight) => all + weight, 0);
  return [sum(0, successes + 1), sum(successes, total + 1)];
}

/** With half a success of continuity correction on either side. */
function normalTails(successes: number, trials: readonly Trials[]): [number, number] {
  const expected = trials.reduce((sum, { chance, count }) => sum + count * chance, 0);
  const deviation = Math.sqrt(trials.reduce((sum, { chance, count }) => sum + count * chance * (1 - chance), 0));
  return [normalBelow((successes + 0.5 - expected) / deviation), normalBelow((expected - successes + 0.5) / deviation)];
}

/** The standard normal distribution below `z`: Abramowitz and Stegun 26.2.17 (absolute error under 7.5e-8). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z > 0 ? 1 - tail : tail;
}
