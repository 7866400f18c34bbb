/** A logged step of a training: what charts and tables of metrics show. */
export interface MetricRow {
  step: number;
  maxSteps: number;
  epoch: number;
  /** TRL's names. */
  values: Record<string, number>;
}

const mostPoints = 1000;

/** Every k-th row and always the last: a line of more points than pixels only costs time. */
export function downsample<R extends MetricRow>(metrics: R[]): R[] {
  const stride = Math.ceil(metrics.length / mostPoints);
  return stride <= 1 ? metrics : metrics.filter((_, index) => index % stride === 0 || index === metrics.length - 1);
}
