// What a training command shows while it runs: a bar or lines with the time left, and each warning as it is found.
import type { TrainingWarning, TrainMetrics } from '../engine/ports.ts';
import { log, type Progress, startProgress } from './io.ts';

export interface TrainingProgress {
  onMetrics(metrics: TrainMetrics): void;
  /** The last metrics that were told. */
  last(): Record<string, number>;
  stop(): void;
}

export function startTraining(): TrainingProgress {
  let progress: Progress | null = null;
  let last: Record<string, number> = {};
  return {
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

function logWarning({ step, message, remedy, examples = [] }: TrainingWarning): void {
  log(`warning (step ${step}): ${message} ${remedy}`);
  for (const { prompt, chosen, rejected, value } of examples) {
    log(
      `  ${value.toFixed(2)}  ${JSON.stringify(prompt)}  chosen ${JSON.stringify(chosen)}  rejected ${JSON.stringify(rejected)}`,
    );
  }
}
