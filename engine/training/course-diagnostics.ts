// What the course of a run shows: trends between its first and its latest pairs, and pairs that go against the rest of an
// epoch. Pure functions of what was observed; thresholds stand beside their rules.
import { z } from 'zod';
import type { WarningKind } from '../ports.ts';
import { type Finding, mostExamples, percent, sum } from './data-diagnostics.ts';

/** One pair of a step. Per token: nats over the tokens that count. */
export const observationSchema = z.object({
  /** beta x (log-ratio of chosen - of rejected), or what the loss has in its place. */
  margin: z.number(),
  /** log pi - log reference per token: of chosen, and of both sides by magnitude; null without a reference. */
  chosenShift: z.number().nullable(),
  shift: z.number().nullable(),
  /** Entropy of the policy per token; null for what has none, as a reward model. */
  entropy: z.number().nullable(),
  /** Tokens of the side with the higher reward, and of the other. */
  preferred: z.number(),
  other: z.number(),
});
export type Observation = z.infer<typeof observationSchema>;

const epochSchema = z.object({
  pairs: z.number().int(),
  correct: z.number().int(),
  /** The sum of the margins that are positive, and each that is not, by its row. */
  positive: z.number(),
  against: z.array(z.object({ row: z.number().int(), margin: z.number() })),
});
export type EpochRecord = z.infer<typeof epochSchema>;

export const courseSchema = z.object({
  /** The first pairs of the run and the latest, `windowPairs` of each at most. */
  first: z.array(observationSchema),
  recent: z.array(observationSchema),
  /** Epochs done, a fraction. */
  epoch: z.number(),
  /** The epoch that runs, and the last that was whole. */
  current: epochSchema,
  whole: epochSchema.nullable(),
});
export type Course = z.infer<typeof courseSchema>;

export const windowPairs = 64;

const noPairs: EpochRecord = { pairs: 0, correct: 0, positive: 0, against: [] };
export const startOfCourse: Course = { first: [], recent: [], epoch: 0, current: noPairs, whole: null };

/** The course after a step's pairs; `rows` are their places in the data. An epoch that is a whole number ends there. */
export function observe(
  course: Course,
  epoch: number,
  pairs: readonly { row: number; observation: Observation }[],
): Course {
  const observations = pairs.map(({ observation }) => observation);
  const first = [...course.first, ...observations].slice(0, windowPairs);
  const recent = [...course.recent, ...observations].slice(-windowPairs);
  const margins = observations.map(({ margin }) => margin);
  const current: EpochRecord = {
    pairs: course.current.pairs + pairs.length,
    correct: course.current.correct + margins.filter((margin) => margin > 0).length,
    positive: course.current.positive + sum(margins, (margin) => Math.max(0, margin)),
    against: [
      ...course.current.against,
      ...pairs.flatMap(({ row, observation: { margin } }) => (margin > 0 ? [] : [{ row, margin }])),
    ],
  };
  return Number.isInteger(epoch)
    ? { first, recent, epoch, current: noPairs, whole: current }
    : { first, recent, epoch, current, whole: course.whole };
}

export type CourseKind = Extract<
  WarningKind,
  | 'falling_chosen'
  | 'growing_length'
  | 'drift'
  | 'entropy_collapse'
  | 'perfect_accuracy'
  | 'exploding_margin'
  | 'label_noise'
>;

export const courseRules: { [K in CourseKind]: (course: Course) => Finding | null } = {
  falling_chosen: ({ recent }) => {
    const fall = isFull(recent) ? meanOf(recent, ({ chosenShift }) => chosenShift) : null;
    if (fall === null || fall > -0.1) return null;
    return {
      message: `Chosen has become less likely than under the reference: ${fall.toFixed(2)} nats a token over the last ${recent.length} pairs.`,
      remedy:
        'Some fall is normal, as rejected falls faster. If responses get worse, add sft to the losses, take dpop, raise beta or lower learning_rate.',
      figures: { fall },
    };
  },
  growing_length: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const ratio = (pairs: readonly Observation[]) =>
      sum(pairs, ({ preferred }) => preferred) / sum(pairs, ({ other }) => other);
    const [before, now] = [ratio(first), ratio(recent)];
    if (now < 1.2 || now < 1.15 * before) return null;
    return {
      message: `What is preferred is ${now.toFixed(2)} times as long as what is not; at the start it was ${before.toFixed(2)} times.`,
      remedy: 'It may be learning length: take sigmoid_norm, simpo, rdpo or ld_alpha, or balance the pairs by length.',
      figures: { before, now },
    };
  },
  drift: ({ recent }) => {
    const shift = isFull(recent) ? meanOf(recent, (pair) => pair.shift) : null;
    if (shift === null || shift < 0.5) return null;
    return {
      message: `The policy is ${shift.toFixed(2)} nats a token away from the reference on the last ${recent.length} pairs: a large divergence.`,
      remedy: 'Raise beta, lower learning_rate or train for fewer steps; look at samples before you go on.',
      figures: { shift },
    };
  },
  entropy_collapse: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const [before, now] = [first, recent].map((pairs) => meanOf(pairs, ({ entropy }) => entropy));
    if (typeof before !== 'number' || typeof now !== 'number' || now > 0.5 * before) return null;
    return {
      message: `The policy's entropy has fallen from ${before.toFixed(2)} to ${now.toFixed(2)} nats a token: its responses will vary less.`,
      remedy: 'Raise beta, lower learning_rate or stop earlier.',
      figures: { before, now },
    };
  },
  perfect_accuracy: ({ recent, epoch }) => {
    if (!isFull(recent) || epoch > 1 || recent.some(({ margin }) => margin <= 0)) return null;
    return {
      message: `The last ${recent.length} pairs were all ranked right within the first epoch: the pairs are too easy, or tell chosen from rejected by something beside the point.`,
      remedy:
        'Look at pairs for a tell (length, format, a phrase); take harder pairs, such as those of the current policy.',
      figures: { pairs: recent.length, epoch },
    };
  },
  exploding_margin: ({ first, recent }) => {
    if (!isFull(recent)) return null;
    const margin = sum(recent, (pair) => pair.margin) / recent.length;
    // Without a reference, rewards may be far apart from the start.
    const start = first.slice(0, startPairs);
    if (margin < 10 || margin < 3 * Math.abs(sum(start, (pair) => pair.margin) / start.length)) return null;
    return {
      message: `The reward margin is ${margin.toFixed(1)} on average over the last ${recent.length} pairs, where runs that go well end at 1 to 3.`,
      remedy:
        'The policy is overfitting the pairs: lower learning_rate, train for fewer epochs, or take ipo or label_smoothing.',
      figures: { margin },
    };
  },
  label_noise: ({ whole }) => {
    if (!whole || whole.pairs < 20 || whole.correct / whole.pairs < 0.7) return null;
    const usual = Math.max(leastMargin, whole.positive / whole.correct);
    const wrong = whole.against.filter(({ margin }) => margin < -usual).sort((a, b) => a.margin - b.margin);
    if (wrong.length === 0) return null;
    const accuracy = whole.correct / whole.pairs;
    return {
      message: `${wrong.length} of ${whole.pairs} pairs are ranked the other way as firmly as the ${percent(accuracy)} that are learnt are ranked right: their labels may be wrong.`,
      remedy: 'Read those listed; correct or drop wrong ones, or allow for them by label_smoothing or robust.',
      figures: { count: wrong.length, pairs: whole.pairs, accuracy },
      worst: wrong.slice(0, mostExamples).map(({ row, margin }) => ({ row, value: margin })),
    };
  },
};

/** The pairs of the first few steps. */
const startPairs = 8;

/** Below this margin, hardly anything has been learnt of a pair either way. */
const leastMargin = 0.05;

const isFull = (pairs: readonly Observation[]) => pairs.length === windowPairs;

/** The mean of what is known of the pairs; null where it is of none. */
function meanOf(pairs: readonly Observation[], value: (pair: Observation) => number | null): number | null {
  const known = pairs.map(value).filter((one) => one !== null);
  return known.length === 0 ? null : sum(known, (one) => one) / known.length;
}
