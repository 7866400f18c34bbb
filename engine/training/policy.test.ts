// What is trained, over every family: gradients with checkpointing are those without; over four-bit weights they are
// those of the weights that the four bits stand for; and the loss falls.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter } from '../checkpoint/peft.ts';
import { loraConfigSchema, loraTargetNames, trainConfigSchema } from '../config.ts';
import { GraphBuilder, type Value } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import { loraInputs, noLora } from '../models/lora.ts';
import { memoryWeights } from '../models/weights.ts';
import { adamW, createAdamWState } from '../optimizer.ts';
import type { TrainingPair } from '../ports.ts';
import { roundedWeights } from '../quantization/rounded-weights.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { packRows, sizeOf } from './batch.ts';
import { inFourBits } from './frozen.ts';
import { sftGraph } from './graph.ts';
import { adapterPolicy, type TrainedPolicy, wholePolicy } from './policy.ts';
import { packPreference } from './preference-batch.ts';
import { preferenceGraph } from './preference-graph.ts';
import type { ModelInputs } from './rows.ts';
import { tokenizePair } from './score.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const families = Object.keys(JSON.parse(await readFile(`${fixtures}gold.json`, 'utf8')));
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
const device = 'cpu';
const block = 32;
let cache = '';
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'rankloop-policy-'));
});
afterAll(() => rm(cache, { recursive: true }));

const settings = trainConfigSchema.parse({});
const batchOf = (checkpoint: Checkpoint) => {
  const rows = pairs.slice(0, 2).map((pair) => tokenizePair(checkpoint, pair));
  return { rows, size: { ...sizeOf(rows, rows.length), promptSpan: 0 } };
};

/** An adapter on every layer, the embedding and the head, whose B is not zero, so that A has gradients. */
function adapterOf(checkpoint: Checkpoint, r: number) {
  const adapter = createAdapter(
    loraConfigSchema.parse({ r, target_modules: [...loraTargetNames] }),
    checkpoint.shapes,
    3,
  );
  const random = createRandom(4);
  for (const { b } of adapter.modules.values()) b.data.set(b.data.map(() => 0.05 * random.normal()));
  return adapter;
}

const dpoFeeds = (checkpoint: Checkpoint): Record<string, Tensor> => {
  const { rows, size } = batchOf(checkpoint);
  const facts = { sign: 1, weight: 1, margin: null, criterion: null } as const;
  const batch = rows.map((row) => ({ row: { ...row, ...facts }, reference: [0, 0] }));
  return packPreference(
    batch,
    rows.map(() => 1 / rows.length),
    size,
    settings,
  );
};
const dpo = (checkpoint: Checkpoint) => (model: ModelInputs, trained: ReadonlyMap<string, Value>) =>
  preferenceGraph(model, batchOf(checkpoint).size, trained, settings, noLora);

/** Without dropout the batch's size does not matter. */
const policyFeeds = (policy: TrainedPolicy) =>
  policy.feeds({ rows: 0, completions: 0, length: 0, span: 0 }, { draw: 0, lossScale: 1 });

async function outputsOf(
  policy: TrainedPolicy,
  build: Parameters<TrainedPolicy['open']>[0],
  feeds: Record<string, Tensor>,
) {
  const session = await policy.open(build);
  const outputs = await session.run({ ...feeds, ...policyFeeds(policy) });
  await session.close();
  return outputs;
}

/** The distance between two sets of gradients, over their size. */
function distance(found: Record<string, Tensor>, expected: Record<string, Tensor>): number {
  let [apart, whole] = [0, 0];
  for (const [name, { data }] of Object.entries(expected)) {
    if (!name.startsWith('d ')) continue;
    const other = found[name]?.data as Float32Array;
    for (const [i, value] of (data as Float32Array).entries()) {
      apart += ((other[i] as number) - value) ** 2;
      whole += value ** 2;
    }
  }
  expect(whole).toBeGreaterThan(0);
  return Math.sqrt(apart / whole);
}

describe.each(families)('%s', (family) => {
  test('checkpointed gradients of adapters and of all weights are those that keep everything', async () => {
    const checkpoint = await openCheckpoint(fixtures + family);
    const adapter = adapterOf(checkpoint, 2);
    const graphs: OnnxGraph[] = [];
    const watched = (build: ReturnType<typeof dpo>) => (model: ModelInputs, trained: ReadonlyMap<string, Value>) => {
      const graph = build(model, trained);
      graphs.push(graph);
      return graph;
    };
    const adapters = await Promise.all(
      [false, true].map((isCheckpointed) =>
        outputsOf(
          adapterPolicy(checkpoint, adapter, { device, isCheckpointed }),
          watched(dpo(checkpoint)),
          dpoFeeds(checkpoint),
        ),
      ),
    );
    expect(distance(adapters[1] ?? {}, adapters[0] ?? {})).toBeLessThan(1e-5);
    const [plain, checkpointed] = graphs.map(({ nodes }) => nodes.filter(({ name }) => name.includes('/again/')));
    expect(plain).toHaveLength(0);
    expect(checkpointed?.length).toBeGreaterThan(0);

    const rows = batchOf(checkpoint).rows.map((row) => ({ ...row, completions: row.completions.slice(0, 1) }));
    const size = sizeOf(rows, rows.length);
    const whole = await Promise.all(
      [false, true].map(async (isCheckpointed) =>
        outputsOf(
          await wholePolicy(checkpoint, { device, isCheckpointed }),
          (model, trained) => sftGraph(model, size, trained),
          packRows(rows, size),
        ),
      ),
    );
    expect(distance(whole[1] ?? {}, whole[0] ?? {})).toBeLessThan(1e-5);
  });

  test('gradients over four-bit weights are within 1 % of those over what the four bits stand for', async () => {
    const checkpoint = await openCheckpoint(fixtures + family);
    const adapter = adapterOf(checkpoint, 2);
    const quantized = await inFourBits(checkpoint, cache);
    expect(quantized.quantized?.matrices.size).toBeGreaterThan(0);
    const feeds = dpoFeeds(checkpoint);
    for (const isCheckpointed of [false, true]) {
      const policy = adapterPolicy(quantized, adapter, { device, isCheckpointed });
      const found = await outputsOf(policy, dpo(checkpoint), feeds);
      const expected = await dequantized(checkpoint, adapter, { ...feeds, ...policyFeeds(policy) });
      expect(distance(found, expected)).toBeLessThan(1e-2);
      expect(Number(found.loss?.data[0])).toBeCloseTo(Number(expected.loss?.data[0]), 2);
    }
  });
});

/** The same step over plain weights, each rounded to what its four bits stand for. */
async function dequantized(
  checkpoint: Checkpoint,
  adapter: ReturnType<typeof adapterOf>,
  feeds: Record<string, Tensor>,
) {
  const rounded = await roundedWeights(checkpoint, block);
  const g = new GraphBuilder('dequantized');
  const modules = [...adapter.modules.keys()];
  const { source, values } = loraInputs(g, checkpoint.shapes, modules, adapter.shape.r, adapter.scale);
  const model = { g, config: checkpoint.config, weights: memoryWeights(g, rounded), lora: source };
  const session = await openSession(dpo(checkpoint)(model, values), { device });
  const outputs = await session.run(feeds);
  await session.close();
  return outputs;
}

test.each(['llama', 'gemma2', 'qwen2'])(
  '%s in half precision has the gradients of fp32, to its accuracy',
  async (family) => {
    const checkpoint = await openCheckpoint(fixtures + family);
    const adapter = adapterOf(checkpoint, 4);
    const outputs = (compute: 'float16' | 'float32', isCheckpointed: boolean) =>
      outputsOf(
        adapterPolicy({ ...checkpoint, compute }, adapter, { device, isCheckpointed }),
        dpo(checkpoint),
        dpoFeeds(checkpoint),
      );
    const exact = await outputs('float32', false);
    for (const isCheckpointed of [false, true]) {
      const half = await outputs('float16', isCheckpointed);
      for (const { dtype } of Object.values(half)) expect(dtype).toBe('float32');
      expect(distance(half, exact)).toBeLessThan(2e-2);
      expect(Number(half.loss?.data[0])).toBeCloseTo(Number(exact.loss?.data[0]), 2);
    }
  },
);

test('an adapter over a four-bit base learns', async () => {
  const checkpoint = await openCheckpoint(`${fixtures}llama`);
  const quantized = await inFourBits(checkpoint, cache);
  const policy = adapterPolicy(quantized, adapterOf(checkpoint, 4), { device, isCheckpointed: false });
  const session = await policy.open(dpo(checkpoint));
  const states = new Map([...policy.tensors].map(([name, { data }]) => [name, createAdamWState(data.length)]));
  const adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  const losses: number[] = [];
  for (let step = 1; step <= 8; step++) {
    const outputs = await session.run({ ...dpoFeeds(checkpoint), ...policyFeeds(policy) });
    losses.push(Number(outputs.loss?.data[0]));
    for (const [name, { data }] of policy.tensors) {
      const state = states.get(name);
      if (state) adamW(data, outputs[`d ${name}`]?.data as Float32Array, state, step, adam);
    }
  }
  await session.close();
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
});
