// Each loss against its formula written a second time in plain numbers (fp64), in value and, by finite differences of
// that formula, in gradient; and some against values worked out by hand. The formulas are a table over all names, so
// that a new loss cannot skip it.
import { describe, expect, test } from 'vitest';
import { gradients } from './autodiff/gradient.ts';
import { trainConfigSchema } from './config.ts';
import { divergences } from './divergences.ts';
import { GraphBuilder, type Value } from './graph/builder.ts';
import {
  type DivergenceName,
  divergenceNames,
  type LossSettings,
  type PairLossName,
  pairLossNames,
  type UnpairedLossName,
  unpairedLossNames,
} from './loss-config.ts';
import { pairLoss, pairLosses, unpairedLoss, unpairedLosses } from './losses.ts';
import { openSession } from './runtime/session.ts';

/** A batch of pairs in plain numbers; `w` is chosen, `l` rejected. */
interface Pairs {
  policyW: number[];
  policyL: number[];
  referenceW: number[];
  referenceL: number[];
  tokensW: number[];
  tokensL: number[];
  promptLogp: number[];
  promptTokens: number[];
  divergenceW: number[];
  divergenceL: number[];
  margin: number[];
}
type Name = keyof Pairs;

const pairs: Pairs = {
  policyW: [-10.3, -31.2, -7.9],
  policyL: [-12.25, -28.6, -15.3],
  referenceW: [-11, -30.1, -8.4],
  referenceL: [-11.6, -29.9, -14.2],
  tokensW: [5, 12, 3],
  tokensL: [6, 9, 11],
  promptLogp: [-20.5, -13.1, -40.2],
  promptTokens: [9, 6, 17],
  divergenceW: [0.31, 0.62, 0.14],
  divergenceL: [0.45, 0.2, 0.73],
  margin: [0.5, 1, 0.25],
};
/** Those that a gradient is taken of: the others come from the reference, the data, or behind a stop. */
const differentiable: Name[] = ['policyW', 'policyL', 'promptLogp', 'divergenceL'];

const settingsOf = (values: Record<string, unknown>): LossSettings => trainConfigSchema.parse(values);

const softplus = (x: number) => Math.log(1 + Math.exp(x));
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const ascending = (values: number[]) => [...values].sort((a, b) => a - b);

const plainDivergence: { [D in DivergenceName]: (r: number, alpha: number) => number } = {
  reverse_kl: (r) => r,
  forward_kl: (r) => 1 - Math.exp(-r),
  js_divergence: (r) => Math.log((2 * Math.exp(r)) / (Math.exp(r) + 1)),
  alpha_divergence: (r, alpha) => (Math.exp((alpha - 1) * r) - 1) / (alpha - 1),
};

/** The numbers that most formulas are written in, for pair i. */
function pairAt(p: Pairs, i: number, s: LossSettings) {
  const at = (name: Name) => p[name][i] as number;
  const rw = at('policyW') - at('referenceW');
  const rl = at('policyL') - at('referenceL');
  const score = (r: number) => plainDivergence[s.f_divergence_type](r, s.f_alpha_divergence_coef);
  const [cw, cl] = [score(rw), score(rl)];
  const demanded = s.margin_scale * at('margin');
  const smoothed = (x: number) =>
    (1 - s.label_smoothing) * softplus(demanded - x) + s.label_smoothing * softplus(x - demanded);
  return { at, rw, rl, cw, cl, h: cw - cl, demanded, smoothed, b: s.beta, e: s.label_smoothing };
}
type PairNumbers = ReturnType<typeof pairAt>;

const each = (formula: (x: PairNumbers, s: LossSettings) => number) => (p: Pairs, s: LossSettings) =>
  p.policyW.map((_, i) => formula(pairAt(p, i, s), s));
/** A mean over the batch, told as parts whose mean it is. */
const partsOf = (logps: number[], tokens: number[]) => logps.map((x) => (-x * logps.length) / sum(tokens));

const plain: { [L in PairLossName]: (p: Pairs, s: LossSettings) => number[] } = {
  sigmoid: each(({ b, h, smoothed }) => smoothed(b * h)),
  sigmoid_norm: each(({ b, cw, cl, at, smoothed }) => smoothed(b * (cw / at('tokensW') - cl / at('tokensL')))),
  hinge: each(({ b, h, demanded }) => Math.max(0, 1 - (b * h - demanded))),
  ipo: each(({ b, cw, cl, at }) => (cw / at('tokensW') - cl / at('tokensL') - 1 / (2 * b)) ** 2),
  robust: each(
    ({ b, h, e, demanded }) => ((1 - e) * softplus(-(b * h - demanded)) - e * softplus(b * h - demanded)) / (1 - 2 * e),
  ),
  exo_pair: each(({ b, h, e }) => {
    const [p, q] = [sigma(b * h), sigma(-b * h)];
    return p * (Math.log(p) - Math.log(1 - e)) + q * (Math.log(q) - Math.log(e));
  }),
  nca_pair: each(
    ({ b, rw, rl }) => -Math.log(sigma(b * rw)) - (Math.log(sigma(-b * rw)) + Math.log(sigma(-b * rl))) / 2,
  ),
  bco_pair: each(({ b, rw, rl }) => -Math.log(sigma(b * rw)) - Math.log(sigma(-b * rl))),
  sppo_hard: each(({ b, rw, rl }) => (rw - 0.5 / b) ** 2 + (rl + 0.5 / b) ** 2),
  aot: (p, s) => {
    const policy = ascending(p.policyW.map((x, i) => x - (p.policyL[i] as number)));
    const reference = ascending(p.referenceW.map((x, i) => x - (p.referenceL[i] as number)));
    return policy.map((x, i) => pairAt(p, i, s).smoothed(s.beta * (x - (reference[i] as number))));
  },
  aot_unpaired: (p, s) => {
    const w = ascending(p.policyW.map((_, i) => pairAt(p, i, s).rw));
    const l = ascending(p.policyW.map((_, i) => pairAt(p, i, s).rl));
    return w.map((x, i) => pairAt(p, i, s).smoothed(s.beta * (x - (l[i] as number))));
  },
  apo_zero: each(({ b, rw, rl }) => 1 - sigma(b * rw) + sigma(b * rl)),
  apo_down: each(({ b, rw, rl }) => sigma(b * rw) + 1 - sigma(b * (rw - rl))),
  discopop: each(({ b, h }, { discopop_tau: tau }) => {
    const m = sigma((b * h) / tau);
    return -Math.log(sigma(b * h)) * (1 - m) + Math.exp(-b * h) * m;
  }),
  rdpo: each(({ b, h, at, smoothed }, { rdpo_alpha: a }) => smoothed(b * h + a * (at('tokensW') - at('tokensL')))),
  dpop: each(({ b, rw, rl, smoothed }, { dpop_lambda: l }) => smoothed(b * (rw - rl - l * Math.max(0, -rw)))),
  tdpo2: each(({ b, rw, rl, at, smoothed }, { tdpo_alpha: a }) =>
    smoothed(b * (rw - rl - a * (at('divergenceL') - at('divergenceW')))),
  ),
  orpo: (p, s) => {
    const whole = (x: number[], y: number[]) => x.map((value, i) => value + (y[i] as number));
    const nll = partsOf(whole(p.policyW, p.promptLogp), whole(p.tokensW, p.promptTokens));
    return each(({ b, at }) => {
      const odds = (x: number) => Math.exp(x) / (1 - Math.exp(x));
      const ratio = odds(at('policyW') / at('tokensW')) / odds(at('policyL') / at('tokensL'));
      return -b * Math.log(ratio / (1 + ratio));
    })(p, s).map((part, i) => part + (nll[i] as number));
  },
  simpo: each(({ b, at, smoothed }, { simpo_gamma: gamma }) =>
    smoothed(b * (at('policyW') / at('tokensW') - at('policyL') / at('tokensL')) - gamma),
  ),
  cpo: (p, s) => {
    const nll = partsOf(p.policyW, p.tokensW);
    return each(({ b, at, smoothed }) => smoothed(b * (at('policyW') - at('policyL'))))(p, s).map(
      (part, i) => part + s.cpo_alpha * (nll[i] as number),
    );
  },
  sft: (p) => partsOf(p.policyW, p.tokensW),
};

/** Settings that bring out every part of a formula. */
const cases: { [L in PairLossName]: Record<string, unknown>[] } = {
  sigmoid: [{}, { label_smoothing: 0.1 }, { beta: 2, margin_scale: 0.7 }, { f_divergence_type: 'js_divergence' }],
  sigmoid_norm: [{ beta: 5 }, { beta: 5, f_divergence_type: 'forward_kl', margin_scale: 0.1 }],
  hinge: [{}, { beta: 0.9, margin_scale: 0.3 }, { beta: 0.4, f_divergence_type: 'alpha_divergence' }],
  ipo: [{}, { beta: 0.5, f_divergence_type: 'alpha_divergence', f_alpha_divergence_coef: 0.3 }],
  robust: [{ label_smoothing: 0.1 }, { label_smoothing: 0.3, beta: 1, margin_scale: 0.2 }],
  exo_pair: [{ label_smoothing: 0.1 }, { label_smoothing: 1e-3, beta: 1, f_divergence_type: 'forward_kl' }],
  nca_pair: [{}, { beta: 1 }],
  bco_pair: [{}, { beta: 1 }],
  sppo_hard: [{}, { beta: 0.5 }],
  aot: [{}, { beta: 1, label_smoothing: 0.2 }],
  aot_unpaired: [{}, { beta: 1, label_smoothing: 0.2 }],
  apo_zero: [{}, { beta: 1 }],
  apo_down: [{}, { beta: 1 }],
  discopop: [{}, { beta: 0.2, discopop_tau: 0.3 }],
  rdpo: [{}, { beta: 0.5, rdpo_alpha: 0.2, label_smoothing: 0.1, margin_scale: 0.4 }],
  dpop: [{}, { beta: 0.5, dpop_lambda: 5, label_smoothing: 0.1 }],
  tdpo2: [{}, { beta: 0.5, tdpo_alpha: 1.5, label_smoothing: 0.1 }],
  orpo: [{}, { beta: 0.7 }],
  simpo: [{ beta: 2 }, { beta: 2.5, simpo_gamma: 1.2, label_smoothing: 0.1, margin_scale: 1 }],
  cpo: [{}, { beta: 0.5, cpo_alpha: 0.3, label_smoothing: 0.1 }],
  sft: [{}],
};

/** The graph's losses, the gradients of their mean, and where asked, with rows of padding behind the pairs. */
async function computed(settings: LossSettings, batch = pairs, padding = 0) {
  const count = batch.policyW.length + padding;
  const g = new GraphBuilder('loss', 'float64');
  const names = Object.keys(batch) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, g.input(name, 'float64', [count])])) as Record<
    Name,
    Value
  >;
  const isPair = g.initializer(
    'isPair',
    'bool',
    [count],
    Uint8Array.from({ length: count }, (_, i) => +(i < count - padding)),
  );
  const losses = pairLoss({
    g,
    settings,
    policy: { chosen: values.policyW, rejected: values.policyL },
    reference: { chosen: values.referenceW, rejected: values.referenceL },
    tokens: { chosen: values.tokensW, rejected: values.tokensL },
    isPair,
    likelihood: {
      chosen: values.policyW,
      whole: { logps: g.add(values.policyW, values.promptLogp), tokens: g.add(values.tokensW, values.promptTokens) },
    },
    divergence: { chosen: values.divergenceW, rejected: values.divergenceL },
    offset: settings.margin_scale > 0 ? g.mul(values.margin, settings.margin_scale) : null,
  });
  const share = Float64Array.from({ length: count }, (_, i) => (i < count - padding ? 1 / (count - padding) : 0));
  const loss = g.reduceSum(g.mul(losses, g.initializer('share', 'float64', [count], share)), [0]);
  g.output('losses', losses);
  g.output('loss', loss);
  const found = gradients(
    g,
    loss,
    names.map((name) => values[name]),
  );
  for (const [i, name] of names.entries()) g.output(`d ${name}`, found[i] as Value);
  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const feeds = Object.fromEntries(
    names.map((name) => [
      name,
      {
        dtype: 'float64' as const,
        shape: [count],
        data: Float64Array.from({ length: count }, (_, i) => batch[name][i] ?? (/okens/.test(name) ? 1 : -1)),
      },
    ]),
  );
  const outputs = await session.run(feeds);
  await session.close();
  return (name: string) => Array.from((outputs[name]?.data ?? []) as Float64Array);
}

describe('pair losses', () => {
  test.each(pairLossNames)('%s: values and gradients of its formula', async (name) => {
    expect(Object.keys(pairLosses)).toContain(name);
    for (const [i, values] of cases[name].entries()) {
      const settings = settingsOf({ loss_type: name, ...values });
      const label = `${name} case ${i}`;
      const output = await computed(settings);
      const losses = output('losses');
      for (const [k, expected] of plain[name](pairs, settings).entries()) {
        expect(Math.abs((losses[k] ?? Number.NaN) - expected), `${label}: pair ${k}`).toBeLessThan(
          1e-11 * (1 + expected),
        );
      }
      const meanAt = (batch: Pairs) => sum(plain[name](batch, settings)) / batch.policyW.length;
      for (const input of differentiable) {
        const gradient = output(`d ${input}`);
        for (const [k, value] of pairs[input].entries()) {
          const shifted = (by: number) =>
            meanAt({ ...pairs, [input]: pairs[input].map((x, j) => (j === k ? value + by : x)) });
          const step = 1e-4;
          const numeric =
            (8 * (shifted(step) - shifted(-step)) - (shifted(2 * step) - shifted(-2 * step))) / (12 * step);
          expect(Math.abs(numeric - (gradient[k] ?? Number.NaN)), `${label}: d ${input}[${k}]`).toBeLessThan(1e-9);
        }
      }
    }
  });

  test.each(pairLossNames)('%s: rows that only fill the batch change nothing and get no gradient', async (name) => {
    const settings = settingsOf({ loss_type: name, ...cases[name][0] });
    const [alone, padded] = [await computed(settings), await computed(settings, pairs, 2)];
    expect(padded('loss')[0]).toBeCloseTo(alone('loss')[0] ?? Number.NaN, 12);
    for (const input of differentiable) {
      const gradient = padded(`d ${input}`);
      for (const [k, value] of alone(`d ${input}`).entries()) expect(gradient[k]).toBeCloseTo(value, 12);
      expect(gradient.slice(3).map(Math.abs)).toEqual([0, 0]);
    }
  });

  test('are a weighted sum: MPO', async () => {
    const settings = settingsOf({ loss_type: ['sigmoid', 'bco_pair', 'sft'], loss_weights: [0.8, 0.2, 1] });
    const part = (name: PairLossName) => plain[name](pairs, settings);
    const expected = part('sigmoid').map(
      (x, i) => 0.8 * x + 0.2 * (part('bco_pair')[i] as number) + (part('sft')[i] as number),
    );
    for (const [i, loss] of (await computed(settings))('losses').entries())
      expect(loss).toBeCloseTo(expected[i] ?? 0, 12);
  });
});

const onePair = (logps: [number, number, number, number]): Pairs => ({
  policyW: [logps[0]],
  policyL: [logps[1]],
  referenceW: [logps[2]],
  referenceL: [logps[3]],
  tokensW: [4],
  tokensL: [8],
  promptLogp: [-6],
  promptTokens: [4],
  divergenceW: [0.2],
  divergenceL: [0.5],
  margin: [1],
});
const lossOf = async (values: Record<string, unknown>, logps: [number, number, number, number]) =>
  (await computed(settingsOf(values), onePair(logps)))('losses')[0] ?? Number.NaN;

describe('worked out by hand', () => {
  test('sigmoid: h = (-10 + 12) - (-11 + 11) = 2', async () => {
    expect(await lossOf({ beta: 0.5 }, [-10, -12, -11, -11])).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
    expect(await lossOf({ beta: 0.5 }, [-10, -12, -10, -12])).toBeCloseTo(Math.LN2, 12);
  });

  test('label smoothing mixes the two ways round: 0.9 softplus(-1) + 0.1 softplus(1)', async () => {
    const expected = 0.9 * Math.log(1 + Math.exp(-1)) + 0.1 * Math.log(1 + Math.exp(1));
    expect(await lossOf({ beta: 0.5, label_smoothing: 0.1 }, [-10, -12, -11, -11])).toBeCloseTo(expected, 12);
  });

  test('does not overflow far from zero', async () => {
    expect(await lossOf({ beta: 1 }, [-1000, -10, -10, -1000])).toBeCloseTo(1980, 9);
    expect(await lossOf({ beta: 1 }, [-10, -1000, -1000, -10])).toBeCloseTo(0, 12);
    expect(await lossOf({ loss_type: 'discopop', beta: 1 }, [-1000, -10, -10, -1000])).toBeCloseTo(1980, 9);
  });

  // rw = 1, rl = -1, h = 2; 4 and 8 tokens; KL 0.2 and 0.5.
  const logps: [number, number, number, number] = [-10, -12, -11, -11];
  test.each([
    [{ loss_type: 'hinge', beta: 0.25 }, 0.5],
    [{ loss_type: 'ipo', beta: 2 }, (1 / 4 + 1 / 8 - 1 / 4) ** 2],
    [{ loss_type: 'sigmoid_norm', beta: 8 }, 0.04858735157374206], // softplus(-3)
    [{ loss_type: 'sppo_hard', beta: 1 }, 0.5],
    [{ loss_type: 'apo_zero', beta: 1 }, 0.5378828427399902], // 2 s(-1)
    [{ loss_type: 'dpop', beta: 0.5 }, 0.31326168751822286], // chosen has gained: softplus(-1)
    [{ loss_type: 'rdpo', beta: 0.5, rdpo_alpha: 0.25 }, Math.LN2], // 1 + 0.25 (4 - 8) = 0
    [{ loss_type: 'tdpo2', beta: 1, tdpo_alpha: 10 }, 1.3132616875182228], // 2 - 10 x 0.3 = -1
    [{ loss_type: 'simpo', beta: 1, simpo_gamma: 0 }, 1.3132616875182228], // -10/4 + 12/8 = -1
    [{ loss_type: 'cpo', beta: 0.5, cpo_alpha: 2 }, 0.31326168751822286 + 2 * 2.5],
    [{ loss_type: 'sft' }, 2.5],
  ])('%j', async (values, expected) => {
    expect(await lossOf(values, logps)).toBeCloseTo(expected, 12);
  });

  test('ORPO at equal odds: the NLL of prompt and chosen, and beta ln 2', async () => {
    const loss = await lossOf({ loss_type: 'orpo', beta: 0.3 }, [-10, -20, 0, 0]); // -2.5 a token on either side
    expect(loss).toBeCloseTo(16 / 8 + 0.3 * Math.LN2, 12);
  });

  test('ORPO keeps its digits where a probability is near one', async () => {
    const loss = await lossOf({ loss_type: 'orpo', beta: 1 }, [-4e-9, -8e-4, 0, 0]); // p = 1 - 1e-9 and 1 - 1e-4
    const odds = (p: number) => Math.exp(-p) / -Math.expm1(-p);
    expect(loss).toBeCloseTo((6 + 4e-9) / 8 + Math.log1p(odds(1e-4) / odds(1e-9)), 12);
  });
});

describe('f-divergences', () => {
  test.each(divergenceNames)('%s is 0 where policy and reference agree, and bounded far from there', async (name) => {
    const g = new GraphBuilder('divergence', 'float64');
    const ratios = g.initializer('ratios', 'float64', [4], Float64Array.of(0, 0.7, -1.3, -500));
    g.output('scores', divergences[name](g, ratios, settingsOf({ f_divergence_type: name })));
    const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
    const scores = Array.from((await session.run({})).scores?.data as Float64Array);
    await session.close();
    expect(scores[0]).toBeCloseTo(0, 12);
    expect(scores[1]).toBeCloseTo(plainDivergence[name](0.7, 0.5), 12);
    expect(scores[2]).toBeCloseTo(plainDivergence[name](-1.3, 0.5), 12);
    expect(Math.abs(scores[3] ?? Number.NaN)).toBeLessThan(1e36);
  });
});

describe('losses of single completions', () => {
  const examples = { policy: [-10, -12.5, -7], reference: [-11, -12, -7.25], sign: [1, -1, -1] };
  const formulas: { [L in UnpairedLossName]: (r: number, isDesirable: boolean, s: LossSettings, z: number) => number } =
    {
      kto: (r, isDesirable, s, z) =>
        isDesirable
          ? s.desirable_weight * (1 - sigma(s.beta * (r - z)))
          : s.undesirable_weight * (1 - sigma(s.beta * (z - r))),
      apo_zero_unpaired: (r, isDesirable, s) =>
        isDesirable ? s.desirable_weight * (1 - sigma(s.beta * r)) : s.undesirable_weight * sigma(s.beta * r),
    };

  test.each(unpairedLossNames)('%s: values and gradients of its formula', async (name) => {
    expect(Object.keys(unpairedLosses)).toContain(name);
    for (const values of [{}, { beta: 0.7, desirable_weight: 1.5, undesirable_weight: 0.4 }]) {
      const settings = settingsOf({ loss_type: name, ...values });
      const g = new GraphBuilder('loss', 'float64');
      const input = (key: keyof typeof examples) =>
        g.initializer(key, 'float64', [3], Float64Array.from(examples[key]));
      const policy = g.input('given', 'float64', [3]);
      const losses = unpairedLoss({
        g,
        settings,
        policy,
        reference: input('reference'),
        sign: input('sign'),
        baseline: g.constant(0.3),
      });
      g.output('losses', losses);
      g.output('gradient', gradients(g, g.reduceSum(losses, [0]), [policy])[0] as Value);
      const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
      const outputs = await session.run({
        given: { dtype: 'float64', shape: [3], data: Float64Array.from(examples.policy) },
      });
      await session.close();
      for (const [i, logp] of examples.policy.entries()) {
        const at = (x: number) =>
          formulas[name](x - (examples.reference[i] as number), examples.sign[i] === 1, settings, 0.3);
        expect(outputs.losses?.data[i]).toBeCloseTo(at(logp), 12);
        expect(outputs.gradient?.data[i]).toBeCloseTo((at(logp + 1e-5) - at(logp - 1e-5)) / 2e-5, 8);
      }
    }
  });

  test('KTO by hand: at the baseline a desirable completion costs half its weight', () => {
    expect(formulas.kto(0.3, true, settingsOf({ loss_type: 'kto', desirable_weight: 3 }), 0.3)).toBe(1.5);
  });
});
