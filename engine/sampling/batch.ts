// What waits to be sampled and what runs: responses grouped by prompt, let in together so that one prefill serves them.
import type { SampleRequest } from '../ports.ts';
import type { AdapterKey } from './adapters.ts';

/** A request, tokenised. */
export interface Prepared {
  request: SampleRequest;
  promptIds: number[];
  adapter: AdapterKey;
  /** Tokens that a response may have: the configuration's limit, or what the model's positions leave. */
  limit: number;
}

/** One response that grows. */
export interface Row {
  prepared: Prepared;
  index: number;
  tokenIds: number[];
  tokenLogps: number[];
}

/** The tokens of a row so far, prompt included. */
export const sequenceOf = ({ prepared, tokenIds }: Row): number[] => [...prepared.promptIds, ...tokenIds];

/** Tokens that the row's cache should hold before its next step, which reads the last token itself. */
export const cachedCount = ({ prepared, tokenIds }: Row): number => prepared.promptIds.length + tokenIds.length - 1;

/** Rows that begin with the same cache, of `count` tokens. */
export interface SharedCache {
  rows: Row[];
  count: number;
}

/** Rows of one prompt that have drawn nothing yet share its cache. Shortest first. */
export function shareCaches(rows: readonly Row[]): SharedCache[] {
  const shared = new Map<string, SharedCache>();
  for (const row of rows) {
    const { prepared, index, tokenIds } = row;
    const own = tokenIds.length === 0 ? null : [prepared.request.id, index];
    const key = JSON.stringify([prepared.promptIds, prepared.adapter, own]);
    const known = shared.get(key);
    if (known) known.rows.push(row);
    else shared.set(key, { rows: [row], count: cachedCount(row) });
  }
  return [...shared.values()].sort((a, b) => a.count - b.count);
}

/** Tokens that the row may still draw. */
export const leftOf = ({ prepared, tokenIds }: Row): number => prepared.limit - tokenIds.length;

/** Positions that a response may come to need, its prompt's included. */
export const plannedLength = ({ promptIds, limit }: Prepared): number => promptIds.length + limit;

/**
 * The responses of each request in groups of at most `maxRowsOf` their planned length, shortest prompts first: prompts
 * that are read together are padded to the longest of them.
 */
export function toGroups(prepared: readonly Prepared[], maxRowsOf: (planned: number) => number): Row[][] {
  return prepared
    .toSorted((a, b) => a.promptIds.length - b.promptIds.length)
    .flatMap((item) => {
      const rows = Array.from(
        { length: item.request.n },
        (_, index): Row => ({ prepared: item, index, tokenIds: [], tokenLogps: [] }),
      );
      return chunked(rows, maxRowsOf(plannedLength(item)));
    });
}

export function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/**
 * Takes from `waiting` the groups that the batch has room for: none before the wanted share of it is free, since each
 * admission costs a prefill, and at least one where nothing runs.
 */
export function admit(
  waiting: Row[][],
  live: readonly Row[],
  roomFor: (rows: readonly Row[]) => boolean,
  wanted: number,
): Row[] {
  const admitted: Row[] = [];
  const isWorthIt = live.length === 0 || roomFor([...live, ...firstRows(waiting, wanted)]);
  while (isWorthIt) {
    const [group] = waiting;
    if (!group) break;
    const isFirst = live.length + admitted.length === 0;
    if (!isFirst && !roomFor([...live, ...admitted, ...group])) break;
    admitted.push(...group);
    waiting.shift();
  }
  return admitted;
}

/** At least `count` rows of the front groups, or all that wait. */
function firstRows(waiting: readonly Row[][], count: number): Row[] {
  const rows: Row[] = [];
  for (const group of waiting) {
    if (rows.length >= count) break;
    rows.push(...group);
  }
  return rows;
}
