// What is told of several measurements of the same thing.

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Of `a` to `b`, pair by pair: what disturbed a whole round leaves its ratio alone. */
export function ratios(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, i) => value / (b[i] ?? Number.NaN)));
}

export interface GreedyAgreement {
  /** Of the tokens, up to each row's first that differs. */
  share: number;
  tokens: number;
  rows: number;
  equalRows: number;
}

export function greedyAgreement(expected: readonly number[][] = [], found: readonly number[][] = []): GreedyAgreement {
  const tokens = expected.reduce((sum, row) => sum + row.length, 0);
  const equal = expected.map((row, r) => {
    const end = row.findIndex((id, i) => id !== found[r]?.[i]);
    return end === -1 ? row.length : end;
  });
  return {
    share: equal.reduce((sum, count) => sum + count, 0) / tokens,
    tokens,
    rows: expected.length,
    equalRows: equal.filter((count, r) => count === expected[r]?.length).length,
  };
}

/** Of durations, in milliseconds to a tenth. */
export interface Latency {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
