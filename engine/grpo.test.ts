// GRPO's pure functions: TRL's own loss on fixed tensors (grpo.json), values worked out by hand, and what must not happen.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gradients } from './autodiff/gradient.ts';
import { GraphBuilder } from './graph/builder.ts';
import { groupAdvantages, grpoLoss, tokenShares } from './grpo.ts';
import type { GrpoConfig } from './online-config.ts';
import { openSession } from './runtime/session.ts';

interface Golden {
  lengths: number[][];
  maxCompletionLength: number;
  logps: number[][];
  old: number[][];
  reference: number[][];
  advantages: number[];
  cases: {
    settings: Pick<GrpoConfig, 'loss_type' | 'beta' | 'epsilon'> & { epsilon_high?: number };
    isOwn: boolean;
    accumulation: number;
    perGeneration: number;
    sampledTokens: number;
    loss: number;
    gradient: number[][];
    metrics: Record<string, number>;
  }[];
}

const golden = JSON.parse(readFileSync(new URL('./fixtures/grpo.json', import.meta.url), 'utf8')) as Golden;

/** Loss, gradient by each log-prob, and the sums of metrics over counted tokens, in fp64. */
async function compute(
  settings: Pick<GrpoConfig, 'beta' | 'epsilon' | 'epsilon_high'>,
  shares: readonly number[],
  data: Pick<Golden, 'lengths' | 'logps' | 'old' | 'reference' | 'advantages'>,
  isOwn: boolean,
) {
  const g = new GraphBuilder('grpo', 'float64');
  const [rows, completions, span] = [data.lengths.length, data.lengths[0]?.length ?? 0, data.logps[0]?.length ?? 0];
  const shape = [rows, completions, span];
  const flat = (values: readonly number[]) => Float64Array.from(values);
  const lengths = data.lengths.flat();
  const perToken = (value: (response: number) => number) =>
    flat(lengths.flatMap((length, k) => Array.from({ length: span }, (_, i) => (i < length ? value(k) : 0))));
  const inputs = {
    logps: flat(data.logps.flat()),
    old: flat(data.old.flat()),
    reference: flat(data.reference.flat()),
    shares: perToken((k) => shares[k] ?? 0),
    counted: perToken(() => 1),
  };
  const values = Object.fromEntries(Object.keys(inputs).map((name) => [name, g.input(name, 'float64', shape)]));
  const value = (name: keyof typeof inputs) => values[name] as NonNullable<(typeof values)[string]>;
  const { loss, kl, isClipped } = grpoLoss({
    g,
    settings,
    logps: value('logps'),
    old: isOwn ? null : value('old'),
    reference: settings.beta > 0 ? value('reference') : null,
    advantages: g.input('advantages', 'float64', [rows, completions]),
    isToken: g.less(g.constant(0.5), value('counted')),
    shares: value('shares'),
  });
  g.output('loss', loss);
  g.output('clipped', g.reduceSum(g.mul(isClipped, value('counted')), [0, 1, 2]));
  if (kl) g.output('kl', g.reduceSum(g.mul(kl, value('counted')), [0, 1, 2]));
  const [gradient] = gradients(g, loss, [value('logps')]);
  if (gradient) g.output('gradient', gradient);
  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const feeds = Object.entries(inputs)
    .filter(([name]) => session.inputNames.includes(name))
    .map(([name, numbers]) => [name, { dtype: 'float64' as const, shape, data: numbers }]);
  const advantages = { dtype: 'float64' as const, shape: [rows, completions], data: flat(data.advantages) };
  const outputs = await session.run({ ...Object.fromEntries(feeds), advantages });
  await session.close();
  const number = (name: string) => Number(outputs[name]?.data[0]);
  return {
    loss: number('loss'),
    gradient: Array.from(outputs.gradient?.data as Float64Array),
    clipped: number('clipped'),
    kl: kl ? number('kl') : null,
  };
}

describe("TRL's loss", () => {
  test.each(
    golden.cases.map(
      (entry) =>
        [JSON.stringify({ ...entry.settings, own: entry.isOwn, accumulation: entry.accumulation }), entry] as const,
    ),
  )('%s', async (_, { settings, isOwn, accumulation, perGeneration, sampledTokens, ...expected }) => {
    const lengths = golden.lengths.flat();
    const shares = tokenShares(settings.loss_type, {
      lengths,
      sampledTokens,
      stepsPerPass: perGeneration / accumulation,
      accumulation,
      maxCompletionLength: golden.maxCompletionLength,
    });
    const found = await compute({ epsilon_high: null, ...settings }, shares, golden, isOwn);
    expect(found.loss).toBeCloseTo(expected.loss, 10);
    for (const [i, value] of expected.gradient.flat().entries()) expect(found.gradient[i]).toBeCloseTo(value, 10);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    expect(found.clipped / tokens).toBeCloseTo(expected.metrics['clip_ratio/region_mean'] ?? Number.NaN, 10);
    if (found.kl !== null) expect(found.kl / tokens).toBeCloseTo(expected.metrics.kl ?? Number.NaN, 10);
  });
  test('has cases with and without clipping, and with a response that is left out', () => {
    expect(golden.cases.some(({ metrics }) => (metrics['clip_ratio/region_mean'] ?? 0) > 0)).toBe(true);
    expect(golden.lengths.flat()).toContain(0);
  });
});

describe('by hand', () => {
  const one = {
    lengths: [[2, 1]],
    reference: [
      [0, 0],
      [0, 0],
    ],
    advantages: [1, -1],
  };
  test('the ratio is clipped on the side that the advantage pulls to, and has no gradient there', async () => {
    // Ratios 1.5 and 1.1 under A = 1, 0.5 under A = -1; clip at 0.8 and 1.2: -(1.2) - 1.1 + 0.8 = -1.5.
    const data = {
      ...one,
      logps: [
        [Math.log(1.5), Math.log(1.1)],
        [Math.log(0.5), 0],
      ],
      old: [
        [0, 0],
        [0, 0],
      ],
    };
    const { loss, gradient, clipped } = await compute(
      { beta: 0, epsilon: 0.2, epsilon_high: null },
      [1, 1],
      data,
      false,
    );
    expect(loss).toBeCloseTo(-1.5, 12);
    expect(clipped).toBe(2);
    expect(gradient).toEqual([0, expect.closeTo(-1.1, 12), 0, 0]);
  });
  test('k3 of a policy half as likely as its reference is 2 - ln 2 - 1', async () => {
    const data = {
      ...one,
      advantages: [0, 0],
      logps: [
        [0, 0],
        [Math.log(0.5), 0],
      ],
      old: [
        [0, 0],
        [0, 0],
      ],
    };
    const { loss, kl } = await compute({ beta: 0.1, epsilon: 0.2, epsilon_high: null }, [1, 1], data, true);
    expect(kl).toBeCloseTo(2 - Math.log(2) - 1, 12);
    expect(loss).toBeCloseTo(0.1 * (1 - Math.log(2)), 12);
  });
  test('padding, however unlikely, is no number that reaches the loss', async () => {
    const data = {
      ...one,
      logps: [
        [-1, -2],
        [-3, -2000],
      ],
      old: [
        [-1, -2],
        [-3, 0],
      ],
      reference: [
        [-1, -2],
        [-3, 2000],
      ],
    };
    const { loss, gradient } = await compute({ beta: 0.1, epsilon: 0.2, epsilon_high: null }, [1, 1], data, false);
    expect(loss).toBeCloseTo(-1 - 1 + 1, 12);
    expect(gradient[3]).toBe(0);
  });
});

describe('advantages', () => {
  const groups = [[1, 3], [2, 2], null, [0, 4]];
  test('over the group: the deviation of 1 and 3 is the root of 2', () => {
    const { advantages, flatShare } = groupAdvantages(groups, 'group');
    expect(advantages[0]?.[1]).toBeCloseTo(1 / (Math.SQRT2 + 1e-4), 12);
    expect(advantages[1]).toEqual([0, 0]);
    expect(advantages[2]).toEqual([0, 0]);
    expect(flatShare).toBeCloseTo(1 / 3, 12);
  });
  test('over the batch: the deviation of 1, 3, 2, 2, 0, 4 is the root of 2', () => {
    // Squares about the mean 2: 1 + 1 + 0 + 0 + 4 + 4 = 10, over 5.
    const { advantages } = groupAdvantages(groups, 'batch');
    expect(advantages[3]).toEqual([-2 / (Math.SQRT2 + 1e-4), 2 / (Math.SQRT2 + 1e-4)]);
  });
  test('without a scale: the distance itself', () => {
    expect(groupAdvantages(groups, 'none').advantages[0]).toEqual([-1, 1]);
  });
});
