// AdamW, gradient clipping and learning-rate schedules: plain arithmetic on fp32 arrays.
import type { SchedulerName } from './run-config.ts';

export interface AdamWSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** First and second moments of one tensor. */
export interface AdamWState {
  mean: Float32Array;
  variance: Float32Array;
}

export const createAdamWState = (size: number): AdamWState => ({
  mean: new Float32Array(size),
  variance: new Float32Array(size),
});

/**
 * One AdamW step (Loshchilov & Hutter 2019, alg. 2), in place: decoupled decay, then the bias-corrected update.
 * `step` counts from 1; `gradientScale` is what clipping multiplies gradients by.
 */
export function adamW(
  parameter: Float32Array,
  gradient: Float32Array,
  state: AdamWState,
  step: number,
  { learningRate, beta1, beta2, epsilon, weightDecay }: AdamWSettings,
  gradientScale = 1,
): void {
  const { mean, variance } = state;
  const meanCorrection = 1 - beta1 ** step;
  const rootCorrection = Math.sqrt(1 - beta2 ** step);
  const rate = learningRate / meanCorrection;
  const decay = 1 - learningRate * weightDecay;
  for (let i = 0; i < parameter.length; i++) {
    const g = (gradient[i] as number) * gradientScale;
    const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
    const v = beta2 * (variance[i] as number) + (1 - beta2) * g * g;
    mean[i] = m;
    variance[i] = v;
    parameter[i] = (parameter[i] as number) * decay - (rate * m) / (Math.sqrt(v) / rootCorrection + epsilon);
  }
}

/** The l2 norm over all gradients together; NaN or infinite where any of them is. */
export function globalNorm(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) sum += (gradient[i] as number) ** 2;
  return Math.sqrt(sum);
}

/** What clipping to `maxNorm` multiplies gradients by (as PyTorch: norm + 1e-6); 0 turns clipping off. */
export function clipScale(norm: number, maxNorm: number): number {
  return maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1;
}

/**
 * The learning rate's factor at optimiser step `step` (from 0) of `total`, as transformers' get_scheduler gives it: after
 * `warmup` steps of linear rise it falls as it is named. A `constant` that is given a warm-up rises too.
 */
export function scheduleFactor(name: SchedulerName, step: number, total: number, warmup: number): number {
  if (step < warmup) return step / warmup;
  return schedules[name](Math.min(1, (step - warmup) / Math.max(1, total - warmup)));
}

const schedules: { [S in SchedulerName]: (progress: number) => number } = {
  linear: (progress) => 1 - progress,
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  constant: () => 1,
  constant_with_warmup: () => 1,
};

/** Whether weight decay acts on a tensor: not on biases and norms, by the names that transformers goes by. */
export const isDecayed = (name: string): boolean => !/bias|layernorm|rmsnorm|(^|\.)norm($|\.)|_norm($|\.)/i.test(name);
