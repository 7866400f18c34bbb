// The optimiser's arithmetic against values worked out by hand.
import { describe, expect, test } from 'vitest';
import { adamW, clipScale, createAdamWState, globalNorm, scheduleFactor } from './optimizer.ts';

const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

describe('adamW', () => {
  test('moves by the learning rate at the first step, against the sign', () => {
    const parameter = Float32Array.of(1, 1);
    adamW(parameter, Float32Array.of(0.5, -4), createAdamWState(2), 1, settings);
    expect(parameter[0]).toBeCloseTo(0.9, 6);
    expect(parameter[1]).toBeCloseTo(1.1, 6);
  });

  test('second step: m = 0.19 g / 0.19, v = 0.001999 g^2 / 0.001999', () => {
    const parameter = Float32Array.of(1);
    const state = createAdamWState(1);
    for (const step of [1, 2]) adamW(parameter, Float32Array.of(2), state, step, settings);
    expect(parameter[0]).toBeCloseTo(0.8, 6);
    adamW(parameter, Float32Array.of(-2), state, 3, settings);
    // m = 0.9 * 0.38 - 0.2 = 0.142, corrected by 0.271; v corrected is 4.
    expect(parameter[0]).toBeCloseTo(0.8 - (0.1 * 0.142) / 0.271 / 2, 6);
  });

  test('decays weights apart from the gradient', () => {
    const parameter = Float32Array.of(2);
    adamW(parameter, Float32Array.of(0), createAdamWState(1), 1, { ...settings, weightDecay: 0.5 });
    expect(parameter[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5), 6);
  });
});

test('clipping scales the norm over all tensors down to its bound, as PyTorch does', () => {
  const norm = globalNorm([Float32Array.of(3), Float32Array.of(0, 4)]);
  expect(norm).toBe(5);
  expect(clipScale(norm, 1)).toBeCloseTo(1 / 5.000001, 12);
  expect(clipScale(0.5, 1)).toBe(1);
  expect(clipScale(norm, 0)).toBe(1);
  expect(globalNorm([Float32Array.of(Number.NaN)])).toBeNaN();
});

test('schedules rise over the warm-up and then fall as they are named', () => {
  const at = (name: 'linear' | 'cosine' | 'constant') =>
    [0, 5, 10, 55, 100].map((step) => scheduleFactor(name, step, 100, 10));
  expect(at('linear')).toEqual([0, 0.5, 1, 0.5, 0]);
  expect(at('constant')).toEqual([0, 0.5, 1, 1, 1]);
  const cosine = at('cosine');
  for (const [i, expected] of [0, 0.5, 1, 0.5, 0].entries()) expect(cosine[i]).toBeCloseTo(expected, 12);
});
