// What a plan is the sum of: every size of batch that a run holds open, and what else stays open beside them.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter } from '../checkpoint/peft.ts';
import { loraConfigSchema } from '../config.ts';
import { inBuckets } from './buckets.ts';
import { scoringGraph } from './graph.ts';
import { describePlan, plannedGraphs, planTraining, withSampler, withScoring } from './plan.ts';
import { adapterPolicy } from './policy.ts';

const checkpoint = await openCheckpoint(fileURLToPath(new URL('../fixtures/llama', import.meta.url)));
const adapter = createAdapter(loraConfigSchema.parse({ r: 4 }), checkpoint.shapes, 1);
const policy = adapterPolicy(checkpoint, adapter, { device: 'cpu', isCheckpointed: false });
const graphOf = (length: number) => {
  const size = { rows: 2, completions: 1, length, span: 8 };
  return { size, build: (model: Parameters<typeof scoringGraph>[0]) => scoringGraph(model, size) };
};

test('sessions of several sizes keep what each has held', () => {
  const [short, long] = [graphOf(32), graphOf(64)];
  const [one, other] = [short, long].map((graph) => planTraining(checkpoint, policy, [graph]));
  const both = planTraining(checkpoint, policy, [short, long]);
  expect(both).toMatchObject({ rows: 2, length: 64, trainedParameters: one?.trainedParameters });
  const { peak, folded } = policy.measure(short.build);
  expect(both.weights).toBe((other?.weights ?? 0) + folded);
  expect(both.activations).toBe((other?.activations ?? 0) + peak);
  expect(both.process).toBeGreaterThan(other?.process ?? 0);
  expect(both.peak).toBe(both.weights + both.optimizer + both.activations + both.process);
});

test('there is a graph for each bucket, of what is held out too', () => {
  const row = (length: number) => ({ prompt: Array<number>(length).fill(1), completions: [[1, 2]] });
  const rows = inBuckets([...Array(8).fill(row(20)), ...Array(8).fill(row(100))], 2);
  const asked: [number, boolean][] = [];
  plannedGraphs(rows, rows.slice(0, 8), (alike, isTrained) => {
    asked.push([alike.length, isTrained]);
    return graphOf(32);
  });
  expect(asked).toEqual([
    [8, true],
    [8, true],
    [8, false],
  ]);
});

test('a sampler and scoring graphs count beside training', () => {
  const plan = planTraining(checkpoint, policy, [graphOf(32)]);
  const whole = withSampler(withScoring(plan, [{ weights: 9e6, folded: 1e6, peak: 2e6 }]), {
    weights: 5e6,
    cache: 7e6,
  });
  expect(whole.peak).toBe(plan.peak + 15e6);
  expect(describePlan(whole)).toContain("sampler's weights 5 MB and cache 7 MB");
  expect(describePlan(plan)).not.toContain('sampler');
});
