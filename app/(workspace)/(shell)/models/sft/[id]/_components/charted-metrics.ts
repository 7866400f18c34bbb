import type { MetricRow } from '../../../../../../_ui/metric-rows.ts';

/** What the page draws where a run logs it, by TRL's names. */
const chartedMetrics = [
  { key: 'loss', name: 'loss', domain: [0, 'auto'] },
  { key: 'evalLoss', name: 'eval_loss', domain: [0, 'auto'] },
  { key: 'accuracy', name: 'mean_token_accuracy', domain: [0, 1] },
  { key: 'evalAccuracy', name: 'eval_mean_token_accuracy', domain: [0, 1] },
  { key: 'gradient', name: 'grad_norm', domain: [0, 'auto'] },
  { key: 'learningRate', name: 'learning_rate', domain: [0, 'auto'] },
] as const satisfies { key: string; name: string; domain: [number | 'auto', number | 'auto'] }[];

export const chartedIn = (metrics: MetricRow[]) =>
  chartedMetrics.filter(({ name }) => metrics.some(({ values }) => values[name] !== undefined));
