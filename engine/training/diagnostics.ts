// The observer of a run: keeps what its steps show as a course, applies the rules of data-diagnostics.ts and those of the
// course, and says each kind of warning once, with the text of the examples that show it. Courses of pairs stand here.
import { z } from 'zod';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { LossSettings } from '../loss-config.ts';
import type { TrainingWarning, WarningKind } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import {
  type Course,
  courseRules,
  courseSchema,
  type Observation,
  observe,
  startOfCourse,
} from './course-diagnostics.ts';
import { type DataFacts, dataRules, type Finding } from './data-diagnostics.ts';
import type { RunObserver } from './loop.ts';
import { type PairOutcome, rewardsOf, type SingleOutcome } from './metrics.ts';

/** What a run's steps are kept as, and what may be found in that. */
export interface CourseWatch<R, O, C> {
  start: C;
  /** As it is kept in checkpoints. */
  schema: z.ZodType<C>;
  /** The course after a step; an `epoch` that is a whole number ends there. */
  observe(course: C, epoch: number, rows: readonly R[], outcomes: readonly O[]): C;
  rules: Rules<C>;
}

export type Rules<F> = { readonly [K in WarningKind]?: (facts: F) => Finding | null };

/** The texts of a row, as a person reads them. */
export type TextsOf = (row: TokenRow) => { prompt: string; chosen: string; rejected: string };

export interface Watched<R, O, C> {
  facts: DataFacts;
  course: CourseWatch<R, O, C>;
  /** Where what is usually done is not what the rule says. */
  remedies?: { readonly [K in WarningKind]?: string };
  textsOf: TextsOf;
}

const savedSchema = z.object({ raised: z.array(z.string()), course: z.unknown() });

export function createDiagnostics<R extends TokenRow, O, C>({
  facts,
  course: watch,
  remedies = {},
  textsOf,
}: Watched<R, O, C>): RunObserver<R, O> {
  let raised = new Set<string>();
  let course = watch.start;
  const warn = (kind: WarningKind, step: number, { worst, ...finding }: Finding): TrainingWarning => {
    raised.add(kind);
    const remedy = remedies[kind] ?? finding.remedy;
    const examples = worst?.flatMap(({ row, value }) => {
      const shown = facts.rows[row];
      return shown ? [{ ...textsOf(shown), value }] : [];
    });
    return { kind, step, ...finding, remedy, ...(examples ? { examples } : {}) };
  };
  const apply = <F>(rules: Rules<F>, to: F, step: number) =>
    Object.entries(rules).flatMap(([kind, rule]) => {
      const finding = raised.has(kind) ? null : rule(to);
      return finding ? [warn(kind as WarningKind, step, finding)] : [];
    });
  return {
    observe: ({ epoch }, rows, outcomes) => {
      course = watch.observe(course, epoch, rows, outcomes);
    },
    warnings: (step) => (step === 0 ? apply(dataRules, facts, step) : apply(watch.rules, course, step)),
    save: () => ({ raised: [...raised], course }),
    load: (saved) => {
      const state = savedSchema.parse(saved);
      raised = new Set(state.raised);
      course = watch.schema.parse(state.course);
    },
  };
}

/** The observer of a run without pairs: what its data show, told before the first step. */
export function createDataDiagnostics(facts: DataFacts): RunObserver<TokenRow, unknown> {
  const findings = (): TrainingWarning[] =>
    Object.entries(dataRules).flatMap(([kind, rule]) => {
      const finding = rule(facts);
      return finding ? [{ ...finding, kind: kind as WarningKind, step: 0 }] : [];
    });
  return {
    observe: () => {},
    warnings: (step) => (step === 0 ? findings() : []),
    save: () => null,
    load: () => {},
  };
}

/** The course of a run over these rows; `observationOf` gives null for what is no pair. */
export function pairCourse<R extends TokenRow, O>(
  rows: readonly R[],
  observationOf: (outcome: O, row: R) => Observation | null,
): CourseWatch<R, O, Course> {
  const placeOf = new Map(rows.map((row, i) => [row, i]));
  return {
    start: startOfCourse,
    schema: courseSchema,
    rules: courseRules,
    observe: (course, epoch, stepRows, outcomes) => {
      const pairs = stepRows.flatMap((row, i) => {
        const place = placeOf.get(row);
        const outcome = outcomes[i];
        const observation = outcome === undefined ? null : observationOf(outcome, row);
        return observation && place !== undefined ? [{ row: place, observation }] : [];
      });
      return observe(course, epoch, pairs);
    },
  };
}

/** The course of a preference run; labelled completions give none. */
export const preferenceCourse = <R extends TokenRow>(rows: readonly R[], settings: LossSettings) =>
  pairCourse<R, PairOutcome | SingleOutcome>(rows, (outcome) =>
    'prompt' in outcome ? observationOf(outcome, settings) : null,
  );

/** What a pair's outcome says of the run. */
export function observationOf(outcome: PairOutcome, settings: LossSettings): Observation {
  const { policy, reference, tokens, entropy } = outcome;
  const rewards = rewardsOf(outcome, settings);
  const shift = (side: 'chosen' | 'rejected') =>
    reference ? (policy[side] - reference[side]) / Math.max(1, tokens[side]) : null;
  const [chosenShift, rejectedShift] = [shift('chosen'), shift('rejected')];
  return {
    margin: rewards.chosen - rewards.rejected,
    chosenShift,
    shift:
      chosenShift === null || rejectedShift === null ? null : (Math.abs(chosenShift) + Math.abs(rejectedShift)) / 2,
    entropy: (entropy.chosen + entropy.rejected) / Math.max(1, tokens.chosen + tokens.rejected),
    ...lengthsByReward(rewards, tokens),
  };
}

/** Tokens of the side with the higher reward, and of the other. */
export function lengthsByReward(
  rewards: { chosen: number; rejected: number },
  tokens: { chosen: number; rejected: number },
): Pick<Observation, 'preferred' | 'other'> {
  const [preferred, other] =
    rewards.chosen > rewards.rejected ? [tokens.chosen, tokens.rejected] : [tokens.rejected, tokens.chosen];
  return { preferred, other };
}

const longestText = 300;

/** What a row says, as far as it fits a line. */
export const textsOf =
  ({ tokenizer }: Pick<Checkpoint, 'tokenizer'>): TextsOf =>
  ({ prompt, completions: [chosen = [], rejected = []] }) => {
    const text = (ids: readonly number[]) => tokenizer.decode(ids).trim();
    return {
      prompt: text(prompt).slice(-longestText),
      chosen: text(chosen).slice(0, longestText),
      rejected: text(rejected).slice(0, longestText),
    };
  };
