// What the examples of a run show before its first step: copies, contradictions, a bias to length, text that the policy
// would never write, a reference that ranks the other way. Pure functions of the rows; thresholds stand beside their rules.
import type { WarningKind } from '../ports.ts';
import type { TokenRow } from './batch.ts';

/** What a rule found, with the rows that show it, the worst first. */
export interface Finding {
  message: string;
  remedy: string;
  figures: Record<string, number>;
  worst?: { row: number; value: number }[];
}

export interface DataFacts {
  rows: readonly TokenRow[];
  /** Summed log-probabilities under the reference [row][completion]; empty where they are not known beforehand. */
  reference: readonly (readonly number[])[];
  /** How many examples were left out or cut, by reason. */
  dropped: Readonly<Record<string, number>>;
  truncated: Readonly<Record<string, number>>;
}

export type DataKind = Extract<
  WarningKind,
  'truncated' | 'dropped' | 'duplicates' | 'contradictions' | 'length_bias' | 'far_from_policy' | 'reference_disagrees'
>;

/** Below this many pairs a share says little. */
const fewestPairs = 20;
export const mostExamples = 5;

export const dataRules: { [K in DataKind]: (facts: DataFacts) => Finding | null } = {
  truncated: ({ rows, truncated }) => {
    const count = total(truncated);
    if (count === 0) return null;
    return {
      message: `${count} of ${rows.length} rows were cut to fit: ${listed(truncated)}.`,
      remedy: 'Raise that limit if memory allows, or take truncation_mode drop to leave them out.',
      figures: { count, rows: rows.length },
    };
  },
  dropped: ({ rows, dropped }) => {
    const count = total(dropped);
    if (count === 0) return null;
    return {
      message: `${count} of ${rows.length + count} rows were left out: ${listed(dropped)}.`,
      remedy: 'Look at how they came about; those that are too long fit with a larger max_length.',
      figures: { count, rows: rows.length + count },
    };
  },
  duplicates: ({ rows }) => {
    const count = rows.length - new Set(rows.map((row) => keyOf(row, row.completions))).size;
    if (count / rows.length < 0.01) return null;
    return {
      message: `${count} of ${rows.length} rows are copies of others.`,
      remedy: 'Each copy weighs its example once more: remove them unless that is meant.',
      figures: { count, rows: rows.length },
    };
  },
  contradictions: ({ rows }) => {
    const own = new Set(rows.map((row) => keyOf(row, row.completions)));
    const flipped = rows.flatMap((row, i) =>
      row.completions.length === 2 && own.has(keyOf(row, row.completions.toReversed())) ? [i] : [],
    );
    if (flipped.length === 0) return null;
    return {
      message: `${flipped.length} of ${rows.length} pairs also stand the other way round, with chosen as rejected.`,
      remedy:
        'They cancel one another: take the majority of the votes or drop them, or allow for flips by label_smoothing.',
      figures: { count: flipped.length, rows: rows.length },
      worst: flipped.slice(0, mostExamples).map((row) => ({ row, value: 0 })),
    };
  },
  length_bias: ({ rows }) => {
    const pairs = pairsOf(rows);
    if (pairs.length < fewestPairs) return null;
    const mean = (side: 0 | 1) => sum(pairs, ({ lengths }) => lengths[side]) / pairs.length;
    const [chosen, rejected] = [mean(0), mean(1)];
    const longer = sum(pairs, ({ lengths }) => (lengths[0] > lengths[1] ? 1 : 0)) / pairs.length;
    if (chosen < 1.3 * rejected || longer < 0.65) return null;
    return {
      message: `Chosen is the longer one in ${percent(longer)} of the pairs, ${chosen.toFixed(0)} tokens against ${rejected.toFixed(0)} on average: the policy will learn to write more.`,
      remedy: 'Balance the pairs by length, or take sigmoid_norm, simpo, rdpo or ld_alpha.',
      figures: { longer, chosen, rejected },
    };
  },
  far_from_policy: ({ rows, reference }) => {
    const perToken = reference.map((logps, i) => Math.min(...logps.map((logp, k) => logp / lengthOf(rows[i], k))));
    const far = perToken.flatMap((value, row) => (value < -4 ? [{ row, value }] : []));
    if (far.length === 0 || far.length / rows.length < 0.05) return null;
    far.sort((a, b) => a.value - b.value);
    return {
      message: `${far.length} of ${rows.length} rows hold a response that the reference gives less than ${(-4).toFixed(0)} nats a token (a chance of 1 in 55): text that the policy would hardly write.`,
      remedy:
        'Preferences teach best on responses of the policy itself: sample them from it, or fine-tune it on the chosen ones first (sft).',
      figures: { count: far.length, rows: rows.length, lowest: far[0]?.value ?? 0 },
      worst: far.slice(0, mostExamples),
    };
  },
  reference_disagrees: ({ rows, reference }) => {
    const known = pairsOf(rows).filter(({ row }) => reference[row]?.length === 2);
    if (known.length < fewestPairs) return null;
    const perToken = (row: number, k: 0 | 1) => (reference[row]?.[k] ?? 0) / lengthOf(rows[row], k);
    const against = known
      .map(({ row }) => ({ row, value: perToken(row, 0) - perToken(row, 1) }))
      .filter(({ value }) => value < 0)
      .sort((a, b) => a.value - b.value);
    const share = against.length / known.length;
    if (share < 0.65) return null;
    return {
      message: `The reference finds rejected likelier than chosen, token for token, in ${percent(share)} of ${known.length} pairs.`,
      remedy:
        'Look whether chosen and rejected are swapped in the data; if not, the reference is far from what you want: fine-tune on chosen first (sft).',
      figures: { share, rows: known.length },
      worst: against.slice(0, mostExamples),
    };
  },
};

const lengthOf = (row: TokenRow | undefined, k: number) => row?.completions[k]?.length ?? 1;

const keyOf = ({ prompt }: TokenRow, completions: TokenRow['completions']) => JSON.stringify([prompt, completions]);

function pairsOf(rows: readonly TokenRow[]): { row: number; lengths: [number, number] }[] {
  return rows.flatMap(({ completions: [chosen, rejected] }, row) =>
    chosen && rejected ? [{ row, lengths: [chosen.length, rejected.length] as [number, number] }] : [],
  );
}

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

const listed = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

export const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((all, item) => all + value(item), 0);
}
