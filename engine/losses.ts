// Preference losses: pure functions of log-probabilities, each citing its equation. The table is the only place
// that knows their names.
import type { LossName } from './config.ts';
import type { GraphBuilder, Value } from './graph/builder.ts';

export interface PreferenceLogProbs {
  /** Summed log-probabilities of the completions, [pairs]. */
  chosen: Value;
  rejected: Value;
}

export interface LossInputs {
  g: GraphBuilder;
  policy: PreferenceLogProbs;
  reference: PreferenceLogProbs;
  beta: number;
  /** The probability that a label is flipped, in [0, 0.5). */
  labelSmoothing: number;
}

/** The loss of each pair, [pairs]. */
export type PreferenceLoss = (inputs: LossInputs) => Value;

/** DPO (Rafailov et al. 2023, eq. 7) with label smoothing (cDPO, Mitchell 2023): -(1-e) log s(beta h) - e log s(-beta h). */
const sigmoid: PreferenceLoss = ({ g, policy, reference, beta, labelSmoothing }) => {
  const h = g.sub(g.sub(policy.chosen, policy.rejected), g.sub(reference.chosen, reference.rejected));
  const scaled = g.mul(h, beta);
  const kept = g.softplus(g.neg(scaled)); // -log s(x) = softplus(-x)
  if (labelSmoothing === 0) return kept;
  return g.add(g.mul(kept, 1 - labelSmoothing), g.mul(g.softplus(scaled), labelSmoothing));
};

export const losses: { [L in LossName]: PreferenceLoss } = { sigmoid };
