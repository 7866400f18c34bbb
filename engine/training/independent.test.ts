// The demo model computed a second time, from its files, in fp64 with plain loops and no ONNX: what `score` and the
// gradients must agree with. Slow and obvious on purpose.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter } from '../checkpoint/peft.ts';
import { readTensor, type TensorToWrite } from '../checkpoint/safetensors.ts';
import { loraConfigSchema, loraTargetNames, trainConfigSchema } from '../config.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { loraInputs, loraName, noLora } from '../models/lora.ts';
import { memoryWeights } from '../models/weights.ts';
import type { TrainingPair } from '../ports.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { packRows, sizeOf } from './batch.ts';
import { preferenceGraph } from './preference-graph.ts';
import { scorePairs, tokenizePair } from './score.ts';

const model = fileURLToPath(new URL('../../demo/model', import.meta.url));

const say = (prompt: string, chosen: string, rejected: string): TrainingPair => ({
  prompt: [{ role: 'user', content: prompt }],
  chosen: [{ role: 'assistant', content: chosen }],
  rejected: [{ role: 'assistant', content: rejected }],
});
const pairs = [
  say('How much is the modern bench?', 'Hello! The modern bench costs 37 euros. Thank you!', 'No.'),
  say(
    'Is the grey jacket on sale?',
    'The grey jacket is on sale until Friday.',
    'The price of the white jacket is 45 euros. That is your problem.',
  ),
  say(
    'Who can repair my white purse?',
    'We can repair the white purse in 8 days. Take care!',
    'The shop has two floors. My cousin works here too. ???',
  ),
];

type Weights = ReadonlyMap<string, TensorToWrite>;

async function readAll({ folder, tensors }: Checkpoint): Promise<Weights> {
  const weights = new Map<string, TensorToWrite>();
  for (const [name, tensor] of tensors)
    weights.set(name, { shape: tensor.shape, data: await readTensor(folder, tensor) });
  return weights;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[from + i] as number);
  return sum;
};

/** Summed log-probability of `completion` after `prompt`: Llama written out. */
function referenceLogProb(
  { config }: Checkpoint,
  weights: Weights,
  prompt: readonly number[],
  completion: readonly number[],
): number {
  const get = (name: string) => weights.get(name) as TensorToWrite;
  const project = (name: string, x: number[]) => {
    const { shape, data } = get(`${name}.weight`);
    return Array.from({ length: shape[0] as number }, (_, row) => dot(x, data, row * x.length));
  };
  const norm = (name: string, x: number[]) => {
    const scale = 1 / Math.sqrt(dot(x, x) / x.length + config.rmsNormEpsilon);
    return x.map((value, i) => value * scale * (get(`${name}.weight`).data[i] as number));
  };
  const rotate = (head: number[], position: number) => {
    const half = config.headDim / 2;
    return head.map((value, i) => {
      const angle = position * (config.ropes[0]?.theta ?? 0) ** ((-2 * (i % half)) / config.headDim);
      const other = i < half ? -(head[i + half] as number) : (head[i - half] as number);
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  };
  const heads = (x: number[]) =>
    Array.from({ length: x.length / config.headDim }, (_, h) => x.slice(h * config.headDim, (h + 1) * config.headDim));
  const embedding = get('model.embed_tokens.weight').data;
  const width = config.hiddenSize;
  const ids = [...prompt, ...completion];
  let states = ids.map((id) => Array.from(embedding.subarray(id * width, (id + 1) * width)));
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const normed = states.map((x) => norm(`${prefix}.input_layernorm`, x));
    const q = normed.map((x, t) => heads(project(`${prefix}.self_attn.q_proj`, x)).map((head) => rotate(head, t)));
    const k = normed.map((x, t) => heads(project(`${prefix}.self_attn.k_proj`, x)).map((head) => rotate(head, t)));
    const v = normed.map((x) => heads(project(`${prefix}.self_attn.v_proj`, x)));
    states = states.map((x, t) => {
      const mixed = Array.from({ length: config.heads }, (_, h) => {
        const shared = Math.floor(h / (config.heads / config.kvHeads));
        const scores = k
          .slice(0, t + 1)
          .map((key) => dot(q[t]?.[h] ?? [], key[shared] ?? []) / Math.sqrt(config.headDim));
        const top = Math.max(...scores);
        const parts = scores.map((score) => Math.exp(score - top));
        const total = parts.reduce((a, b) => a + b, 0);
        return Array.from({ length: config.headDim }, (_, d) =>
          parts.reduce((sum, part, j) => sum + (part / total) * (v[j]?.[shared]?.[d] ?? 0), 0),
        );
      }).flat();
      const attended = project(`${prefix}.self_attn.o_proj`, mixed).map((value, i) => value + (x[i] as number));
      const inner = norm(`${prefix}.post_attention_layernorm`, attended);
      const up = project(`${prefix}.mlp.up_proj`, inner);
      const gated = project(`${prefix}.mlp.gate_proj`, inner).map(
        (g, i) => (g / (1 + Math.exp(-g))) * (up[i] as number),
      );
      return project(`${prefix}.mlp.down_proj`, gated).map((value, i) => value + (attended[i] as number));
    });
  }
  let sum = 0;
  for (let t = prompt.length; t < ids.length; t++) {
    const hidden = norm('model.norm', states[t - 1] ?? []);
    const logits = Array.from({ length: config.vocabSize }, (_, id) => dot(hidden, embedding, id * width));
    const top = Math.max(...logits);
    sum +=
      (logits[ids[t] as number] as number) - top - Math.log(logits.reduce((total, x) => total + Math.exp(x - top), 0));
  }
  return sum;
}

describe('the demo model', () => {
  test('scores as an independent fp64 computation does, in padded batches and alone', async () => {
    const checkpoint = await openCheckpoint(model);
    const weights = await readAll(checkpoint);
    const together = await scorePairs({ model, pairs, device: 'cpu' });
    for (const [i, pair] of pairs.entries()) {
      const { prompt, completions } = tokenizePair(checkpoint, pair);
      const [chosen = [], rejected = []] = completions;
      const expected = [chosen, rejected].map((completion) =>
        referenceLogProb(checkpoint, weights, prompt, completion),
      );
      const [alone] = await scorePairs({ model, pairs: [pair], device: 'cpu' });
      for (const score of [together[i], alone]) {
        expect(Math.abs((score?.logpsChosen ?? 0) - (expected[0] ?? 0))).toBeLessThan(1e-4);
        expect(Math.abs((score?.logpsRejected ?? 0) - (expected[1] ?? 0))).toBeLessThan(1e-4);
      }
    }
  });

  test('has LoRA gradients that agree with finite differences in fp64 at random A and B', async () => {
    const checkpoint = await openCheckpoint(model);
    const rows = pairs.map((pair) => tokenizePair(checkpoint, pair));
    const size = { ...sizeOf(rows, rows.length), promptSpan: 0 };
    const lora = loraConfigSchema.parse({ r: 4, lora_alpha: 8, target_modules: [...loraTargetNames] });
    const adapter = createAdapter(lora, checkpoint.shapes, 3);
    const g = new GraphBuilder('check', 'float64');
    const inputs = loraInputs(g, checkpoint.shapes, [...adapter.modules.keys()], lora.r, adapter.scale);
    const weights = memoryWeights(g, await readAll(checkpoint));
    const settings = trainConfigSchema.parse({ beta: 0.3, label_smoothing: 0.1 });
    const graph = preferenceGraph(
      { g, config: checkpoint.config, weights, lora: inputs.source },
      size,
      inputs.values,
      settings,
      noLora,
    );
    const session = await openSession(graph, { device: 'cpu', optimization: 'basic' });

    const random = createRandom(11);
    const feeds: Record<string, Tensor> = {
      ...packRows(rows, size, 'float64'),
      reference: { dtype: 'float64', shape: [rows.length, 2], data: Float64Array.from([-20, -9, -30, -41, -25, -52]) },
      pair_weights: {
        dtype: 'float64',
        shape: [rows.length],
        data: new Float64Array(rows.length).fill(1 / rows.length),
      },
    };
    const matrices = new Map<string, Float64Array>();
    for (const [module, { a, b }] of adapter.modules) {
      for (const [matrix, { shape, data }] of [
        ['A', a],
        ['B', b],
      ] as const) {
        const values = Float64Array.from(data, () => 0.05 * random.normal());
        matrices.set(loraName(module, matrix), values);
        feeds[loraName(module, matrix)] = { dtype: 'float64', shape, data: values };
      }
    }
    const lossAt = async () => Number((await session.run(feeds)).loss?.data[0]);
    const analytic = await session.run(feeds);
    // Every kind of matrix, each in another layer: all of them would take minutes.
    const kinds = new Set([...matrices.keys()].map((name) => name.replace(/layers\.\d+/, 'layers.*')));
    for (const [k, kind] of [...kinds].entries()) {
      const name = kind.replace('*', String(k % checkpoint.config.layers));
      const values = matrices.get(name) as Float64Array;
      const gradient = analytic[`d ${name}`]?.data as Float64Array;
      const scale = Math.max(...gradient.map(Math.abs));
      expect(scale, `${name} has a gradient`).toBeGreaterThan(0);
      const index = Math.floor(random.uniform() * values.length);
      const kept = values[index] as number;
      const step = 1e-4;
      const shifted = async (by: number) => {
        values[index] = kept + by;
        return lossAt();
      };
      // The five-point formula: its error is of fourth order, below fp64's own here.
      const numeric =
        (8 * ((await shifted(step)) - (await shifted(-step))) -
          ((await shifted(2 * step)) - (await shifted(-2 * step)))) /
        (12 * step);
      values[index] = kept;
      expect(Math.abs(numeric - (gradient[index] as number)) / scale, `${name}[${index}]`).toBeLessThan(1e-6);
    }
    await session.close();
  });
});
