// Greedy continuations against transformers' (fixtures/README.md), and what sampling promises: log-probs that equal
// `score`, draws that depend on the seed alone, a cancel between chunks.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type SamplingConfig, samplingConfigSchema } from '../config.ts';
import type { Prompt, SampledResponse, SampleRequest, Sampler } from '../ports.ts';
import { scorePairs } from '../training/score.ts';
import { openSampler } from './sampler.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const prompts = (await readFile(`${fixtures}prompts.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { prompt: Prompt }).prompt);
const gold = JSON.parse(await readFile(`${fixtures}gold.json`, 'utf8')) as Record<string, { greedy: number[][] }>;

const samplers: Sampler[] = [];
async function open(model: string, adapter?: string): Promise<Sampler> {
  const sampler = await openSampler({
    model: `${fixtures}${model}`,
    adapter: adapter ? `${fixtures}${adapter}` : null,
    device: 'cpu',
  });
  samplers.push(sampler);
  return sampler;
}
afterAll(async () => {
  for (const sampler of samplers) await sampler.close();
});

const config = (overrides: Partial<SamplingConfig>): SamplingConfig => samplingConfigSchema.parse(overrides);
const requestsFor = (n: number, seed = 1): SampleRequest[] =>
  prompts.map((prompt, i) => ({ id: String(i), prompt, n, seed: seed + i }));

async function collect(sampler: Sampler, requests: SampleRequest[], settings: SamplingConfig) {
  const responses = new Map<string, SampledResponse[]>();
  for await (const chunk of sampler.sample(requests, settings)) {
    if (chunk.type !== 'response') continue;
    const list = responses.get(chunk.id) ?? [];
    expect(list[chunk.index], 'each response comes once').toBeUndefined();
    list[chunk.index] = chunk.response;
    responses.set(chunk.id, list);
  }
  return requests.map(({ id, n }) => {
    const list = responses.get(id) ?? [];
    expect(list.filter(Boolean)).toHaveLength(n);
    return list;
  });
}

describe('greedy continuations equal transformers', () => {
  for (const family of ['llama', 'llama_rope3']) {
    test(family, async () => {
      const sampler = await open(family);
      const results = await collect(sampler, requestsFor(1), config({ temperature: 0, max_new_tokens: 32 }));
      for (const [i, [response]] of results.entries()) expect(response?.tokenIds).toEqual(gold[family]?.greedy[i]);
    });
  }
});

describe('sampling', () => {
  test('logp equals score, with and without an adapter', async () => {
    for (const adapter of [undefined, 'llama-adapter']) {
      const sampler = await open('llama', adapter);
      const results = await collect(sampler, requestsFor(2), config({ temperature: 0.8, max_new_tokens: 24 }));
      const pairs = results.map(([chosen, rejected], i) => ({
        prompt: prompts[i] as Prompt,
        chosen: { tokenIds: chosen?.tokenIds ?? [] },
        rejected: { tokenIds: rejected?.tokenIds ?? [] },
      }));
      const path = adapter ? `${fixtures}${adapter}` : null;
      const scores = await scorePairs({ model: `${fixtures}llama`, adapter: path, pairs, device: 'cpu' });
      for (const [i, [chosen, rejected]] of results.entries()) {
        expect(Math.abs((scores[i]?.logpsChosen ?? 0) - (chosen?.logp ?? 0))).toBeLessThan(1e-4 * 24);
        expect(Math.abs((scores[i]?.logpsRejected ?? 0) - (rejected?.logp ?? 0))).toBeLessThan(1e-4 * 24);
      }
    }
  });

  for (const settings of [{ top_p: 1 }, { top_k: 20 }, { top_p: 0.7 }, { top_k: 30, top_p: 0.9 }]) {
    test(`a response is a function of prompt, seed and index: ${JSON.stringify(settings)}`, async () => {
      const sampler = await open('llama');
      const full = config({ temperature: 1, max_new_tokens: 20, ...settings });
      const together = await collect(sampler, requestsFor(3), full);
      const again = await collect(sampler, requestsFor(3), full);
      expect(again).toEqual(together);
      for (const [i, request] of requestsFor(3).entries()) {
        const [alone] = await collect(sampler, [request], full);
        expect(alone?.map(({ tokenIds }) => tokenIds)).toEqual(together[i]?.map(({ tokenIds }) => tokenIds));
      }
      const other = await collect(sampler, requestsFor(3, 77), full);
      expect(other.flat().map(({ tokenIds }) => tokenIds)).not.toEqual(together.flat().map(({ tokenIds }) => tokenIds));
    });
  }

  test('draws follow the softmax: frequencies of the first token', async () => {
    const sampler = await open('llama');
    const n = 2000;
    const prompt = prompts[2] as Prompt;
    const [responses = []] = await collect(
      sampler,
      [{ id: 'a', prompt, n, seed: 5 }],
      config({ temperature: 1, max_new_tokens: 1 }),
    );
    const counts = new Map<number, { count: number; probability: number }>();
    for (const { tokenIds, logp } of responses) {
      const id = tokenIds[0] ?? -1;
      counts.set(id, { count: (counts.get(id)?.count ?? 0) + 1, probability: Math.exp(logp) });
    }
    // Every frequent token within four standard deviations of its probability.
    for (const { count, probability } of counts.values()) {
      if (probability < 0.02) continue;
      expect(Math.abs(count / n - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / n));
    }
    expect([...counts.values()].some(({ probability }) => probability >= 0.02)).toBe(true);
  });

  test('top_k 1 is greedy and top_k keeps only the likeliest', async () => {
    const sampler = await open('llama');
    const one = await collect(sampler, requestsFor(1), config({ top_k: 1, max_new_tokens: 32 }));
    expect(one.map(([response]) => response?.tokenIds)).toEqual(gold.llama?.greedy);
    const tight = await collect(sampler, requestsFor(1), config({ top_p: 1e-9, max_new_tokens: 32 }));
    expect(tight.map(([response]) => response?.tokenIds)).toEqual(gold.llama?.greedy);
  });

  test('stops within a chunk of a cancel', async () => {
    const sampler = await open('llama');
    const controller = new AbortController();
    const run = async () => {
      for await (const _ of sampler.sample(requestsFor(4), config({ max_new_tokens: 200 }), controller.signal))
        controller.abort();
    };
    await expect(run()).rejects.toThrow('Cancelled');
  });

  test('refuses a prompt that fills the model', async () => {
    const sampler = await open('llama');
    const long = collect(sampler, [{ id: '7', prompt: 'parcel '.repeat(400), n: 1, seed: 1 }], config({}));
    await expect(long).rejects.toThrow(/Prompt 7 has \d+ tokens, which fill the model's 256 positions/);
  });
});
