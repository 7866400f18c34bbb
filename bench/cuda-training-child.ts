// One step of training with the runtime's verbose log on stderr, its loss and gradients on stdout:
// `cuda-training-child.ts <checkpoint folder> <device> <compute type>`.
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { createAdapter } from '../engine/checkpoint/peft.ts';
import { loraConfigSchema, trainConfigSchema } from '../engine/config.ts';
import type { FloatType } from '../engine/graph/builder.ts';
import { noLora } from '../engine/models/lora.ts';
import { createRandom } from '../engine/random.ts';
import { adapterPolicy } from '../engine/training/policy.ts';
import { packPreference, preferenceSizeOf } from '../engine/training/preference-batch.ts';
import { preferenceGraph } from '../engine/training/preference-graph.ts';

const [folder = '', device = 'cpu', compute = 'float32'] = process.argv.slice(2);
const checkpoint = { ...(await openCheckpoint(folder)), compute: compute as FloatType };
const adapter = createAdapter(loraConfigSchema.parse({ r: 8 }), checkpoint.shapes, 1);
const random = createRandom(1);
for (const { b } of adapter.modules.values()) b.data.set(b.data.map(() => 0.02 * random.normal()));
const ids = () => Array.from({ length: 24 }, () => Math.floor(random.uniform() * checkpoint.config.vocabSize));
const batch = Array.from({ length: 4 }, () => ({
  row: { prompt: ids(), completions: [ids(), ids()], sign: 1 as const, weight: 1, margin: null, criterion: null },
  reference: [0, 0],
}));
const settings = trainConfigSchema.parse({});
const size = preferenceSizeOf(
  batch.map(({ row }) => row),
  batch.length,
  settings,
);
const policy = adapterPolicy(checkpoint, adapter, { device, isCheckpointed: true, isVerbose: true });
const session = await policy.open((model, trained) => preferenceGraph(model, size, trained, settings, noLora));
const shares = batch.map(() => 1 / batch.length);
const outputs = await session.run({
  ...packPreference(batch, shares, size, settings),
  ...policy.feeds(size, { draw: 0, lossScale: 1 }),
});
await session.close();
const gradients = [...policy.tensors.keys()].flatMap((name) => Array.from(outputs[`d ${name}`]?.data as Float32Array));
process.stdout.write(JSON.stringify({ loss: Number(outputs.loss?.data[0]), gradients }));
