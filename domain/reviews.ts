// Why a task waits for a reviewer, and what they can decide.

export const reviewReasons = ['disagreement', 'all-bad', 'flagged', 'gold-miss'] as const;
/**
 * `disagreement`: people agree less than the project asks for. `all-bad`: some say that all answers are bad, others do
 * not. `flagged`: somebody flagged it. `gold-miss`: somebody turned a pair of silent gold around.
 */
export type ReviewReason = (typeof reviewReasons)[number];

export const reviewOutcomes = ['accepted', 'adjudicated', 'returned'] as const;
export type ReviewOutcome = (typeof reviewOutcomes)[number];

/** People's names are hidden from reviewers: A, B, C, in the order in which they ranked; after Z comes AA. */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
