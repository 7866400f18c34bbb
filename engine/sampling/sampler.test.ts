// Greedy continuations against transformers' (fixtures/README.md), and what sampling promises: log-probs that equal
// `score`, draws that depend on the seed alone, a cancel between chunks.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type SamplingConfig, samplingConfigSchema } from '../config.ts';
import type { Prompt, SampledResponse, SampleRequest, Sampler } from '../ports.ts';
import { openSession } from '../runtime/session.ts';
import { scorePairs } from '../training/score.ts';
import { createSampler, openSampler } from './sampler.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const prompts = (await readFile(`${fixtures}prompts.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { prompt: Prompt }).prompt);
const gold = JSON.parse(await readFile(`${fixtures}gold.json`, 'utf8')) as Record<string, { greedy: number[][] }>;

const penalised = JSON.parse(await readFile(`${fixtures}penalties.json`, 'utf8')) as { greedy: number[][] };

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

  test('more rows than a batch holds: rows that take others\u2019 place draw what they draw alone', async () => {
    const sampler = await open('llama');
    const full = config({ temperature: 1, max_new_tokens: 40 });
    const requests = [
      ...requestsFor(7),
      ...requestsFor(7, 50).map((request) => ({ ...request, id: `b${request.id}` })),
    ];
    const together = await collect(sampler, requests, full);
    for (const [i, request] of requests.entries()) {
      const [alone] = await collect(sampler, [request], full);
      expect(alone).toEqual(together[i]);
    }
    // n above the size of a batch.
    const [many] = await collect(sampler, [{ id: 'n', prompt: prompts[0] as Prompt, n: 70, seed: 1 }], full);
    const [few] = await collect(sampler, [{ id: 'n', prompt: prompts[0] as Prompt, n: 7, seed: 1 }], full);
    expect(many?.length).toBe(70);
    expect(many?.slice(0, 7)).toEqual(few);
  });

  test('adapters mix in a batch: each row is what its own policy gives', async () => {
    const mixed = await open('llama');
    const full = config({ temperature: 1, max_new_tokens: 24 });
    const [adapter, head] = [`${fixtures}llama-adapter`, `${fixtures}ours-head-adapter`];
    const requests = requestsFor(2).flatMap((request) => [
      { ...request, id: `${request.id} base`, adapter: null },
      { ...request, id: `${request.id} adapter`, adapter },
      { ...request, id: `${request.id} head`, adapter: head },
    ]);
    const together = await collect(mixed, requests, full);
    const base = await collect(await open('llama'), requestsFor(2), full);
    const adapted = await collect(await open('llama', 'llama-adapter'), requestsFor(2), full);
    const headed = await collect(await open('llama', 'ours-head-adapter'), requestsFor(2), full);
    const ids = (responses: SampledResponse[] | undefined) => responses?.map(({ tokenIds }) => tokenIds);
    for (const i of prompts.keys()) {
      expect(ids(together[3 * i])).toEqual(ids(base[i]));
      expect(ids(together[3 * i + 1])).toEqual(ids(adapted[i]));
      expect(ids(together[3 * i + 2])).toEqual(ids(headed[i]));
      expect(ids(base[i])).not.toEqual(ids(headed[i]));
      expect(ids(base[i])).not.toEqual(ids(adapted[i]));
    }
  });

  test('calls at the same time share a session, whatever their adapters', async () => {
    const shared = await open('llama');
    const full = config({ temperature: 1, max_new_tokens: 40 });
    const adapted = requestsFor(2).map((request) => ({ ...request, adapter: `${fixtures}llama-adapter` }));
    const [base, first, second] = await Promise.all([
      collect(shared, requestsFor(2), full),
      collect(shared, adapted, full),
      collect(shared, requestsFor(2), config({ temperature: 1, max_new_tokens: 40, presence_penalty: 1 })),
    ]);
    expect(base).toEqual(await collect(await open('llama'), requestsFor(2), full));
    expect(first).toEqual(await collect(await open('llama', 'llama-adapter'), requestsFor(2), full));
    expect(second).not.toEqual(base);
    expect(await collect(shared, requestsFor(2), full)).toEqual(base);
  });

  test('a stop string ends a response before itself, whatever chunk it falls into', async () => {
    const sampler = await open('llama');
    const free = await collect(sampler, requestsFor(3), config({ temperature: 1, max_new_tokens: 60 }));
    let isCut = 0;
    for (const [i, responses] of free.entries()) {
      for (const [index, response] of responses.entries()) {
        // A random model writes broken characters; three plain ones in a row are a stop string.
        const stop = /(?<=^.{15,}?)[ -~]{3}/s.exec(response.text)?.[0];
        if (!stop) continue;
        const [stopped] = await collect(
          sampler,
          [requestsFor(3)[i] as SampleRequest],
          config({ temperature: 1, max_new_tokens: 60, stop: [stop] }),
        );
        const cut = stopped?.[index] as SampledResponse;
        const place = response.text.indexOf(stop);
        expect(cut.text).toBe(response.text.slice(0, place));
        expect(cut.finishReason).toBe('stop');
        expect(cut.tokenIds).toEqual(response.tokenIds.slice(0, cut.tokenIds.length));
        expect(cut.tokenLogps).toHaveLength(cut.tokenIds.length);
        isCut++;
      }
    }
    expect(isCut).toBeGreaterThan(5);
  });

  test('texts that stream only grow, and end as the response', async () => {
    const sampler = await open('llama');
    const texts = new Map<string, string>();
    const requests = requestsFor(2).map((request) => ({ ...request, stream: true }));
    let steps = 0;
    for await (const chunk of sampler.sample(requests, config({ temperature: 1.5, max_new_tokens: 80 }))) {
      const key = `${chunk.id} ${chunk.index}`;
      const text = chunk.type === 'progress' ? chunk.text : chunk.response.text;
      expect(text.startsWith(texts.get(key) ?? '')).toBe(true);
      texts.set(key, text);
      if (chunk.type === 'progress') steps++;
    }
    expect(steps).toBeGreaterThan(16);
  });

  test('greedy with a repetition penalty equals transformers', async () => {
    const sampler = await open('llama');
    const settings = config({ temperature: 0, repetition_penalty: 1.3, max_new_tokens: 32 });
    const results = await collect(sampler, requestsFor(1), settings);
    expect(results.map(([response]) => response?.tokenIds)).toEqual(penalised.greedy);
  });

  test('out of memory: fewer rows are tried, nothing drawn is lost; at one row it says so', async () => {
    const full = config({ temperature: 1, max_new_tokens: 40 });
    const expected = await collect(await open('llama'), requestsFor(4), full);
    const checkpoint = await openCheckpoint(`${fixtures}llama`);
    const sessionWithRoomFor =
      (rows: number) =>
      async (...args: Parameters<typeof openSession>) => {
        const session = await openSession(...args);
        let runs = 0;
        const run: typeof session.run = (feeds) => {
          if (++runs > 3 && (feeds.ids?.shape[0] ?? 0) > rows) {
            throw new Error('Non-zero status code returned while running FusedMatMul: bad allocation: std::bad_alloc');
          }
          return session.run(feeds);
        };
        return { ...session, run };
      };
    const tight = createSampler(checkpoint, { device: 'cpu' }, sessionWithRoomFor(5));
    const ids = (all: SampledResponse[][]) => all.map((list) => list.map(({ tokenIds }) => tokenIds));
    expect(ids(await collect(tight, requestsFor(4), full))).toEqual(ids(expected));
    await tight.close();
    const none = createSampler(checkpoint, { device: 'cpu' }, sessionWithRoomFor(0));
    await expect(collect(none, requestsFor(4), full)).rejects.toThrow(
      /too little memory for one response of \d+ tokens/,
    );
    await none.close();
  });

  test('a budget for caches keeps batches small', async () => {
    const checkpoint = await openCheckpoint(`${fixtures}llama`);
    const full = config({ temperature: 1, max_new_tokens: 20 });
    let most = 0;
    const counting = async (...args: Parameters<typeof openSession>) => {
      const session = await openSession(...args);
      const run: typeof session.run = (feeds) => {
        most = Math.max(most, feeds.ids?.shape[0] ?? 0);
        return session.run(feeds);
      };
      return { ...session, run };
    };
    const perToken = 2 * checkpoint.config.layers * checkpoint.config.kvHeads * checkpoint.config.headDim * 4;
    const sampler = createSampler(checkpoint, { device: 'cpu', cacheBudget: perToken * 2 * 400 }, counting);
    const results = await collect(sampler, requestsFor(4), full);
    await sampler.close();
    expect(results.flat()).toHaveLength(32);
    expect(most).toBeLessThan(20);
    expect(most).toBeGreaterThan(1);
  });

  test('stops within a chunk of a cancel', async () => {
    const sampler = await open('llama');
    const controller = new AbortController();
    const streaming = requestsFor(4).map((request) => ({ ...request, stream: true }));
    const run = async () => {
      for await (const _ of sampler.sample(streaming, config({ max_new_tokens: 200 }), controller.signal))
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
