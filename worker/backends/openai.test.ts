// Sampling from a server elsewhere, over real HTTP: scripted servers that behave as vLLM, Ollama or a cloud do on good
// and bad days. Against our own endpoint: see own-endpoint.test.ts.
import { afterEach, describe, expect, test } from 'vitest';
import { type SamplingConfig, samplingConfigSchema } from '../../engine/config.ts';
import type { RemoteResponse, SampleRequest } from '../../engine/ports.ts';
import { openRemoteSampler, type RemoteSamplerOptions } from './openai.ts';
import {
  type ReceivedRequest,
  type ScriptedReply,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.ts';

const apiKey = 'sk-very-secret-0123456789';
let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(...script: Parameters<typeof startScriptedServer>): Promise<ScriptedServer> {
  server = await startScriptedServer(...script);
  return server;
}

/** A completion with these texts. */
function saying(texts: string[], more: object = {}): ScriptedReply {
  const choices = texts.map((content, index) => ({
    index,
    message: { role: 'assistant', content },
    finish_reason: 'stop',
    ...more,
  }));
  return { body: { choices, usage: { prompt_tokens: 5, completion_tokens: texts.length } } };
}
const countOf = ({ body }: ReceivedRequest) => Number(body.n ?? 1);
const seedOf = ({ body }: ReceivedRequest) => Number(body.seed);

const request = (more: Partial<SampleRequest> = {}): SampleRequest => ({
  id: 'a',
  prompt: [{ role: 'user', content: 'Hi?' }],
  n: 4,
  seed: 9,
  ...more,
});
const plain = samplingConfigSchema.parse({ temperature: 1 });

async function sample(
  requests: SampleRequest[],
  options: Partial<RemoteSamplerOptions> = {},
  config: SamplingConfig = plain,
  signal?: AbortSignal,
): Promise<Map<string, RemoteResponse>> {
  const sampler = openRemoteSampler({
    baseUrl: server?.baseUrl ?? '',
    model: 'model-1',
    apiKey,
    retryDelayMs: 5,
    timeoutMs: 5_000,
    ...options,
  });
  const found = new Map<string, RemoteResponse>();
  for await (const chunk of sampler.sample(requests, config, signal)) {
    if (chunk.type === 'response') found.set(`${chunk.id}${chunk.index}`, chunk.response);
  }
  return found;
}

test('a precision is the server’s own affair: asking for one is refused before anything is sent', async () => {
  const { requests } = await start(() => saying(['text']));
  await expect(sample([request()], {}, { ...plain, precision: 'int4' })).rejects.toThrow(
    /leave precision at auto, not int4/,
  );
  expect(requests).toHaveLength(0);
});

describe('n responses', () => {
  test('come in one call where the server knows n', async () => {
    const { requests } = await start((asked) => saying(Array.from({ length: countOf(asked) }, (_, i) => `text ${i}`)));
    let tokens = 0;
    const found = await sample([request()], {
      onUsage: ({ completionTokens }) => {
        tokens += completionTokens;
      },
    });
    expect([...found.values()].map(({ text }) => text)).toEqual(['text 0', 'text 1', 'text 2', 'text 3']);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      url: '/v1/chat/completions',
      headers: { authorization: `Bearer ${apiKey}` },
      body: { model: 'model-1', n: 4, seed: 9, temperature: 1, max_tokens: 256 },
    });
    expect(tokens).toBe(4);
    expect(found.get('a0')).toEqual({
      text: 'text 0',
      tokenIds: null,
      finishReason: 'stop',
      logp: null,
      tokenLogps: null,
    });
  });

  test('come in n calls with seeds of their own where it passes over n, and the next prompt is asked so at once', async () => {
    const { requests } = await start((asked) => saying([`seed ${seedOf(asked)}`]));
    const first = await sample([request()], { concurrency: 1 });
    expect(first.size).toBe(4);
    expect(new Set([...first.values()].map(({ text }) => text)).size).toBe(4);
    expect(requests.map(countOf)).toEqual([4, 1, 1, 1]);
    const again = await sample([request()], { concurrency: 3 });
    expect(again).toEqual(first);
  });

  test('come in n calls where it refuses n', async () => {
    const { requests } = await start((asked) =>
      countOf(asked) > 1
        ? { status: 400, body: { error: { message: "'n' must be 1 for this model" } } }
        : saying([`seed ${seedOf(asked)}`]),
    );
    const found = await sample([request(), request({ id: 'b', seed: 10 })], { concurrency: 1 });
    expect(found.size).toBe(8);
    expect(requests.filter((asked) => countOf(asked) > 1).length).toBeLessThanOrEqual(2);
  });

  test('are no more than asked for, whatever comes', async () => {
    await start(() => saying(['x', 'y', 'z', 'u', 'v', 'w']));
    expect((await sample([request({ n: 2 })])).size).toBe(2);
  });
});

describe('what is asked', () => {
  test('are only the settings that change something', async () => {
    const { requests } = await start((asked) => saying([`${seedOf(asked)}`]));
    await sample([request({ n: 1 })]);
    expect(Object.keys(requests[0]?.body ?? {}).sort()).toEqual(
      ['logprobs', 'max_tokens', 'messages', 'model', 'seed', 'temperature'].sort(),
    );
    const config = samplingConfigSchema.parse({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 20,
      min_p: 0.05,
      repetition_penalty: 1.1,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      stop: ['\n'],
      max_new_tokens: 7,
    });
    await sample([request({ n: 1 })], {}, config);
    const { max_new_tokens, precision: _, ...same } = config;
    expect(requests[1]?.body).toMatchObject({ ...same, max_tokens: max_new_tokens });
  });

  test.each([['Once upon'], [{ tokenIds: [1, 2, 3] }]])('%j is completed as it stands', async (prompt) => {
    const { requests } = await start(() => ({
      body: { choices: [{ text: ' a time', finish_reason: 'length', logprobs: { token_logprobs: [-1, -0.5] } }] },
    }));
    const found = await sample([request({ n: 1, prompt })]);
    expect(requests[0]).toMatchObject({
      url: '/v1/completions',
      body: { prompt: typeof prompt === 'string' ? prompt : prompt.tokenIds, logprobs: 0 },
    });
    expect(found.get('a0')).toMatchObject({ text: ' a time', finishReason: 'length', logp: -1.5 });
  });

  test('a server that takes neither log-probs nor max_tokens is asked without', async () => {
    const { requests } = await start(({ body }) => {
      if ('logprobs' in body) return { status: 400, body: { error: { message: 'logprobs are not supported' } } };
      if ('max_tokens' in body) return { status: 400, body: { error: { message: 'Use max_completion_tokens' } } };
      return saying(['x']);
    });
    expect((await sample([request({ n: 1 }), request({ n: 1, id: 'b' })], { concurrency: 1 })).size).toBe(2);
    expect(requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 256 });
    expect(requests).toHaveLength(4);
  });
});

describe('what comes', () => {
  test.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    [null, 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'length'],
  ])('ended by %s is %s', async (finish_reason, expected) => {
    await start(() => saying(['x'], { finish_reason }));
    expect((await sample([request({ n: 1 })])).get('a0')?.finishReason).toBe(expected);
  });

  test('has the log-probs that the server told', async () => {
    await start(() =>
      saying(['x'], {
        logprobs: {
          content: [
            { token: 'x', logprob: -0.25 },
            { token: '', logprob: -1 },
          ],
        },
      }),
    );
    expect((await sample([request({ n: 1 })])).get('a0')).toMatchObject({ logp: -1.25, tokenLogps: [-0.25, -1] });
  });

  test('may be empty, but must be a completion', async () => {
    await start(() => saying([''], { message: { role: 'assistant', content: null } }));
    expect((await sample([request({ n: 1 })])).get('a0')?.text).toBe('');
    await server?.close();
    for (const body of ['<html>', { models: [] }, { choices: [] }, { choices: [{ finish_reason: 'stop' }] }]) {
      await start(() => ({ body }));
      await expect(sample([request({ n: 1 })])).rejects.toMatchObject({
        code: 'BACKEND_REFUSED',
        message: expect.stringContaining('something else than a completion'),
      });
      await server?.close();
    }
  });
});

describe('bad days', () => {
  test('429 with Retry-After, 500 and a broken connection are tried again', async () => {
    const bad: ScriptedReply[] = [
      { status: 429, headers: { 'retry-after': '0.2' }, body: {} },
      { status: 500, body: 'oops' },
      { hangUp: true },
    ];
    const { requests } = await start((_, number) => bad[number] ?? saying(['x']));
    expect((await sample([request({ n: 1 })])).size).toBe(1);
    expect(requests).toHaveLength(4);
    expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(190);
  });

  test('a server that stays slow or away is told in one sentence, without the key', async () => {
    await start(() => ({ ...saying(['x']), delayMs: 500 }));
    await expect(sample([request({ n: 1 })], { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(
        /^The model server at http:.*4 attempts \(no answer within 0.05 s\).*sample again\.$/,
      ),
    });
    await server?.close();
    await start(() => ({ status: 503, body: { error: { message: `busy ${apiKey}` } } }));
    await expect(sample([request({ n: 1 })])).rejects.toMatchObject({
      message: expect.stringContaining('503: busy [API key]'),
    });
  });

  test('a refusal ends the whole call, also what was still to be asked', async () => {
    const { requests } = await start((_, number) => (number < 2 ? saying(['x']) : { status: 401, body: {} }));
    const many = Array.from({ length: 40 }, (_, i) => request({ n: 1, id: `p${i}` }));
    await expect(sample(many, { concurrency: 2 })).rejects.toMatchObject({ code: 'BACKEND_REFUSED' });
    expect(requests.length).toBeLessThan(6);
  });

  test('a cancel, and a reader that leaves, end the requests that are out', async () => {
    const { requests } = await start(() => ({ ...saying(['x']), delayMs: 30_000 }));
    const controller = new AbortController();
    const cancelled = sample([request()], {}, plain, controller.signal);
    await expect.poll(() => requests.length).toBe(1);
    const started = performance.now();
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('no more requests are out at once, nor in a minute, than was said', async () => {
    const { busiest, requests } = await start(() => ({ ...saying(['x']), delayMs: 20 }));
    const many = Array.from({ length: 12 }, (_, i) => request({ n: 1, id: `p${i}` }));
    await sample(many, { concurrency: 3 });
    expect(busiest()).toBe(3);
    const controller = new AbortController();
    const paced = sample(many, { concurrency: 12, requestsPerMinute: 5 }, plain, controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(requests).toHaveLength(12 + 5);
    controller.abort();
    await expect(paced).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
