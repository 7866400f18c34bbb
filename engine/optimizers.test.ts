// Eight-bit AdamW beside the 32-bit one, decay by name, the loss scale's states, and the schedules beside transformers'.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canShrink, initialLossScale, nextLossScale } from './loss-scale.ts';
import { isDecayed, scheduleFactor } from './optimizer.ts';
import { createState, partsOf, takeStep } from './optimizers.ts';
import { createRandom } from './random.ts';
import type { SchedulerName } from './run-config.ts';

const settings = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

/** Parameters after `steps` steps on noisy gradients of magnitudes over two decades. */
function train(name: 'adamw_torch' | 'adamw_8bit', size: number, steps: number) {
  const random = createRandom(11);
  const slopes = Float32Array.from({ length: size }, () => random.normal() * 10 ** (-2 * random.uniform()));
  const parameter = new Float32Array(size).fill(1);
  const state = createState[name](size);
  for (let step = 1; step <= steps; step++) {
    const gradient = slopes.map((slope) => slope * (1 + 0.5 * random.normal()));
    takeStep(parameter, gradient, state, step, settings, 1);
  }
  return { parameter, state };
}

describe('adamw_8bit', () => {
  test('goes the way of 32 bits: they end less than a tenth of the way apart', () => {
    const [whole, eight] = [train('adamw_torch', 10_000, 100).parameter, train('adamw_8bit', 10_000, 100).parameter];
    let way = 0;
    let distance = 0;
    for (const [i, value] of whole.entries()) {
      way += Math.abs(value - 1);
      distance += Math.abs(value - (eight[i] as number));
    }
    expect(distance / way).toBeLessThan(0.1);
    expect(distance).toBeGreaterThan(0);
  });

  test('rounds each value of a block to the nearest that its codes stand for', () => {
    const random = createRandom(3);
    const size = 4096;
    const parameter = new Float32Array(size);
    const state = createState.adamw_8bit(size);
    const gradient = Float32Array.from({ length: size }, () => random.normal() * 10 ** (-6 * random.uniform()));
    takeStep(parameter, gradient, state, 1, { ...settings, beta1: 0, beta2: 0 }, 1);
    // The codes of section 2.1: in each decade from 1e-6 to 1 ever finer parts of [0.1, 1], here 2^i of them.
    const positive = [0, 1].concat(
      Array.from({ length: 7 }, (_, i) =>
        Array.from({ length: 2 ** i }, (_, k) => 10 ** (i - 6) * (0.1 + (0.9 * (k + 0.5)) / 2 ** i)),
      ).flat(),
    );
    const tree = [...new Set([...positive, ...positive.slice(2).map((value) => -value)])].sort((a, b) => a - b);
    expect(tree).toHaveLength(256);
    const parts = new Map(partsOf(state));
    const codes = new Uint8Array((parts.get('mean codes') as Float32Array).buffer);
    for (const [i, value] of gradient.entries()) {
      const scale = parts.get('mean scales')?.[Math.floor(i / 256)] ?? Number.NaN;
      const distances = tree.map((entry) => Math.abs(entry * scale - value));
      const own = distances[codes[i] as number] ?? Number.NaN;
      expect(own).toBeLessThanOrEqual(Math.min(...distances) + 1e-6 * scale * Math.abs(value / scale) + 1e-12);
    }
  });

  test('keeps a quarter of the bytes, and small tensors in 32 bits', () => {
    const bytes = (name: 'adamw_torch' | 'adamw_8bit', size: number) =>
      partsOf(createState[name](size)).reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
    expect(bytes('adamw_8bit', 1 << 20) / bytes('adamw_torch', 1 << 20)).toBeCloseTo(0.25 + 1 / 256, 3);
    expect(bytes('adamw_8bit', 4095)).toBe(bytes('adamw_torch', 4095));
  });

  test('a value far below its block keeps a variance, so that it takes no leap when its gradient stops', () => {
    const [size, small] = [4096, 7];
    const parameter = new Float32Array(size);
    const state = createState.adamw_8bit(size);
    const gradient = new Float32Array(size).fill(1);
    gradient[small] = 1e-5;
    takeStep(parameter, gradient, state, 1, settings, 1);
    gradient[small] = 0;
    const before = parameter[small] as number;
    takeStep(parameter, gradient, state, 2, settings, 1);
    expect(Math.abs((parameter[small] as number) - before)).toBeLessThan(2 * settings.learningRate);
  });

  test('its parts are views: a state filled from another one goes on alike', () => {
    const [first, second] = [train('adamw_8bit', 5000, 3), train('adamw_torch', 5000, 0)];
    const copy = createState.adamw_8bit(5000);
    const parts = new Map(partsOf(first.state));
    for (const [name, data] of partsOf(copy)) data.set(parts.get(name) ?? []);
    second.parameter.set(first.parameter);
    const gradient = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i));
    takeStep(first.parameter, gradient, first.state, 4, settings, 1);
    takeStep(second.parameter, gradient, copy, 4, settings, 1);
    expect(second.parameter).toEqual(first.parameter);
  });
});

test('decay leaves norms and biases alone, by the names that transformers goes by', () => {
  const decayed = [
    'model.layers.0.self_attn.q_proj.weight',
    'model.embed_tokens.weight',
    'model.layers.0.mlp.up_proj.lora_A',
  ];
  const left = [
    'model.norm.weight',
    'model.layers.0.input_layernorm.weight',
    'model.layers.0.self_attn.q_norm.weight',
    'model.layers.0.self_attn.q_proj.bias',
  ];
  expect(decayed.filter(isDecayed)).toEqual(decayed);
  expect(left.filter(isDecayed)).toEqual([]);
});

test("the loss scale halves at an overflow, doubles after 2,000 steps without, and has a floor that is the run's affair", () => {
  let state = nextLossScale(initialLossScale, false);
  expect(state).toEqual({ scale: 32768, goodSteps: 0 });
  for (let i = 0; i < 1999; i++) state = nextLossScale(state, true);
  expect(state).toEqual({ scale: 32768, goodSteps: 1999 });
  expect(nextLossScale(state, true)).toEqual({ scale: 65536, goodSteps: 0 });
  expect(nextLossScale(state, false)).toEqual({ scale: 16384, goodSteps: 0 });
  expect([canShrink({ scale: 2, goodSteps: 0 }), canShrink({ scale: 1, goodSteps: 0 })]).toEqual([true, false]);
});

test("schedules give transformers' learning rates, step by step", () => {
  const file = new URL('./fixtures/schedules.json', import.meta.url);
  const expected = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number[]>;
  expect(Object.keys(expected)).toHaveLength(10);
  for (const [key, rates] of Object.entries(expected)) {
    const [name = '', warmup = ''] = key.split(' ');
    for (const [step, rate] of rates.entries()) {
      expect(scheduleFactor(name as SchedulerName, step, 10, Number(warmup)), key).toBeCloseTo(rate, 12);
    }
  }
});
