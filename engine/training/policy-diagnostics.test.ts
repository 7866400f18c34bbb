// Each rule of an on-policy run on both sides of its threshold, the windows, and what a step's groups are counted as.
import { describe, expect, test } from 'vitest';
import type { Observation } from './course-diagnostics.ts';
import type { Group } from './online-step.ts';
import {
  observePolicy,
  type PolicyCourse,
  type PolicyStep,
  policyCourse,
  policyRules,
  policyStepOf,
  startOfPolicyCourse,
  windowResponses,
} from './policy-diagnostics.ts';

/** 16 groups of 8 responses of 50 tokens. */
const usual: PolicyStep = {
  groups: 16,
  judged: 16,
  flat: 2,
  scores: 128,
  score: 64,
  squares: 64,
  responses: 128,
  length: 6400,
  cut: 4,
  tokens: 6400,
  entropy: 9600,
  kl: 320,
};
const course = (first: Partial<PolicyStep>, recent: Partial<PolicyStep> = first): PolicyCourse => ({
  ...startOfPolicyCourse,
  first: [{ ...usual, ...first }],
  recent: [{ ...usual, ...recent }],
});

describe('what the course of a policy shows', () => {
  test('nothing where all is as usual, nothing before there is enough, and nothing of an empty step', () => {
    const empty = Object.fromEntries(Object.keys(usual).map((name) => [name, 0])) as unknown as PolicyStep;
    for (const [kind, rule] of Object.entries(policyRules)) {
      expect(rule(course({})), kind).toBeNull();
      expect(rule(startOfPolicyCourse), kind).toBeNull();
      expect(rule(course({ responses: 127, cut: 127, flat: 16, judged: 16, kl: 6400, entropy: 0 })), kind).toBeNull();
      expect(rule(course(empty)), kind).toBeNull();
    }
  });

  test.each([
    ['lengthening', course({}, { length: 9700 }), course({}, { length: 9500 }), { before: 50, now: 9700 / 128 }],
    ['cut_responses', course({ cut: 32 }), course({ cut: 31 }), { share: 0.25, responses: 128 }],
    ['flat_rewards', course({ flat: 12 }), course({ flat: 11 }), { share: 0.75, groups: 16 }],
    ['flat_rewards', course({ flat: 6, judged: 8 }), course({ flat: 0, judged: 0 }), { share: 0.75, groups: 8 }],
    // Scores of 0 and 1 by halves deviate by a half: a fall of more than a quarter counts.
    ['falling_reward', course({}, { score: 31 }), course({}, { score: 33 }), { before: 0.5, now: 31 / 128 }],
    ['unjudged', course({ judged: 14 }), course({ judged: 15 }), { share: 0.125, groups: 16 }],
    ['drift', course({ kl: 3300 }), course({ kl: 3100 }), { shift: 3300 / 6400 }],
    ['drift', course({ kl: 3300 }), course({ kl: null }), { shift: 3300 / 6400 }],
    [
      'entropy_collapse',
      course({}, { entropy: 4700 }),
      course({}, { entropy: 4900 }),
      { before: 1.5, now: 4700 / 6400 },
    ],
  ] as const)('%s, on one side of its threshold and not on the other', (kind, above, below, figures) => {
    expect(policyRules[kind](above)).toMatchObject({ figures, message: expect.stringMatching(/\d/) });
    expect(policyRules[kind](below)).toBeNull();
  });

  test('the windows are the first responses and the latest, whole steps of them', () => {
    let seen = startOfPolicyCourse;
    for (let i = 0; i < 20; i++) seen = observePolicy(seen, { ...usual, responses: 40, length: i }, []);
    expect(seen.first.map(({ length }) => length)).toEqual([0, 1, 2, 3]);
    expect(seen.recent.map(({ length }) => length)).toEqual([16, 17, 18, 19]);
    expect(4 * 40).toBeGreaterThanOrEqual(windowResponses);
  });

  test('rules of pairs hold for the pairs of the run, and are kept with it', () => {
    const pair: Observation = { margin: 1, chosenShift: -0.2, shift: 0.3, entropy: 2, preferred: 5, other: 5 };
    const { observe, rules, schema, start } = policyCourse(() => ({
      tokens: 10,
      entropy: 10,
      kl: 1,
      pairs: Array(64).fill(pair),
    }));
    const seen = observe(start, 1, [], [{ groups: [], trained: [] }]);
    expect(rules.falling_chosen?.(seen)?.figures.fall).toBeCloseTo(-0.2, 12);
    expect(rules.exploding_margin?.(seen)).toBeNull();
    expect(rules.perfect_accuracy).toBeUndefined();
    expect(schema.parse(JSON.parse(JSON.stringify(seen)))).toEqual(seen);
  });
});

test('a step counts its groups, with and without a verdict', () => {
  const response = (length: number, finishReason: 'stop' | 'length') => ({
    text: '',
    tokenIds: Array<number>(length).fill(1),
    finishReason,
    logp: 0,
    tokenLogps: [],
  });
  const groups: Group[] = [
    { prompt: [1], responses: [response(3, 'stop'), response(4, 'length')], scores: [1, 3] },
    { prompt: [2], responses: [response(1, 'stop'), response(2, 'stop')], scores: [2, 2] },
    { prompt: [3], responses: [response(5, 'length'), response(5, 'length')], scores: null },
  ];
  expect(policyStepOf(groups, { tokens: 20, entropy: 30, kl: null, pairs: [] })).toEqual({
    groups: 3,
    judged: 2,
    flat: 1,
    scores: 4,
    score: 8,
    squares: 18,
    responses: 6,
    length: 20,
    cut: 3,
    tokens: 20,
    entropy: 30,
    kl: null,
  });
});
