// Rows of like length together: few sizes of graph, little padding. Orders of an epoch, a function of the seed and the
// epoch alone, so that a resumed run meets the same batches.
import { createRandom, type Random } from '../random.ts';
import type { OptimizerConfig } from '../run-config.ts';
import { lengthStep, rowLength, sizeOf, type TokenRow } from './batch.ts';

const mostBuckets = 6;
/** Below this many batches a bucket's session would cost more than its padding. */
const batchesPerBucket = 2;

/** The rows, each with the size that its bucket is planned for: the boundaries that pad least, six at most. */
export function inBuckets<R extends TokenRow>(rows: readonly R[], capacity: number): R[] {
  const lengths = rows.map((row) => Math.ceil(rowLength(row) / lengthStep) * lengthStep);
  const wanted = Math.min(mostBuckets, Math.floor(rows.length / (batchesPerBucket * capacity)));
  const bounds = wanted > 1 ? boundaries(lengths, wanted) : [Math.max(0, ...lengths)];
  const bucketOf = (length: number) => bounds.find((bound) => bound >= length) ?? length;
  const spans = new Map<number, number>();
  for (const [i, { completions }] of rows.entries()) {
    const bucket = bucketOf(lengths[i] ?? 0);
    spans.set(bucket, Math.max(spans.get(bucket) ?? 0, ...completions.map(({ length }) => length)));
  }
  return rows.map((row, i) => {
    const length = bucketOf(lengths[i] ?? 0);
    return { ...row, bucket: { length, span: spans.get(length) ?? 0 } };
  });
}

/** Upper bounds of at most `count` groups of lengths such that raising each length to its bound adds least in all. */
function boundaries(lengths: readonly number[], count: number): number[] {
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const sizes = [...counts.keys()].sort((a, b) => a - b);
  // best[i]: how the i shortest sizes are covered at least cost, with the bounds that do so.
  let best = sizes.map((bound, i) => ({ cost: costOf(sizes.slice(0, i + 1), bound, counts), bounds: [bound] }));
  for (let groups = 2; groups <= count; groups++) {
    best = sizes.map((bound, i) => {
      let least = best[i] ?? { cost: 0, bounds: [bound] };
      let own = 0;
      for (let from = i; from > 0; from--) {
        const size = sizes[from] ?? 0;
        own += (counts.get(size) ?? 0) * (bound - size);
        const below = best[from - 1];
        if (below && below.cost + own < least.cost)
          least = { cost: below.cost + own, bounds: [...below.bounds, bound] };
      }
      return least;
    });
  }
  return best.at(-1)?.bounds ?? [];
}

const costOf = (sizes: readonly number[], bound: number, counts: ReadonlyMap<number, number>) =>
  sizes.reduce((cost, size) => cost + (counts.get(size) ?? 0) * (bound - size), 0);

type Order = <R extends TokenRow>(rows: readonly R[], batchSize: number, random: Random) => R[];

const orders: { [S in OptimizerConfig['train_sampling_strategy']]: Order } = {
  sequential: (rows) => [...rows],
  random: (rows, _, random) => random.shuffle(rows),
  group_by_length: groupedByLength,
};

function groupedByLength<Row extends TokenRow>(rows: readonly Row[], batchSize: number, random: Random): Row[] {
  const batches: Row[][] = [];
  const left: Row[] = [];
  for (const bucket of byBucket(random.shuffle(rows))) {
    const whole = bucket.length - (bucket.length % batchSize);
    for (let start = 0; start < whole; start += batchSize) batches.push(bucket.slice(start, start + batchSize));
    left.push(...bucket.slice(whole));
  }
  // What fills no batch of its bucket shares one with the next bucket's; the last of these may stay short.
  for (let start = 0; start < left.length; start += batchSize) batches.push(left.slice(start, start + batchSize));
  const last = left.length % batchSize === 0 ? [] : (batches.pop() ?? []);
  return [...random.shuffle(batches).flat(), ...last];
}

/** The rows by their bucket, from the shortest, each in the rows' order. */
export function byBucket<R extends TokenRow>(rows: readonly R[]): R[][] {
  const buckets = new Map<number, R[]>();
  for (const row of rows) {
    const length = row.bucket?.length ?? 0;
    const bucket = buckets.get(length);
    if (bucket) bucket.push(row);
    else buckets.set(length, [row]);
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([, bucket]) => bucket);
}

type OrderSettings = Pick<OptimizerConfig, 'train_sampling_strategy' | 'per_device_train_batch_size' | 'seed'>;

/** The rows in the order in which an epoch (from 0) trains on them; a batch is the next so many. */
export function epochOrder<R extends TokenRow>(rows: readonly R[], settings: OrderSettings, epoch: number): R[] {
  const { train_sampling_strategy: strategy, per_device_train_batch_size: batchSize, seed } = settings;
  return orders[strategy](rows, batchSize, createRandom(seed * 1_000_003 + epoch));
}

/**
 * The lengths of what is sampled as a run goes on are not known ahead, and each size is a session of its own: four to an
 * octave, which pads by an eighth on average.
 */
export function coarse<S extends { length: number; span: number }>(size: S): S {
  const up = (count: number) => {
    const step = 2 ** Math.max(3, Math.floor(Math.log2(count)) - 2);
    return Math.ceil(count / step) * step;
  };
  return { ...size, length: up(size.length), span: up(size.span) };
}

/** The share of the token places of an epoch's batches that hold no token. */
export function paddingShare(ordered: readonly TokenRow[], batchSize: number): number {
  let places = 0;
  let tokens = 0;
  for (let start = 0; start < ordered.length; start += batchSize) {
    const batch = ordered.slice(start, start + batchSize);
    places += batchSize * sizeOf(batch, batchSize).length;
    tokens += batch.reduce((sum, row) => sum + rowLength(row), 0);
  }
  return places === 0 ? 0 : 1 - tokens / places;
}
