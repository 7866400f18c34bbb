// What a DPO step reports, under TRL's names, averaged over the pairs since the last report.

export interface PairOutcome {
  /** Summed log-probabilities under the policy and under the reference. */
  policy: { chosen: number; rejected: number };
  reference: { chosen: number; rejected: number };
}

/** Means over pairs. Rewards are beta x (log pi - log ref), whatever the loss. */
export function preferenceMetrics(pairs: readonly PairOutcome[], beta: number): Record<string, number> {
  const mean = (value: (pair: PairOutcome) => number) =>
    pairs.reduce((sum, pair) => sum + value(pair), 0) / pairs.length;
  const reward = (pair: PairOutcome, side: 'chosen' | 'rejected') => beta * (pair.policy[side] - pair.reference[side]);
  return {
    'rewards/chosen': mean((pair) => reward(pair, 'chosen')),
    'rewards/rejected': mean((pair) => reward(pair, 'rejected')),
    'rewards/accuracies': mean((pair) => (reward(pair, 'chosen') > reward(pair, 'rejected') ? 1 : 0)),
    'rewards/margins': mean((pair) => reward(pair, 'chosen') - reward(pair, 'rejected')),
    'logps/chosen': mean((pair) => pair.policy.chosen),
    'logps/rejected': mean((pair) => pair.policy.rejected),
  };
}
