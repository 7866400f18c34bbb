// What a comparison of two policies on held-out prompts says: the win rate with its interval, and beside it the
// measures that show how it was won.
import { distinctN, lengthRatio, wordsOf } from './text-metrics.ts';
import { type Outcome, type WinRate, winRate } from './winrate.ts';

/** One sample of the new policy against the opponent's of the same place; outcomes are from the new policy's side. */
export interface JudgedMatch {
  /** Samples of one prompt go together in the interval. */
  promptKey: string;
  mine: string;
  theirs: string;
  outcome: Outcome;
}

export interface ComparisonSummary extends WinRate {
  /** Mean words of the policy's responses over the opponent's; null where the opponent said nothing. */
  lengthRatio: number | null;
  /** Different word pairs over all word pairs: it falls when a policy says one thing always. */
  distinct2: number;
  opponentDistinct2: number;
}

export function summariseComparison(matches: readonly JudgedMatch[]): ComparisonSummary {
  const outcomes = new Map<string, Outcome[]>();
  for (const { promptKey, outcome } of matches) {
    const group = outcomes.get(promptKey);
    if (group) group.push(outcome);
    else outcomes.set(promptKey, [outcome]);
  }
  const mine = matches.map((match) => wordsOf(match.mine));
  const theirs = matches.map((match) => wordsOf(match.theirs));
  return {
    ...winRate([...outcomes.values()]),
    lengthRatio: lengthRatio(mine, theirs),
    distinct2: distinctN(mine, 2),
    opponentDistinct2: distinctN(theirs, 2),
  };
}
