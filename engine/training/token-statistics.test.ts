// What the head says of tokens, against plain numbers in fp64, and the gradients that it has.
import { describe, expect, test } from 'vitest';
import { gradients } from '../autodiff/gradient.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import { openSession } from '../runtime/session.ts';
import { type TokenSlots, tokenDivergences, tokenStatistics } from './log-probs.ts';

const [states, width, vocabulary] = [4, 3, 5];
const random = createRandom(5);
const matrix = (rows: number) =>
  Array.from({ length: rows }, () => Array.from({ length: width }, () => random.normal()));
const [hidden, other, head] = [matrix(states), matrix(states), matrix(vocabulary)];
const at = [3, 0, 2, 0];
const labels = [1, 4, 0, 2];

const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
function distribution(state: number[], softcap: number | null) {
  const logits = head
    .map((row) => dot(state, row))
    .map((x) => (softcap === null ? x : softcap * Math.tanh(x / softcap)));
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return { logits, logps: logits.map((x) => x - total) };
}
const stateAt = (rows: number[][], i: number) => rows[at[i] as number] as number[];

type Names = 'hidden' | 'other' | 'head' | keyof TokenSlots;

async function run(build: (g: GraphBuilder, values: Record<Names, Value>) => Record<string, Value>) {
  const g = new GraphBuilder('head', 'float64');
  const floats = (name: string, rows: number[][]) =>
    g.initializer(name, 'float64', [rows.length, width], Float64Array.from(rows.flat()));
  const ints = (name: string, values: number[]) =>
    g.initializer(name, 'int64', [values.length], BigInt64Array.from(values.map(BigInt)));
  const values = {
    hidden: floats('hidden', hidden),
    other: floats('other', other),
    head: floats('head', head),
    at: ints('at', at),
    labels: ints('labels', labels),
    order: ints('order', [0, 1, 2, 3]),
    places: ints('places', [0, 1, 2, 3]),
    count: g.constant(at.length, 'int64'),
  };
  for (const [name, value] of Object.entries(build(g, values))) g.output(name, value);
  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const outputs = await session.run({});
  await session.close();
  return outputs;
}

describe.each([null, 1.5])('with soft-cap %s', (softcap) => {
  test('statistics of a token are those of its distribution', async () => {
    const outputs = await run((g, { hidden, head, ...slots }) => {
      const products = [{ x: hidden, matrix: head, isTrained: false }];
      return { ...tokenStatistics(g, { ...slots, products }, softcap) };
    });
    for (const [i, label] of labels.entries()) {
      const { logits, logps } = distribution(stateAt(hidden, i), softcap);
      const expected = {
        logps: logps[label],
        entropy: -logps.reduce((sum, x) => sum + Math.exp(x) * x, 0),
        sumSquares: Math.log(logps.reduce((sum, x) => sum + Math.exp(2 * x), 0)),
        meanLogit: logits.reduce((sum, x) => sum + x, 0) / vocabulary,
        isLikeliest: logits[label] === Math.max(...logits) ? 1 : 0,
      };
      for (const [name, value] of Object.entries(expected))
        expect(outputs[name]?.data[i], name).toBeCloseTo(value ?? 0, 12);
    }
  });

  test("the divergence from a reference, and the policy's gradient of it", async () => {
    const weights = [0.3, -1, 2, 0.7];
    const outputs = await run((g, { hidden, other, head, ...slots }) => {
      const through = (x: Value) => [{ x, matrix: head, isTrained: false }];
      const models = { policy: through(hidden), reference: through(other) };
      const divergences = tokenDivergences(g, { ...slots, ...models }, softcap);
      const weighted = g.mul(divergences, g.initializer('weights', 'float64', [4], Float64Array.from(weights)));
      const [dHidden, dOther] = gradients(g, g.reduceSum(weighted, [0]), [hidden, other]);
      return { divergences, dHidden: dHidden as Value, dOther: dOther as Value };
    });
    const divergencesOf = (policy: number[][]) =>
      at.map((_, i) => {
        const [p, r] = [
          distribution(stateAt(policy, i), softcap).logps,
          distribution(stateAt(other, i), softcap).logps,
        ];
        return r.reduce((sum, x, v) => sum + Math.exp(x) * (x - (p[v] as number)), 0);
      });
    const totalOf = (policy: number[][]) => dot(divergencesOf(policy), weights);
    for (const [i, value] of divergencesOf(hidden).entries())
      expect(outputs.divergences?.data[i]).toBeCloseTo(value, 12);
    for (let k = 0; k < states * width; k++) {
      const shifted = (by: number) =>
        totalOf(hidden.map((row, r) => row.map((x, c) => (r * width + c === k ? x + by : x))));
      expect(outputs.dHidden?.data[k]).toBeCloseTo((shifted(1e-5) - shifted(-1e-5)) / 2e-5, 7);
      expect(outputs.dOther?.data[k]).toBe(0);
    }
  });
});
