// The observer of a preference run: turns its steps into a course, applies the rules of data-diagnostics.ts and
// course-diagnostics.ts, and says each kind of warning once, with the text of the examples that show it.
import { z } from 'zod';
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

/** The texts of a row, as a person reads them. */
export type TextsOf = (row: TokenRow) => { prompt: string; chosen: string; rejected: string };

const savedSchema = z.object({ raised: z.array(z.string()), course: courseSchema });

export type Diagnostics = RunObserver<TokenRow, PairOutcome | SingleOutcome>;

export function createDiagnostics(facts: DataFacts, settings: LossSettings, textsOf: TextsOf): Diagnostics {
  const placeOf = new Map(facts.rows.map((row, i) => [row, i]));
  let raised = new Set<string>();
  let course: Course = startOfCourse;
  const warn = (kind: WarningKind, step: number, { worst, ...finding }: Finding): TrainingWarning => {
    raised.add(kind);
    const examples = worst?.flatMap(({ row, value }) => {
      const shown = facts.rows[row];
      return shown ? [{ ...textsOf(shown), value }] : [];
    });
    return { kind, step, ...finding, ...(examples ? { examples } : {}) };
  };
  const apply = <F>(rules: Readonly<Record<string, (facts: F) => Finding | null>>, to: F, step: number) =>
    Object.entries(rules).flatMap(([kind, rule]) => {
      const finding = raised.has(kind) ? null : rule(to);
      return finding ? [warn(kind as WarningKind, step, finding)] : [];
    });
  return {
    observe: ({ epoch }, rows, outcomes) => {
      const pairs = rows.flatMap((row, i) => {
        const outcome = outcomes[i];
        const place = placeOf.get(row);
        if (!outcome || !('prompt' in outcome) || place === undefined) return [];
        return [{ row: place, observation: observationOf(outcome, settings) }];
      });
      course = observe(course, epoch, pairs);
    },
    warnings: (step) => (step === 0 ? apply(dataRules, facts, step) : apply(courseRules, course, step)),
    save: () => ({ raised: [...raised], course }),
    load: (saved) => {
      const state = savedSchema.parse(saved);
      raised = new Set(state.raised);
      course = state.course;
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

/** What a pair's outcome says of the run. */
export function observationOf(outcome: PairOutcome, settings: LossSettings): Observation {
  const { policy, reference, tokens, entropy } = outcome;
  const rewards = rewardsOf(outcome, settings);
  const shift = (side: 'chosen' | 'rejected') =>
    reference ? (policy[side] - reference[side]) / Math.max(1, tokens[side]) : null;
  const [chosenShift, rejectedShift] = [shift('chosen'), shift('rejected')];
  const [better, worse] =
    rewards.chosen > rewards.rejected ? (['chosen', 'rejected'] as const) : (['rejected', 'chosen'] as const);
  return {
    margin: rewards.chosen - rewards.rejected,
    chosenShift,
    shift:
      chosenShift === null || rejectedShift === null ? null : (Math.abs(chosenShift) + Math.abs(rejectedShift)) / 2,
    entropy: (entropy.chosen + entropy.rejected) / Math.max(1, tokens.chosen + tokens.rejected),
    preferred: tokens[better],
    other: tokens[worse],
  };
}
