// Each loss against values worked out by hand, through the graph in fp64.
import { expect, test } from 'vitest';
import { GraphBuilder } from './graph/builder.ts';
import { losses } from './losses.ts';
import { openSession } from './runtime/session.ts';

async function lossOf(logps: [number, number, number, number], beta: number, labelSmoothing: number): Promise<number> {
  const g = new GraphBuilder('loss', 'float64');
  const values = logps.map((logp, i) => g.initializer(`logp${i}`, 'float64', [1], Float64Array.of(logp)));
  const [chosen, rejected, referenceChosen, referenceRejected] = values as [never, never, never, never];
  const policy = { chosen, rejected };
  const reference = { chosen: referenceChosen, rejected: referenceRejected };
  g.output('loss', losses.sigmoid({ g, policy, reference, beta, labelSmoothing }));
  const session = await openSession(g.build(), { device: 'cpu', optimization: 'basic' });
  const { loss } = await session.run({});
  await session.close();
  return Number(loss?.data[0]);
}

test('sigmoid: h = (-10 + 12) - (-11 + 11) = 2', async () => {
  expect(await lossOf([-10, -12, -11, -11], 0.5, 0)).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
  expect(await lossOf([-10, -12, -10, -12], 0.5, 0)).toBeCloseTo(Math.LN2, 12);
});

test('label smoothing mixes the two ways round: 0.9 softplus(-1) + 0.1 softplus(1)', async () => {
  const expected = 0.9 * Math.log(1 + Math.exp(-1)) + 0.1 * Math.log(1 + Math.exp(1));
  expect(await lossOf([-10, -12, -11, -11], 0.5, 0.1)).toBeCloseTo(expected, 12);
});

test('does not overflow far from zero', async () => {
  expect(await lossOf([-1000, -10, -10, -1000], 1, 0)).toBeCloseTo(1980, 9);
  expect(await lossOf([-10, -1000, -1000, -10], 1, 0)).toBeCloseTo(0, 12);
});
