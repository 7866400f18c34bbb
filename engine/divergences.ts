// f-divergences between policy and reference (f-DPO, Wang et al. 2023): what f' makes of a log-ratio r = log pi - log ref.
// Each is 0 at r = 0. Exponents are clamped where e^x would leave fp32.
import type { GraphBuilder, Value } from './graph/builder.ts';
import type { DivergenceName, LossSettings } from './loss-config.ts';

type Divergence = (g: GraphBuilder, ratio: Value, settings: LossSettings) => Value;

const greatestExponent = 80;

/** e^x, with no gradient where it would leave fp32. */
export const boundedExp = (g: GraphBuilder, x: Value) => g.exp(g.clampMax(x, greatestExponent));

/** The identity: DPO. */
const reverse_kl: Divergence = (_, ratio) => ratio;

/** 1 - e^-r. */
const forward_kl: Divergence = (g, ratio) => g.sub(1, boundedExp(g, g.neg(ratio)));

/** log 2 + log s(r). */
const js_divergence: Divergence = (g, ratio) => g.sub(Math.LN2, g.softplus(g.neg(ratio)));

/** (e^((alpha - 1) r) - 1) / (alpha - 1), which tends to r as alpha tends to 1. */
const alpha_divergence: Divergence = (g, ratio, { f_alpha_divergence_coef: alpha }) => {
  if (Math.abs(alpha - 1) < 1e-6) return ratio;
  return g.div(g.sub(boundedExp(g, g.mul(ratio, alpha - 1)), 1), alpha - 1);
};

export const divergences: { [D in DivergenceName]: Divergence } = {
  reverse_kl,
  forward_kl,
  js_divergence,
  alpha_divergence,
};
