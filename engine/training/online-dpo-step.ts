// Online DPO (Guo et al. 2024): of each group the best response by its score against the worst, through the same step as
// training on pairs at hand. A group without a verdict, or whose scores are all alike, gives no pair.
import type { TrainConfig } from '../config.ts';
import { referenceUse } from '../loss-config.ts';
import type { OnlineDpoConfig } from '../online-config.ts';
import { rowLength, sizeOf } from './batch.ts';
import { coarse } from './buckets.ts';
import { observationOf } from './diagnostics.ts';
import { scoringGraph } from './graph.ts';
import type { PairOutcome } from './metrics.ts';
import type { Group, OnlineStep } from './online-step.ts';
import { withScoring } from './plan.ts';
import type { TrainedPolicy } from './policy.ts';
import type { PreferenceRow } from './preference-batch.ts';
import type { Outcome, PreferenceStep } from './preference-step.ts';
import type { ReferenceModel } from './reference.ts';
import { rowsPerBatch } from './score.ts';

interface Options {
  policy: TrainedPolicy;
  step: PreferenceStep;
  reference: ReferenceModel;
  config: OnlineDpoConfig;
  /** What of it is of the loss and its step. */
  settings: TrainConfig;
}

export function onlineDpoStep({ policy, step, reference, config, settings }: Options): OnlineStep {
  let rows = new Map<Group, PreferenceRow | null>();
  const rowsOf = (groups: readonly Group[]) => groups.flatMap((group) => rows.get(group) ?? []);
  return {
    plan: (promptLength, length) => {
      const tokens = (count: number) => Array<number>(count).fill(0);
      const longest = pairRow(tokens(promptLength), [tokens(length), tokens(length)]);
      const isScored = !['none', 'distribution'].includes(referenceUse(settings));
      const scored = isScored ? [policy.measure((model) => scoringGraph(model, sizeOf([longest], rowsPerBatch)))] : [];
      return withScoring(step.plan([longest], []), scored);
    },
    prepare: async (groups) => {
      rows = new Map(groups.map((group) => [group, pairOf(group, config)]));
    },
    run: async (groups, stepGroups, at) => {
      const batch = rowsOf(groups);
      if (batch.length > 0) return step.run(batch, rowsOf(stepGroups), at);
      const gradients = new Map([...policy.tensors].map(([name, { data }]) => [name, new Float32Array(data.length)]));
      return { loss: 0, gradients, outcomes: [], tokens: 0 };
    },
    summarise: (outcomes) => (outcomes.length > 0 ? step.summarise(outcomes as Outcome[]) : {}),
    statistics: (outcomes) => {
      const pairs = outcomes as PairOutcome[];
      const both = (value: (pair: PairOutcome) => { chosen: number; rejected: number } | null) =>
        pairs.reduce((sum, pair) => sum + (value(pair)?.chosen ?? 0) + (value(pair)?.rejected ?? 0), 0);
      return {
        tokens: both(({ tokens }) => tokens),
        entropy: both(({ entropy }) => entropy),
        // Of the policy's own draws, log pi - log reference is an estimate of the divergence.
        kl: pairs.every(({ reference }) => reference)
          ? both((pair) => pair.policy) - both((pair) => pair.reference)
          : null,
        pairs: pairs.map((pair) => observationOf(pair, settings)),
      };
    },
    companions: reference.tensors,
    takesReference: reference.name !== null,
    fingerprint: reference.fingerprint,
    afterStep: (done) => reference.afterStep(done),
    close: async () => {
      await step.close();
      await reference.close();
    },
  };
}

/** The first of the best and the first of the worst, since samples of one prompt come in no order. */
export function pairOf(
  { prompt, responses, scores }: Group,
  { mask_truncated_completions: isMasked }: Pick<OnlineDpoConfig, 'mask_truncated_completions'>,
): PreferenceRow | null {
  const kept = responses.flatMap((response, i) => {
    const score = scores?.[i];
    return score === undefined || (isMasked && response.finishReason === 'length') ? [] : [{ response, score }];
  });
  const best = kept.reduce<(typeof kept)[0] | null>((top, one) => (top && top.score >= one.score ? top : one), null);
  const worst = kept.reduce<(typeof kept)[0] | null>((low, one) => (low && low.score <= one.score ? low : one), null);
  if (!best || !worst || best.score === worst.score) return null;
  return pairRow(prompt, [best.response.tokenIds, worst.response.tokenIds]);
}

const pairRow = (prompt: readonly number[], completions: (readonly number[])[]): PreferenceRow => ({
  prompt,
  completions,
  bucket: coarse({
    length: rowLength({ prompt, completions }),
    span: Math.max(...completions.map(({ length }) => length)),
  }),
  sign: 1,
  weight: 1,
  margin: null,
  criterion: null,
});
