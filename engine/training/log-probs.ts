// From hidden states to the log-probabilities of completions: the head runs on completion tokens only.
import type { GraphBuilder, Value } from '../graph/builder.ts';

/**
 * Log-probability of each label, [tokens]: log softmax(h W^T)[label] = h . W[label] - logsumexp(h W^T), every logit
 * soft-capped where the model does so. `hidden` [n, size]; `at` int64 [tokens] = the hidden state that predicts each
 * token; `labels` int64 [tokens]; `head` [vocab, size]. Sums are in the graph's float type (fp32 or fp64), never in half
 * precision.
 */
export function tokenLogProbs(
  g: GraphBuilder,
  { hidden, at, labels, head }: { hidden: Value; at: Value; labels: Value; head: Value },
  softcap: number | null,
): Value {
  const capped = (logits: Value) => (softcap === null ? logits : g.softcap(logits, softcap));
  return g.scope('log_probs', () => {
    const predicting = g.gather(hidden, at);
    const labelLogit = capped(g.reduceSum(g.mul(predicting, g.gather(head, labels)), [-1]));
    return g.sub(labelLogit, g.reduceLogSumExp(capped(g.gemm(predicting, head, { b: true })), [-1]));
  });
}

/** What the head says of each token, [tokens] each. Only `logps` has a gradient. */
export interface TokenStatistics {
  /** Log-probability of the label (nats), as `tokenLogProbs` gives it. */
  logps: Value;
  /** Entropy of the distribution that the label was drawn from (nats). */
  entropy: Value;
  /** log sum_v p(v)^2: the expected log-probability of a draw, as WPO compares with. */
  sumSquares: Value;
  /** Mean over the vocabulary of the logits. */
  meanLogit: Value;
  /** 1 where the label is the likeliest token, else 0. */
  isLikeliest: Value;
}

/** Statistics of each token; inputs as above. What is not used costs nothing: the graph leaves it out. */
export function tokenStatistics(
  g: GraphBuilder,
  { hidden, at, labels, head }: { hidden: Value; at: Value; labels: Value; head: Value },
  softcap: number | null,
): TokenStatistics {
  const capped = (logits: Value) => (softcap === null ? logits : g.softcap(logits, softcap));
  return g.scope('log_probs', () => {
    const predicting = g.gather(hidden, at);
    const labelLogit = capped(g.reduceSum(g.mul(predicting, g.gather(head, labels)), [-1]));
    const logits = capped(g.gemm(predicting, head, { b: true }));
    const total = g.reduceLogSumExp(logits, [-1]);
    const still = g.stopGradient(logits);
    const logps = g.sub(still, g.unsqueeze(g.stopGradient(total), [-1]));
    const [likeliest] = g.op('ArgMax', [still], { axis: -1, keepdims: 0 });
    if (!likeliest) throw new Error('ArgMax has an output.');
    return {
      logps: g.sub(labelLogit, total),
      entropy: g.neg(g.reduceSum(g.mul(g.exp(logps), logps), [-1])),
      sumSquares: g.reduceLogSumExp(g.mul(logps, 2), [-1]),
      meanLogit: g.div(g.reduceSum(still, [-1]), Number(head.shape[0])),
      isLikeliest: g.cast(g.equal(likeliest, labels), g.dtype),
    };
  });
}

/**
 * KL(reference || policy) = sum_v r(v) log(r(v) / p(v)) at each place, [tokens]; the gradient is the policy's alone.
 * `policy` and `reference` are hidden states [n, size]; the rest as above. Both distributions are held whole.
 */
export function tokenDivergences(
  g: GraphBuilder,
  { policy, reference, at, head }: { policy: Value; reference: Value; at: Value; head: Value },
  softcap: number | null,
): Value {
  return g.scope('divergences', () => {
    const logps = (hidden: Value) => {
      const logits = g.gemm(g.gather(hidden, at), head, { b: true });
      return g.logSoftmax(softcap === null ? logits : g.softcap(logits, softcap));
    };
    const expected = g.stopGradient(logps(reference));
    return g.reduceSum(g.mul(g.exp(expected), g.sub(expected, logps(policy))), [-1]);
  });
}

/** The likeliest token at each place, int64 [tokens], and its log-probability [tokens]; inputs as above. */
export function likeliestTokens(
  g: GraphBuilder,
  { hidden, at, head }: { hidden: Value; at: Value; head: Value },
  softcap: number | null,
): { ids: Value; logps: Value } {
  return g.scope('likeliest', () => {
    const plain = g.gemm(g.gather(hidden, at), head, { b: true });
    const logits = softcap === null ? plain : g.softcap(plain, softcap);
    const [ids] = g.op('ArgMax', [logits], { axis: -1, keepdims: 0 });
    if (!ids) throw new Error('ArgMax has an output.');
    return { ids, logps: g.sub(g.reduceMax(logits, [-1]), g.reduceLogSumExp(logits, [-1])) };
  });
}
