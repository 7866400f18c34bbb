// Adapters of the embedding and the head: what holds for them beside what every adapter's tests say. Golden runs are in
// trl.test.ts, gradients in models/families.test.ts, merging in checkpoint/merge.test.ts.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { mergeAdapter } from '../checkpoint/merge.ts';
import { createAdapter, readAdapter, writeAdapter } from '../checkpoint/peft.ts';
import {
  readSafetensors,
  readTensor,
  type StoredTensor,
  type TensorToWrite,
  writeSafetensors,
} from '../checkpoint/safetensors.ts';
import { loraConfigSchema, samplingConfigSchema, trainConfigSchema } from '../config.ts';
import { noLora } from '../models/lora.ts';
import type { Prompt, TrainingPair, TrainJob, TrainMetrics } from '../ports.ts';
import { rewardConfigSchema } from '../reward-config.ts';
import { openSampler } from '../sampling/sampler.ts';
import { planTraining } from './plan.ts';
import { adapterPolicy, type BuildGraph } from './policy.ts';
import { preferenceGraph } from './preference-graph.ts';
import { scorePairs } from './score.ts';
import { initialiseCheckpoint } from './sft.ts';
import { train } from './trainer.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const lines = async <T>(file: string) =>
  (await readFile(`${fixtures}${file}`, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const pairs = await lines<TrainingPair>('pairs.jsonl');
const prompts = (await lines<{ prompt: Prompt }>('prompts.jsonl')).map(({ prompt }) => prompt);
const { scores } = JSON.parse(await readFile(`${fixtures}head.json`, 'utf8')) as { scores: { tied: number[][] } };
const both = ['embed_tokens', 'lm_head'] as const;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-head-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The k-th number of a matrix is 0.05 sin(k) in A, 0.02 cos(k) in B, as the golden's. */
async function formulaAdapter(family: string): Promise<string> {
  const { shapes } = await openCheckpoint(`${fixtures}${family}`);
  const lora = loraConfigSchema.parse({ r: 4, lora_alpha: 8, target_modules: [...both] });
  const adapter = createAdapter(lora, shapes, 0);
  for (const { a, b } of adapter.modules.values()) {
    for (const i of a.data.keys()) a.data[i] = 0.05 * Math.sin(i + 1);
    for (const i of b.data.keys()) b.data[i] = 0.02 * Math.cos(i + 1);
  }
  const out = join(folder, `formula ${family}`);
  await writeAdapter(out, adapter, family);
  return out;
}

async function run(name: string, settings: object, rest: Partial<TrainJob> = {}) {
  const metrics: TrainMetrics[] = [];
  const job: TrainJob = {
    model: `${fixtures}llama`,
    adapter: null,
    reference: 'base',
    pairs,
    config: trainConfigSchema.parse({
      learning_rate: 1e-3,
      per_device_train_batch_size: 12,
      max_steps: 4,
      ...settings,
    }),
    out: join(folder, name),
    device: 'cpu',
    ...rest,
  };
  const { plan } = await train(job, (logged) => void metrics.push(logged));
  return { out: job.out, plan, values: metrics.map(({ values }) => values) };
}

describe('where embedding and head are one matrix', () => {
  const model = `${fixtures}llama_rope3`;

  test('log-probs are those of peft, which adapts the two uses apart, and what is drawn has them too', async () => {
    const adapter = await formulaAdapter('llama_rope3');
    const found = await scorePairs({ model, adapter, pairs, device: 'cpu' });
    for (const [i, score] of found.entries()) {
      const [chosen = 0, rejected = 0] = scores.tied[i] ?? [];
      expect(Math.abs(score.logpsChosen - chosen) / score.tokensChosen).toBeLessThan(1e-4);
      expect(Math.abs(score.logpsRejected - rejected) / score.tokensRejected).toBeLessThan(1e-4);
    }
    const sampler = await openSampler({ model, adapter, device: 'cpu' });
    const drawn: TrainingPair[] = [];
    const logps: number[] = [];
    const requests = prompts.map((prompt, i) => ({ id: String(i), prompt, n: 1, seed: i }));
    for await (const chunk of sampler.sample(requests, samplingConfigSchema.parse({ max_new_tokens: 16 }))) {
      if (chunk.type !== 'response') continue;
      const { tokenIds, logp } = chunk.response;
      drawn.push({ prompt: prompts[Number(chunk.id)] as Prompt, chosen: { tokenIds }, rejected: { tokenIds } });
      logps.push(logp);
    }
    await sampler.close();
    expect(drawn).toHaveLength(prompts.length);
    const scored = await scorePairs({ model, adapter, pairs: drawn, device: 'cpu' });
    for (const [i, logp] of logps.entries()) {
      expect(Math.abs((scored[i]?.logpsChosen ?? 0) - logp) / 16).toBeLessThan(1e-4);
    }
  });

  test('an adapter of them is not merged, and one of both at once is refused', async () => {
    const adapter = await formulaAdapter('llama_rope3');
    const merging = mergeAdapter({ model, adapter, out: join(folder, 'merged') });
    await expect(merging).rejects.toThrow(
      /embedding and head of .* are one matrix, .* Use it beside the model, unmerged/,
    );
    const settings = join(adapter, 'adapter_config.json');
    const stated = JSON.parse(await readFile(settings, 'utf8'));
    await writeFile(settings, JSON.stringify({ ...stated, ensure_weight_tying: true }));
    const reading = readAdapter(adapter, await openCheckpoint(model));
    await expect(reading).rejects.toThrow(/ensure_weight_tying = true is not supported where/);
  });
});

describe('a run', () => {
  const lora = { r: 4, lora_alpha: 8, lora_dropout: 0.2, target_modules: [...both, 'q_proj'] };

  test('starts at ln 2, learns, and resumed ends where the uninterrupted one does', async () => {
    const settings = { max_steps: 6, save_steps: 3, lora };
    const whole = await run('whole', settings);
    expect(whole.values[0]?.loss).toBeCloseTo(Math.LN2, 6);
    expect(whole.values.at(-1)?.loss).toBeLessThan(0.69);
    const rest = await run('resumed', settings, { resumeFrom: join(whole.out, 'checkpoint-3') });
    expect(rest.values.map(({ loss }) => loss)).toEqual(whole.values.slice(3).map(({ loss }) => loss));
    const base = await openCheckpoint(`${fixtures}llama`);
    const [a, b] = [await readAdapter(whole.out, base), await readAdapter(rest.out, base)];
    expect([...a.modules.keys()]).toEqual(expect.arrayContaining(['model.embed_tokens', 'lm_head']));
    for (const [module, matrices] of a.modules) expect(b.modules.get(module)).toEqual(matrices);
  });

  test('is the same with checkpointing, and over four bits it learns', async () => {
    const plain = await run('plain', { lora });
    const checkpointed = await run('checkpointed', { lora, gradient_checkpointing: true });
    for (const [i, { loss, grad_norm }] of checkpointed.values.entries()) {
      expect(loss).toBeCloseTo(plain.values[i]?.loss ?? 0, 5);
      expect(grad_norm).toBeCloseTo(plain.values[i]?.grad_norm ?? 0, 4);
    }
    const { values } = await run('four bits', { lora, load_in_4bit: true });
    expect(values[0]?.loss).toBeCloseTo(Math.LN2, 6);
    expect(values.at(-1)?.loss).toBeLessThan(0.69);
  });

  test('takes the losses that go through the head in other ways', async () => {
    for (const settings of [
      { loss_type: 'tdpo2' },
      { loss_type: 'orpo' },
      { loss_type: ['sigmoid', 'sft'] },
      { sync_ref_model: true, ref_model_sync_steps: 2 },
    ]) {
      const whole = { per_device_train_batch_size: 24, lora: { ...lora, lora_dropout: 0 } };
      const { values } = await run(JSON.stringify(settings), { ...settings, ...whole });
      expect(values[1]?.loss, JSON.stringify(settings)).toBeLessThan(values[0]?.loss ?? 0);
    }
  });

  test('is planned with what it trains', async () => {
    const targets = { ...lora, target_modules: [...both] };
    const { plan } = await run('planned', { lora: targets, max_steps: 1 });
    const { hiddenSize, vocabSize } = (await openCheckpoint(`${fixtures}llama`)).config;
    expect(plan?.trainedParameters).toBe(2 * 4 * (hiddenSize + vocabSize));
  });
});

test('logits of a large vocabulary are never held whole', async () => {
  const model = join(folder, 'large');
  await cp(`${fixtures}llama`, model, { recursive: true });
  const path = join(model, 'config.json');
  const small = { hidden_size: 16, head_dim: 4, intermediate_size: 16, num_hidden_layers: 1, vocab_size: 32_000 };
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...small }));
  await initialiseCheckpoint(model, 1);
  const checkpoint = await openCheckpoint(model);
  const settings = trainConfigSchema.parse({});
  const bytesOf = (targets: string[], length: number) => {
    const size = { rows: 2, completions: 2, length: 3 * length, span: length, promptSpan: 0 };
    const lora = loraConfigSchema.parse({ r: 4, target_modules: targets });
    const adapter = createAdapter(lora, checkpoint.shapes, 1);
    const policy = adapterPolicy(checkpoint, adapter, { device: 'cpu', isCheckpointed: false });
    const build: BuildGraph = (graph, trained) => preferenceGraph(graph, size, trained, settings, noLora);
    return planTraining(checkpoint, policy, [{ size, build }]).activations;
  };
  for (const length of [256, 1024]) {
    const frozen = bytesOf(['embed_tokens'], length);
    // All logits of the longer one would be 524 MB.
    expect(bytesOf(['embed_tokens', 'lm_head'], length) - frozen, `at ${length}`).toBeLessThan(100e6);
  }
});

describe('refused in words', () => {
  test('what a reward model does not have', () => {
    const config = rewardConfigSchema.safeParse({ lora: { target_modules: ['lm_head'] } });
    expect(config.error?.message).toMatch(/a reward model has a value head in place of lm_head/);
    expect(rewardConfigSchema.safeParse({ lora: { target_modules: ['embed_tokens'] } }).success).toBe(true);
  });

  test('nothing of a copy that says what the base does, in whatever type it was stored', async () => {
    const base = await openCheckpoint(`${fixtures}smollm2`); // bf16, embedding and head are one
    const path = join(folder, 'copies');
    const lora = loraConfigSchema.parse({ r: 2, target_modules: [...both] });
    await writeAdapter(path, createAdapter(lora, base.shapes, 1), 'smollm2');
    const file = 'adapter_model.safetensors';
    const tensors = new Map<string, TensorToWrite>();
    for (const [name, tensor] of await readSafetensors(path, file)) {
      tensors.set(name, { shape: tensor.shape, data: await readTensor(path, tensor) });
    }
    const own = base.tensors.get('model.embed_tokens.weight') as StoredTensor;
    for (const module of ['model.embed_tokens', 'lm_head']) {
      const copy = { shape: own.shape, data: await readTensor(base.folder, own) };
      tensors.set(`base_model.model.${module}.base_layer.weight`, copy);
    }
    await writeSafetensors(join(path, file), tensors);
    expect((await readAdapter(path, base)).modules.size).toBe(2);
  });

  test("a copy of another base's matrix, which peft would put in the place of this one's", async () => {
    const path = join(folder, 'foreign');
    await cp(`${fixtures}gemma3-adapter`, path, { recursive: true });
    const base = await openCheckpoint(`${fixtures}gemma3`);
    expect([...(await readAdapter(path, base)).modules.keys()]).toContain('lm_head');
    const file = 'adapter_model.safetensors';
    const tensors = new Map<string, TensorToWrite>();
    for (const [name, tensor] of await readSafetensors(path, file)) {
      const data = await readTensor(path, tensor);
      if (name.endsWith('lm_head.base_layer.weight')) data[data.length - 1] = 1;
      tensors.set(name, { shape: tensor.shape, data });
    }
    await writeSafetensors(join(path, file), tensors);
    await expect(readAdapter(path, base)).rejects.toThrow(/its copy of the base's lm_head is not what this model has/);
  });
});
