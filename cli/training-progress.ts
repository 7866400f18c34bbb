// What a training command shows while it runs (a bar or lines with the time left, each warning as it is found) and at its end.
import type { TrainingPlan, TrainingWarning, TrainMetrics, TrainResult } from '../engine/ports.ts';
import { describePlan } from '../engine/training/plan.ts';
import { log, type Progress, startProgress } from './io.ts';

export interface TrainingProgress {
  onPlan(plan: TrainingPlan): void;
  onMetrics(metrics: TrainMetrics): void;
  /** The last metrics that were told. */
  last(): Record<string, number>;
  stop(): void;
}

export function startTraining(): TrainingProgress {
  let progress: Progress | null = null;
  let last: Record<string, number> = {};
  return {
    onPlan: (plan) => log(describePlan(plan)),
    onMetrics: ({ step, maxSteps, values, warnings = [] }) => {
      last = values;
      progress ??= startProgress('training', maxSteps, step - 1);
      progress.update(step);
      for (const warning of warnings) logWarning(warning);
    },
    last: () => last,
    stop: () => progress?.stop(),
  };
}

/** `, 3 dropped (longer than 512 tokens), 1 cut (...)`: nothing where all was trained on. */
export function describeLeft({
  dropped,
  truncated,
}: { [K in 'dropped' | 'truncated']: Record<string, number> }): string {
  const counts = (what: string, reasons: Record<string, number>) =>
    Object.entries(reasons).map(([reason, count]) => `, ${count} ${what} (${reason})`);
  return [...counts('dropped', dropped), ...counts('cut', truncated)].join('');
}

/** What every finished training tells. */
type Finished = Pick<
  TrainResult,
  | 'steps'
  | 'skippedSteps'
  | 'stoppedEarly'
  | 'best'
  | 'plan'
  | 'dropped'
  | 'truncated'
  | 'paddingShare'
  | 'seconds'
  | 'warnings'
>;

/** The fields of `--json` that all trainings have, and the sentence for people. `trainedOn`: `24 pairs`. */
export function describeTraining(
  result: Finished,
  { out, trainedOn, metrics }: { out: string; trainedOn: string; metrics: Record<string, number> },
) {
  const { steps, dropped, truncated, best, seconds } = result;
  const left = describeLeft({ dropped, truncated });
  const stopped = result.stoppedEarly ? ', stopped early' : '';
  const bestStep = best ? `, best at step ${best.step}` : '';
  return {
    fields: {
      out,
      steps,
      skipped_steps: result.skippedSteps,
      stopped_early: result.stoppedEarly,
      best,
      plan: result.plan,
      dropped,
      truncated,
      padding_share: result.paddingShare,
      seconds,
      metrics,
      warnings: result.warnings,
    },
    summary: `Trained ${steps} steps on ${trainedOn}${left}${stopped}${bestStep} in ${seconds.toFixed(1)} s: ${out}`,
  };
}

function logWarning({ step, message, remedy, examples = [] }: TrainingWarning): void {
  log(`warning (step ${step}): ${message} ${remedy}`);
  for (const { prompt, chosen, rejected, value } of examples) {
    log(
      `  ${value.toFixed(2)}  ${JSON.stringify(prompt)}  chosen ${JSON.stringify(chosen)}  rejected ${JSON.stringify(rejected)}`,
    );
  }
}
