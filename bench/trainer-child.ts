// One of our own contestants of `bench trainer`, alone in its process: `trainer-child.ts <work as JSON> <what>`.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { createAdapter } from '../engine/checkpoint/peft.ts';
import { type LoraModule, loraConfigSchema, trainConfigSchema } from '../engine/config.ts';
import { GraphBuilder, type Value } from '../engine/graph/builder.ts';
import { noLora } from '../engine/models/lora.ts';
import { adamW, clipScale, createAdamWState, globalNorm } from '../engine/optimizer.ts';
import { openSession, type Tensor } from '../engine/runtime/session.ts';
import { packRows, sizeOf } from '../engine/training/batch.ts';
import { inFourBits } from '../engine/training/frozen.ts';
import { scoringGraph } from '../engine/training/graph.ts';
import { planTraining } from '../engine/training/plan.ts';
import { adapterPolicy, type BuildGraph } from '../engine/training/policy.ts';
import { type PreferenceRow, packPreference, preferenceSizeOf } from '../engine/training/preference-batch.ts';
import { preferenceGraph } from '../engine/training/preference-graph.ts';
import { peakBytes } from './peak.ts';
import { type TrainingReply, type TrainingWork, trainingWorkSchema } from './training-work.ts';

interface Step {
  run(): Promise<void>;
  plannedBytes?: number;
}

/** A step, its forward alone, and the same products as bare matrix multiplications. */
const kinds: Record<string, (work: TrainingWork) => Promise<Step>> = { step, forward, gemm };

const [json = '', kind = ''] = process.argv.slice(2);
const reply = (value: TrainingReply) => writeSync(3, `${JSON.stringify(value)}\n`);

try {
  const open = kinds[kind];
  if (!open) throw new Error(`There is no "${kind}" to measure.`);
  reply({ version: process.versions.node, baselineBytes: peakBytes() });
  const { run, ...planned } = await open(trainingWorkSchema.parse(JSON.parse(json)));
  reply({ isOpen: true, openedBytes: peakBytes(), ...planned });
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = performance.now();
    await run();
    reply({ seconds: (performance.now() - started) / 1000, peakBytes: peakBytes() });
  }
} catch (error) {
  reply({ error: error instanceof Error ? error.message : String(error) });
}
process.exit();

async function prepare(work: TrainingWork) {
  const stored = await openCheckpoint(work.folder);
  const checkpoint = work.isQuantized ? await inFourBits(stored, work.scratch) : stored;
  const lora = loraConfigSchema.parse({
    r: work.r,
    lora_alpha: 2 * work.r,
    target_modules: work.modules as LoraModule[],
  });
  const adapter = createAdapter(lora, checkpoint.shapes, 1);
  const rows = work.pairs.map(
    ({ prompt, chosen, rejected }): PreferenceRow => ({
      prompt,
      completions: [chosen, rejected],
      sign: 1,
      weight: 1,
      margin: null,
      criterion: null,
    }),
  );
  const { device, isCheckpointed } = work;
  return { checkpoint, rows, policy: adapterPolicy(checkpoint, adapter, { device, isCheckpointed }) };
}

/** All that a step of the trainer does: the batch packed, loss and gradients, clipping, AdamW. */
async function step(work: TrainingWork): Promise<Step> {
  const { checkpoint, rows, policy } = await prepare(work);
  const settings = trainConfigSchema.parse({});
  const size = preferenceSizeOf(rows, rows.length, settings);
  const build: BuildGraph = (model, trained) => preferenceGraph(model, size, trained, settings, noLora);
  const { peak: plannedBytes } = planTraining(checkpoint, policy, [{ size, build }]);
  const session = await policy.open(build);
  const batch = rows.map((row) => ({ row, reference: [0, 0] }));
  const shares = rows.map(() => 1 / rows.length);
  const states = new Map([...policy.tensors].map(([name, { data }]) => [name, createAdamWState(data.length)]));
  const adam = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  let done = 0;
  const run = async () => {
    const outputs = await session.run({
      ...packPreference(batch, shares, size, settings),
      ...policy.feeds(size, null),
    });
    const gradients = [...policy.tensors.keys()].map((name) => outputs[`d ${name}`]?.data as Float32Array);
    const scale = clipScale(globalNorm(gradients), 1);
    done++;
    for (const [i, [name, { data }]] of [...policy.tensors].entries()) {
      adamW(data, gradients[i] as Float32Array, states.get(name) as never, done, adam, scale);
    }
  };
  return { run, plannedBytes };
}

async function forward(work: TrainingWork): Promise<Step> {
  const { rows, policy } = await prepare(work);
  const size = sizeOf(rows, rows.length);
  const session = await policy.open((model) => scoringGraph(model, size));
  return { run: async () => void (await session.run({ ...packRows(rows, size), ...policy.feeds(size, null) })) };
}

/** Every product of the forward with a weight, one after the other, over as many rows as it has tokens. */
async function gemm(work: TrainingWork): Promise<Step> {
  const { checkpoint, rows } = await prepare(work);
  const { config, shapes } = checkpoint;
  const size = sizeOf(rows, rows.length);
  const g = new GraphBuilder('products');
  const data = (length: number) => Float32Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5);
  const inputs = new Map<string, Value>();
  const feeds: Record<string, Tensor> = {};
  const input = (count: number, width: number) => {
    const name = `x ${count} ${width}`;
    feeds[name] ??= { dtype: 'float32', shape: [count, width], data: data(count * width) };
    const value = inputs.get(name) ?? g.input(name, 'float32', [count, width]);
    inputs.set(name, value);
    return value;
  };
  for (const [name, shape] of shapes) {
    const [out = 0, inner = 0] = shape;
    const isHead = name === (config.hasTiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight');
    if (shape.length !== 2 || !(isHead || name.startsWith('model.layers.'))) continue;
    const count = isHead ? size.rows * size.completions * size.span : size.rows * size.length;
    const weight = g.initializer(name, 'float32', [out, inner], data(out * inner));
    g.output(`y ${name}`, g.reduceMax(g.gemm(input(count, inner), weight, { b: true }), [0, 1]));
  }
  const session = await openSession(g.build(), { device: work.device, keepMapped: true });
  return { run: async () => void (await session.run(feeds)) };
}
