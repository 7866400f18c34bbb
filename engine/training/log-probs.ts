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
