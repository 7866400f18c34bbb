// Online DPO (Guo et al. 2024): of each group the best response by its score against the worst, through the same step as
// training on pairs at hand. A group without a verdict, or whose scores are all alike, gives no pair.
import type { OnlineDpoConfig } from '../online-config.ts';
import type { Group, OnlineStep } from './online-step.ts';
import type { TrainedPolicy } from './policy.ts';
import type { PreferenceRow } from './preference-batch.ts';
import type { Outcome, PreferenceStep } from './preference-step.ts';
import type { ReferenceModel } from './reference.ts';

interface Options {
  policy: TrainedPolicy;
  step: PreferenceStep;
  reference: ReferenceModel;
  config: OnlineDpoConfig;
}

export function onlineDpoStep({ policy, step, reference, config }: Options): OnlineStep {
  let rows = new Map<Group, PreferenceRow | null>();
  const rowsOf = (groups: readonly Group[]) => groups.flatMap((group) => rows.get(group) ?? []);
  return {
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
    companions: reference.tensors,
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
  const completions = [best.response.tokenIds, worst.response.tokenIds];
  return { prompt, completions, sign: 1, weight: 1, margin: null, criterion: null };
}
