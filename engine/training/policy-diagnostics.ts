// What the course of an on-policy run shows: its first responses against its latest. Pure functions of what was observed;
// thresholds stand beside their rules. Where the method makes pairs, some rules of pairs hold too.
import { z } from 'zod';
import type { WarningKind } from '../ports.ts';
import { courseRules, observationSchema, observe as observePairs, startOfCourse } from './course-diagnostics.ts';
import { type Finding, percent, sum } from './data-diagnostics.ts';
import type { CourseWatch, Rules } from './diagnostics.ts';
import type { Group, PolicyStatistics } from './online-step.ts';

/** Sums over the groups of a step. */
const stepSchema = z.object({
  groups: z.number().int(),
  /** Groups with a verdict, and those of them whose scores are all alike. */
  judged: z.number().int(),
  flat: z.number().int(),
  /** Scores: how many, their sum and the sum of their squares. */
  scores: z.number().int(),
  score: z.number(),
  squares: z.number(),
  responses: z.number().int(),
  /** Tokens of all responses, and responses that their length has cut. */
  length: z.number(),
  cut: z.number().int(),
  /** Tokens that were trained on, with their entropies and divergences (nats); null without a reference. */
  tokens: z.number(),
  entropy: z.number(),
  kl: z.number().nullable(),
});
export type PolicyStep = z.infer<typeof stepSchema>;

const courseSchema = z.object({
  /** The first steps of the run and the latest, of `windowResponses` responses each. */
  first: z.array(stepSchema),
  recent: z.array(stepSchema),
  pairs: z.object({ first: z.array(observationSchema), recent: z.array(observationSchema) }),
});
export type PolicyCourse = z.infer<typeof courseSchema>;

export const windowResponses = 128;

export const startOfPolicyCourse: PolicyCourse = { first: [], recent: [], pairs: { first: [], recent: [] } };

const responsesOf = (steps: readonly PolicyStep[]) => sum(steps, ({ responses }) => responses);

export function observePolicy(course: PolicyCourse, step: PolicyStep, pairs: PolicyStatistics['pairs']): PolicyCourse {
  const first = responsesOf(course.first) < windowResponses ? [...course.first, step] : course.first;
  const recent = [...course.recent, step];
  while (responsesOf(recent.slice(1)) >= windowResponses) recent.shift();
  const seen = observePairs(
    { ...startOfCourse, ...course.pairs },
    0,
    pairs.map((observation) => ({ row: 0, observation })),
  );
  return { first, recent, pairs: { first: seen.first, recent: seen.recent } };
}

/** What came of a step: its groups, and what the method's outcomes say of the policy. */
export function policyStepOf(groups: readonly Group[], { tokens, entropy, kl }: PolicyStatistics): PolicyStep {
  const judged = groups.flatMap(({ scores }) => (scores ? [scores] : []));
  const scores = judged.flat();
  const responses = groups.flatMap((group) => group.responses);
  return {
    groups: groups.length,
    judged: judged.length,
    flat: judged.filter((own) => new Set(own).size === 1).length,
    scores: scores.length,
    score: sum(scores, (score) => score),
    squares: sum(scores, (score) => score ** 2),
    responses: responses.length,
    length: sum(responses, ({ tokenIds }) => tokenIds.length),
    cut: sum(responses, ({ finishReason }) => Number(finishReason === 'length')),
    tokens,
    entropy,
    kl,
  };
}

export type PolicyKind = Extract<
  WarningKind,
  'lengthening' | 'cut_responses' | 'flat_rewards' | 'falling_reward' | 'unjudged' | 'drift' | 'entropy_collapse'
>;

export const policyRules: { [K in PolicyKind]: (course: PolicyCourse) => Finding | null } = {
  lengthening: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const [before, now] = between(
      first,
      recent,
      ({ length }) => length,
      ({ responses }) => responses,
    );
    if (now < 1.5 * before) return null;
    return {
      message: `Responses have grown from ${before.toFixed(0)} to ${now.toFixed(0)} tokens on average.`,
      remedy: 'Look whether the judge prefers length: take another one, or raise beta.',
      figures: { before, now },
    };
  },
  cut_responses: ({ recent }) => {
    const share = ratio(
      recent,
      ({ cut }) => cut,
      ({ responses }) => responses,
    );
    if (!isFull(recent) || share < 0.25) return null;
    return {
      message: `${percent(share)} of the last ${responsesOf(recent)} responses were cut at max_completion_length.`,
      remedy: 'They are judged without their end: raise max_completion_length, or set mask_truncated_completions.',
      figures: { share, responses: responsesOf(recent) },
    };
  },
  flat_rewards: ({ recent }) => {
    const judged = sum(recent, (step) => step.judged);
    const share = ratio(
      recent,
      ({ flat }) => flat,
      (step) => step.judged,
    );
    if (!isFull(recent) || judged === 0 || share < 0.75) return null;
    return {
      message: `In ${percent(share)} of the last ${judged} groups all responses have the same score, so that they teach nothing.`,
      remedy:
        'Raise temperature or num_generations, take prompts that are neither solved nor out of reach, or a judge that tells more apart.',
      figures: { share, groups: judged },
    };
  },
  falling_reward: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const [before, now] = between(
      first,
      recent,
      ({ score }) => score,
      ({ scores }) => scores,
    );
    const squares = ratio(
      first,
      (step) => step.squares,
      ({ scores }) => scores,
    );
    const spread = Math.sqrt(Math.max(0, squares - before ** 2));
    if (!(before - now > 0.5 * spread) || spread === 0) return null;
    return {
      message: `The reward has fallen from ${before.toFixed(2)} to ${now.toFixed(2)} on average.`,
      remedy:
        'Lower learning_rate, raise the batch or num_generations, or raise beta; go on from an earlier checkpoint.',
      figures: { before, now },
    };
  },
  unjudged: ({ recent }) => {
    const groups = sum(recent, (step) => step.groups);
    const share =
      1 -
      ratio(
        recent,
        ({ judged }) => judged,
        (step) => step.groups,
      );
    if (!isFull(recent) || share < 0.1) return null;
    return {
      message: `The judge gave no readable verdict on ${percent(share)} of the last ${groups} groups.`,
      remedy: 'Look at its answers: another --mode or a larger judge reads better; fewer responses a group are easier.',
      figures: { share, groups },
    };
  },
  drift: ({ recent }) => {
    if (!isFull(recent) || recent.some(({ kl }) => kl === null)) return null;
    const shift = ratio(
      recent,
      ({ kl }) => kl ?? 0,
      ({ tokens }) => tokens,
    );
    if (!(shift >= 0.5)) return null;
    return {
      message: `The policy is ${shift.toFixed(2)} nats a token away from the reference on its last ${responsesOf(recent)} responses: a large divergence.`,
      remedy: 'Raise beta, lower learning_rate or train for fewer steps; look at samples before you go on.',
      figures: { shift },
    };
  },
  entropy_collapse: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const [before, now] = between(
      first,
      recent,
      ({ entropy }) => entropy,
      ({ tokens }) => tokens,
    );
    if (!(now <= 0.5 * before)) return null;
    return {
      message: `The policy's entropy has fallen from ${before.toFixed(2)} to ${now.toFixed(2)} nats a token: its responses vary less.`,
      remedy: 'Raise beta or temperature, lower learning_rate or stop earlier.',
      figures: { before, now },
    };
  },
};

const isFull = (steps: readonly PolicyStep[]) => responsesOf(steps) >= windowResponses;

type Of = (step: PolicyStep) => number;

const ratio = (steps: readonly PolicyStep[], value: Of, by: Of) => sum(steps, value) / sum(steps, by);

const between = (first: readonly PolicyStep[], recent: readonly PolicyStep[], value: Of, by: Of) =>
  [ratio(first, value, by), ratio(recent, value, by)] as const;

/** The pairs of a step are of the policy's own responses to few prompts: what is said of a data set's is not said of them. */
const pairRules: Rules<PolicyCourse> = {
  falling_chosen: ({ pairs }) => courseRules.falling_chosen({ ...startOfCourse, ...pairs }),
  exploding_margin: ({ pairs }) => courseRules.exploding_margin({ ...startOfCourse, ...pairs }),
};

export interface OnlineOutcome {
  groups: readonly Group[];
  /** What the method's step gave for them. */
  trained: readonly unknown[];
}

/** The course of an on-policy run; `statisticsOf` reads the outcomes of its method. */
export const policyCourse = <R>(
  statisticsOf: (trained: readonly unknown[]) => PolicyStatistics,
): CourseWatch<R, OnlineOutcome, PolicyCourse> => ({
  start: startOfPolicyCourse,
  schema: courseSchema,
  rules: { ...policyRules, ...pairRules },
  observe: (course, _, __, outcomes) => {
    const statistics = statisticsOf(outcomes.flatMap(({ trained }) => trained));
    return observePolicy(
      course,
      policyStepOf(
        outcomes.flatMap(({ groups }) => groups),
        statistics,
      ),
      statistics.pairs,
    );
  },
});

/** What helps where the data are prompts. */
export const promptRemedies = {
  dropped: 'Those that are too long fit with a larger max_prompt_length, or a smaller max_completion_length.',
  duplicates: 'Each copy is sampled and trained on once more: remove them unless that is meant.',
};
