// Which evaluation was the best so far, and when to stop for want of a better one: transformers' rules, as pure functions.
import { EngineError } from '../errors.ts';
import type { EvaluationConfig } from '../run-config.ts';

/** Where a run stands with its evaluations: part of its checkpoints. */
export interface EvaluationRecord {
  /** The best evaluation's step and its metric. */
  best: { step: number; value: number } | null;
  /** Evaluations in a row that were not better than the best by more than the threshold. */
  withoutGain: number;
}

export const noEvaluations: EvaluationRecord = { best: null, withoutGain: 0 };

type Settings = Pick<
  EvaluationConfig,
  'metric_for_best_model' | 'greater_is_better' | 'early_stopping_patience' | 'early_stopping_threshold'
>;

/** The record after an evaluation at `step` with these `eval_` metrics. Throws CONFIG_INVALID where the metric is not among them. */
export function recordEvaluation(
  record: EvaluationRecord,
  step: number,
  metrics: Readonly<Record<string, number>>,
  settings: Settings,
): EvaluationRecord {
  const stated = settings.metric_for_best_model;
  const name = stated.startsWith('eval_') ? stated : `eval_${stated}`;
  const value = metrics[name];
  if (value === undefined) {
    throw new EngineError(
      'CONFIG_INVALID',
      `metric_for_best_model is ${stated}, but an evaluation gives ${Object.keys(metrics).join(', ')}: name one of these.`,
    );
  }
  const isGreaterBetter = settings.greater_is_better ?? !name.endsWith('loss');
  const { best } = record;
  const gain = best ? (isGreaterBetter ? value - best.value : best.value - value) : Number.POSITIVE_INFINITY;
  return {
    best: gain > 0 ? { step, value } : best,
    withoutGain: gain > 0 && (!best || gain > settings.early_stopping_threshold) ? 0 : record.withoutGain + 1,
  };
}

export const shouldStop = (
  { withoutGain }: EvaluationRecord,
  { early_stopping_patience: patience }: Settings,
): boolean => patience > 0 && withoutGain >= patience;
