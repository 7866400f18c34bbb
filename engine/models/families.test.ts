// Every family against transformers (fixtures/README.md): log-probs, greedy continuations, adapters; batches against
// single rows; and the gradients of an adapter against finite differences in fp64.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { createAdapter } from '../checkpoint/peft.ts';
import { readTensor, type TensorToWrite } from '../checkpoint/safetensors.ts';
import {
  loraConfigSchema,
  loraTargetNames,
  type SamplingConfig,
  samplingConfigSchema,
  trainConfigSchema,
} from '../config.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { OnnxGraph } from '../graph/onnx.ts';
import type { Prompt, SampledResponse, SampleRequest, TrainingPair } from '../ports.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { openSampler } from '../sampling/sampler.ts';
import { packRows, sizeOf } from '../training/batch.ts';
import { sftGraph } from '../training/graph.ts';
import { preferenceGraph } from '../training/preference-graph.ts';
import { scorePairs, tokenizePair } from '../training/score.ts';
import { loraInputs, loraName, noLora } from './lora.ts';
import { inputWeights, memoryWeights } from './weights.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const lines = async <T>(file: string) =>
  (await readFile(`${fixtures}${file}`, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const json = async <T>(file: string) => JSON.parse(await readFile(`${fixtures}${file}`, 'utf8')) as T;

const pairs = await lines<TrainingPair>('pairs.jsonl');
const prompts = (await lines<{ prompt: Prompt }>('prompts.jsonl')).map(({ prompt }) => prompt);
const gold = await json<Record<string, { score: number[][]; greedy: number[][] }>>('gold.json');
const extra = await json<{ adapter_score: Record<string, number[][]> }>('extra.json');
const { scores: heads } = await json<{ scores: { gemma3: number[][] } }>('head.json');

/** The bound: 1e-4 per token. */
async function expectScores(expected: readonly number[][], model: string, adapter: string | null = null) {
  const scores = await scorePairs({ model, adapter, pairs, device: 'cpu' });
  for (const [i, score] of scores.entries()) {
    const [chosen = 0, rejected = 0] = expected[i] ?? [];
    expect(Math.abs(score.logpsChosen - chosen) / score.tokensChosen, `pair ${i} chosen`).toBeLessThan(1e-4);
    expect(Math.abs(score.logpsRejected - rejected) / score.tokensRejected, `pair ${i} rejected`).toBeLessThan(1e-4);
  }
}

async function sampled(model: string, requests: SampleRequest[], overrides: Partial<SamplingConfig>, adapter?: string) {
  const sampler = await openSampler({ model, adapter: adapter ?? null, device: 'cpu' });
  try {
    const responses = new Map<string, SampledResponse>();
    for await (const chunk of sampler.sample(requests, samplingConfigSchema.parse(overrides))) {
      if (chunk.type === 'response') responses.set(`${chunk.id} ${chunk.index}`, chunk.response);
    }
    return requests.map(({ id }) => responses.get(`${id} 0`));
  } finally {
    await sampler.close();
  }
}
const requests: SampleRequest[] = prompts.map((prompt, i) => ({ id: String(i), prompt, n: 1, seed: i }));

for (const [name, { score, greedy }] of Object.entries(gold)) {
  const model = `${fixtures}${name}`;
  describe(name, () => {
    test('log-probs equal transformers', () => expectScores(score, model));

    test('greedy continuations equal transformers, and rows alone what they are in a batch', async () => {
      const settings = { temperature: 0, max_new_tokens: 32 };
      const together = await sampled(model, requests, settings);
      expect(together.map((response) => response?.tokenIds)).toEqual(greedy);
      for (const [i, request] of requests.entries()) {
        const [alone] = await sampled(model, [request], settings);
        expect(alone?.tokenIds).toEqual(together[i]?.tokenIds);
        expect(alone?.logp).toBeCloseTo(together[i]?.logp ?? 0, 4);
      }
    });

    test('what is drawn has the log-prob that scoring gives it', async () => {
      const responses = await sampled(model, requests, { max_new_tokens: 24 });
      // A response that ended early is shorter than planned, which longrope and dynamic scaling tell apart.
      const whole = responses.flatMap((response, i) => (response?.finishReason === 'length' ? [{ response, i }] : []));
      expect(whole.length).toBeGreaterThan(2);
      const own = whole.map(({ response: { tokenIds }, i }) => {
        return { prompt: prompts[i] as Prompt, chosen: { tokenIds }, rejected: { tokenIds } };
      });
      const scores = await scorePairs({ model, pairs: own, device: 'cpu' });
      for (const [k, { response }] of whole.entries()) {
        expect(Math.abs((scores[k]?.logpsChosen ?? 0) - response.logp) / 24).toBeLessThan(1e-4);
      }
    });

    test('a pair alone scores what it does in a batch', async () => {
      const alone = await scorePairs({ model, pairs: pairs.slice(0, 1), device: 'cpu' });
      const [together] = await scorePairs({ model, pairs, device: 'cpu' });
      expect(alone[0]?.logpsChosen).toBeCloseTo(together?.logpsChosen ?? 0, 4);
      expect(alone[0]?.logpsRejected).toBeCloseTo(together?.logpsRejected ?? 0, 4);
    });

    test('gradients of an adapter agree with finite differences in fp64', () => checkAdapterGradients(model));
    test('gradients of all weights agree with finite differences in fp64', () => checkWeightGradients(model));
  });
}

describe('adapters', () => {
  for (const [name, expected] of Object.entries({ ...extra.adapter_score, gemma3: heads.gemma3 })) {
    test(`${name}: log-probs equal transformers through PEFT, and those of sampling`, async () => {
      const [model, adapter] = [`${fixtures}${name}`, `${fixtures}${name}-adapter`];
      await expectScores(expected, model, adapter);
      const responses = await sampled(model, requests, { temperature: 0.8, max_new_tokens: 16 }, adapter);
      const own = responses.map((response, i) => ({
        prompt: prompts[i] as Prompt,
        chosen: { tokenIds: response?.tokenIds ?? [] },
        rejected: { tokenIds: response?.tokenIds ?? [] },
      }));
      const scores = await scorePairs({ model, adapter, pairs: own, device: 'cpu' });
      for (const [i, response] of responses.entries()) {
        expect(Math.abs((scores[i]?.logpsChosen ?? 0) - (response?.logp ?? 0)) / 16).toBeLessThan(1e-4);
      }
    });
  }
});

const float64 = (shape: readonly number[], data: Float64Array): Tensor => ({ dtype: 'float64', shape, data });
const settings = trainConfigSchema.parse({ beta: 0.1 });

/** Of a DPO loss with respect to all LoRA tensors, those of embedding and head included. */
async function checkAdapterGradients(model: string): Promise<void> {
  const checkpoint = await openCheckpoint(model);
  const lora = loraConfigSchema.parse({ r: 2, target_modules: [...loraTargetNames] });
  const adapter = createAdapter(lora, checkpoint.shapes, 3);
  const g = new GraphBuilder('gradients', 'float64');
  const { source, values } = loraInputs(g, checkpoint.shapes, [...adapter.modules.keys()], 2, adapter.scale);
  const rows = pairs.slice(0, 2).map((pair) => tokenizePair(checkpoint, pair));
  const size = { ...sizeOf(rows, rows.length), promptSpan: 0 };
  const weights = memoryWeights(g, await readAll(checkpoint));
  const graph = preferenceGraph(
    { g, config: checkpoint.config, weights, lora: source },
    size,
    values,
    settings,
    noLora,
  );
  const random = createRandom(11);
  const trained = new Map<string, Tensor>();
  for (const [module, { a, b }] of adapter.modules) {
    for (const [matrix, { shape, data }] of [['A', a] as const, ['B', b] as const]) {
      const values = Float64Array.from(data, (x) => x + 0.05 * random.normal());
      trained.set(loraName(module, matrix), float64(shape, values));
    }
  }
  await checkGradients(graph, trained, {
    ...packRows(rows, size, 'float64'),
    reference: float64([rows.length, 2], new Float64Array(rows.length * 2)),
    pair_weights: float64([rows.length], new Float64Array(rows.length).fill(1 / rows.length)),
  });
}

/** Of an SFT loss with respect to all weights, norms and biases included. */
async function checkWeightGradients(model: string): Promise<void> {
  const checkpoint = await openCheckpoint(model);
  const g = new GraphBuilder('gradients', 'float64');
  const { weights, values } = inputWeights(g, checkpoint.shapes);
  const rows = pairs.slice(0, 2).map((pair) => {
    const { prompt, completions } = tokenizePair(checkpoint, pair);
    return { prompt, completions: completions.slice(0, 1) };
  });
  const size = { ...sizeOf(rows, rows.length), promptSpan: 0 };
  const graph = sftGraph({ g, config: checkpoint.config, weights, lora: noLora }, size, values);
  const trained = new Map<string, Tensor>();
  for (const [name, { shape, data }] of await readAll(checkpoint)) {
    trained.set(name, float64(shape, Float64Array.from(data)));
  }
  await checkGradients(graph, trained, packRows(rows, size, 'float64'));
}

/** The derivative of the loss along a random direction of all that is trained: by the graph, and by differences. */
async function checkGradients(graph: OnnxGraph, trained: Map<string, Tensor>, feeds: Record<string, Tensor>) {
  const session = await openSession(graph, { device: 'cpu', optimization: 'basic' });
  const random = createRandom(12);
  const along = new Map<string, Float64Array>();
  for (const [name, { data }] of trained)
    along.set(
      name,
      Float64Array.from(data as Float64Array, () => random.normal()),
    );
  const outputs = await session.run({ ...feeds, ...Object.fromEntries(trained) });
  let analytic = 0;
  for (const [name, direction] of along) {
    const gradient = outputs[`d ${name}`]?.data as Float64Array;
    expect(
      gradient.some((value) => value !== 0),
      `${name} has a gradient`,
    ).toBe(true);
    analytic += gradient.reduce((sum, value, i) => sum + value * (direction[i] as number), 0);
  }
  const lossAt = async (step: number) => {
    const moved = [...trained].map(([name, { shape, data }]) => {
      const direction = along.get(name) as Float64Array;
      return [
        name,
        float64(
          shape,
          (data as Float64Array).map((x, i) => x + step * (direction[i] as number)),
        ),
      ] as const;
    });
    return Number((await session.run({ ...feeds, ...Object.fromEntries(moved) })).loss?.data[0]);
  };
  const numeric = ((await lossAt(1e-6)) - (await lossAt(-1e-6))) / 2e-6;
  expect(Math.abs(numeric - analytic) / Math.abs(analytic), `${analytic} against ${numeric}`).toBeLessThan(1e-5);
  await session.close();
}

async function readAll({ folder, tensors }: Checkpoint) {
  const weights = new Map<string, TensorToWrite>();
  for (const [name, tensor] of tensors) {
    weights.set(name, { shape: tensor.shape, data: await readTensor(folder, tensor) });
  }
  return weights;
}
