// The endpoint through OpenAI's own client, over real HTTP, down to the real engine on the demo's model.
import { eq } from 'drizzle-orm';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKeys } from '../../db/schema/people.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { startTestEndpoint, type TestEndpoint } from '../../test/endpoint.ts';
import { startRequestServer } from '../../test/request-server.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../services/api-keys.ts';
import { createEndpoint } from './endpoint.ts';

let endpoint: TestEndpoint;
let client: OpenAI;

beforeAll(async () => {
  endpoint = await startTestEndpoint();
  client = new OpenAI({ baseURL: endpoint.baseUrl, apiKey: endpoint.apiKey, maxRetries: 0 });
});
afterAll(() => endpoint.close());

const messages = [{ role: 'user' as const, content: 'Is the blue teapot in stock?' }];

/** The error of a call that fails, as the client reads it. */
async function failure(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

test('models are listed and found by name and by id', async () => {
  const listed = [];
  for await (const model of client.models.list()) listed.push(model);
  expect(listed).toMatchObject([{ id: 'sft', object: 'model', policy_id: endpoint.policyId }]);
  expect((await client.models.retrieve('sft')).id).toBe('sft');
  expect((await client.models.retrieve(endpoint.policyId)).id).toBe('sft');
  expect((await failure(client.models.retrieve('gpt'))).status).toBe(404);
});

describe('a chat completion', () => {
  test('whole: n choices, usage, the same again by its seed', async () => {
    const ask = () => client.chat.completions.create({ model: 'sft', messages, n: 3, seed: 5, max_tokens: 20 });
    const reply = await ask();
    expect(reply).toMatchObject({ object: 'chat.completion', model: 'sft' });
    expect(reply.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { message, finish_reason, logprobs } of reply.choices) {
      expect(message.role).toBe('assistant');
      expect(['stop', 'length']).toContain(finish_reason);
      expect(logprobs).toBeNull();
    }
    expect(new Set(reply.choices.map(({ message }) => message.content)).size).toBeGreaterThan(1);
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = reply.usage ?? {};
    expect(prompt_tokens).toBeGreaterThan(3);
    expect(completion_tokens).toBeGreaterThan(3);
    expect(completion_tokens).toBeLessThanOrEqual(60);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect((await ask()).choices).toEqual(reply.choices);
  });

  test('streamed: the deltas make the whole text, then the end, then the usage', async () => {
    const asked = { model: endpoint.policyId, messages, n: 2, seed: 5, temperature: 2, max_completion_tokens: 60 };
    const whole = await client.chat.completions.create(asked);
    const stream = await client.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const ends: (string | null)[] = [];
    const roles: string[] = [];
    let usage = null;
    let chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      for (const { index, delta, finish_reason } of chunk.choices) {
        if (delta.role) roles.push(delta.role);
        texts[index] += delta.content ?? '';
        if (finish_reason) ends[index] = finish_reason;
      }
      if (chunk.usage) usage = chunk.usage;
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(ends).toEqual(whole.choices.map(({ finish_reason }) => finish_reason));
    expect(roles).toEqual(['assistant', 'assistant']);
    expect(usage).toEqual(whole.usage);
    expect(chunks).toBeGreaterThan(6);
  });

  test('as events on the wire: one JSON a line, [DONE] at the end, no usage unless asked for', async () => {
    const response = await fetch(`${endpoint.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${endpoint.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sft', messages, stream: true, max_tokens: 20 }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = (await response.text()).split('\n\n').slice(0, -1);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((line) => JSON.parse(line.replace(/^data: /, '')));
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-1).choices[0].finish_reason).not.toBeNull();
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  test('log-probs are those of the drawn tokens, whose texts make the response', async () => {
    const { choices } = await client.chat.completions.create({
      model: 'sft',
      messages,
      logprobs: true,
      max_tokens: 12,
    });
    const content = choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join('')).toBe(choices[0]?.message.content);
    for (const { logprob, token, bytes, top_logprobs } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(Buffer.from(bytes ?? []).toString()).toBe(token);
      expect(top_logprobs).toEqual([]);
    }
  });

  test('a stop string ends the text before it, also in a stream', async () => {
    const greedy = { model: 'sft', messages, temperature: 0, max_tokens: 40 };
    const full = (await client.chat.completions.create(greedy)).choices[0]?.message.content ?? '';
    const stop = full.slice(8, 12);
    const expected = full.slice(0, full.indexOf(stop));
    const cut = await client.chat.completions.create({ ...greedy, stop });
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expected } });
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...greedy, stop: [stop, 'zzz'], stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
      expect(expected.startsWith(text)).toBe(true);
    }
    expect(text).toBe(expected);
  });

  test('takes parts of text, an earlier reply as it came, and fields that only keep books', async () => {
    const earlier = (await client.chat.completions.create({ model: 'sft', messages, max_tokens: 8 })).choices[0]
      ?.message;
    if (!earlier) throw new Error('no reply');
    const reply = await client.chat.completions.create({
      model: 'sft',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        earlier,
        { role: 'user', content: 'And red ones?' },
      ],
      max_tokens: 8,
      user: 'somebody',
      metadata: { run: '1' },
      tools: [],
      response_format: { type: 'text' },
      logit_bias: null,
    });
    expect(reply.choices).toHaveLength(1);
  });

  test("vLLM's settings are taken", async () => {
    const extra = { top_k: 1, min_p: 0.1, repetition_penalty: 1.1 };
    const ask = (seed: number) =>
      client.chat.completions.create({ model: 'sft', messages, seed, max_tokens: 12, ...extra });
    expect((await ask(1)).choices).toEqual((await ask(2)).choices);
  });
});

describe('a completion', () => {
  test('of several prompts, in their order, n of each; token ids are prompts too', async () => {
    const reply = await client.completions.create({ model: 'sft', prompt: ['Is the', 'We have'], n: 2, seed: 3 });
    expect(reply.object).toBe('text_completion');
    expect(reply.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const alone = await client.completions.create({ model: 'sft', prompt: 'We have', n: 2, seed: 3 });
    expect(alone.choices.map(({ text }) => text)).toEqual(reply.choices.slice(2).map(({ text }) => text));
    const ids = await client.completions.create({ model: 'sft', prompt: [[5, 6, 7], [8]], max_tokens: 4 });
    expect(ids.usage?.prompt_tokens).toBe(4);
    expect((await client.completions.create({ model: 'sft', prompt: [5, 6], max_tokens: 4 })).choices).toHaveLength(1);
  });

  test('with the log-probs of its tokens, and streamed', async () => {
    const asked = { model: 'sft', prompt: 'Is the', temperature: 0, logprobs: 1, max_tokens: 10 };
    const [choice] = (await client.completions.create(asked)).choices;
    const { tokens = [], token_logprobs = [], text_offset = [], top_logprobs = [] } = choice?.logprobs ?? {};
    expect(tokens.join('')).toBe(choice?.text);
    expect(text_offset[2]).toBe(`${tokens[0]}${tokens[1]}`.length);
    expect(top_logprobs?.[0]).toEqual({ [tokens[0] ?? '']: token_logprobs?.[0] });
    let text = '';
    for await (const chunk of await client.completions.create({ ...asked, stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    expect(text).toBe(choice?.text);
  });
});

describe('a request that cannot be answered has the status and the words of OpenAI', () => {
  test('401 for no key, a wrong one and a revoked one', async () => {
    const { id, key: revoked } = await createApiKey(endpoint.database.db, endpoint.admin, { name: 'short-lived' });
    await revokeApiKey(endpoint.database.db, { apiKeyId: id });
    for (const apiKey of ['wrong', revoked]) {
      const error = await failure(new OpenAI({ baseURL: endpoint.baseUrl, apiKey, maxRetries: 0 }).models.list());
      expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    }
    expect((await fetch(`${endpoint.baseUrl}/models`)).status).toBe(401);
  });

  test('404 for a model that does not exist', async () => {
    const error = await failure(client.chat.completions.create({ model: 'gpt-5', messages }));
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(error.message).toContain('"gpt-5"');
  });

  test.each<[Record<string, unknown>, string]>([
    [{ tools: [{ type: 'function' }] }, 'tools'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ logit_bias: { 5: 100 } }, 'logit_bias'],
    [{ reasoning_effort: 'low' }, 'reasoning_effort'],
    [{ top_logprobs: 3, logprobs: true }, 'top_logprobs'],
    [{ temperature: 3 }, 'temperature'],
    [{ top_p: 0 }, 'top_p'],
    [{ n: 0 }, 'n'],
    [{ n: 1000 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stop: [''] }, 'stop.0'],
    [{ stop: 5 }, 'stop'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages.0.content'],
    [{ messages: [{ role: 'tool', content: 'x', tool_call_id: 'y' }] }, 'messages.0.role'],
    [{ frobnicate: 1 }, 'frobnicate'],
  ])('400 for %o', async (fields, param) => {
    const body = { model: 'sft', messages, ...fields } as unknown as { model: string; messages: typeof messages };
    const error = await failure(client.chat.completions.create(body));
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
    expect(error.message).toContain(param.split('.')[0] ?? '');
  });

  test.each<[Record<string, unknown>, string]>([
    [{ logprobs: 5 }, 'logprobs'],
    [{ echo: true, stream: true }, 'echo'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ suffix: 'x' }, 'suffix'],
    [{ best_of: 4 }, 'best_of'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: Array.from({ length: 65 }, () => 'x') }, 'prompt'],
  ])('400 for a completion with %o', async (fields, param) => {
    const body = { model: 'sft', prompt: 'x', ...fields } as unknown as { model: string; prompt: string };
    expect(await failure(client.completions.create(body))).toMatchObject({ status: 400, param });
  });

  test("400 with the engine's words, streamed or not: a prompt too long, a token beyond the vocabulary", async () => {
    const system = [{ role: 'developer' as const, content: 'Be brief.' }, ...messages];
    const error = await failure(client.chat.completions.create({ model: 'sft', messages: system }));
    expect(error.status).toBe(400);
    expect(error.message).toBe(
      '400 The model: the chat template fails: This model knows the roles user and assistant only.',
    );
    const long = [{ role: 'user' as const, content: 'teapot '.repeat(2000) }];
    for (const stream of [false, true]) {
      const error = await failure(client.chat.completions.create({ model: 'sft', messages: long, stream }));
      expect(error.status).toBe(400);
      expect(error.message).toContain('shorten it');
    }
    expect((await failure(client.completions.create({ model: 'sft', prompt: [999_999] }))).status).toBe(400);
  });

  test('400 for what is no JSON', async () => {
    for (const body of ['{', '[]', '"x"']) {
      const headers = { authorization: `Bearer ${endpoint.apiKey}` };
      const response = await fetch(`${endpoint.baseUrl}/completions`, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });

  test('429 once a key has made its requests of the minute, with the time to wait; other keys go on', async () => {
    const strict = createEndpoint({ db: endpoint.database.db, secret: endpoint.secret, requestsPerMinute: 2 });
    const server = await startRequestServer((request) => strict.listModels(request));
    const { key: limited } = await createApiKey(endpoint.database.db, endpoint.admin, { name: 'limited' });
    const list = (apiKey: string) =>
      fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect([(await list(limited)).status, (await list(limited)).status]).toEqual([200, 200]);
    const refused = await list(limited);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    const { key: other } = await createApiKey(endpoint.database.db, endpoint.admin, { name: 'other' });
    expect((await list(other)).status).toBe(200);
    await server.close();
  });

  test('503 when no worker is there', async () => {
    const lonely = createEndpoint({
      db: endpoint.database.db,
      secret: 'a worker that shares this secret is not there',
    });
    const server = await startRequestServer((request) => lonely.chatCompletions(request));
    const other = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: endpoint.apiKey, maxRetries: 0 });
    const error = await failure(other.chat.completions.create({ model: 'sft', messages }));
    expect(error).toMatchObject({ status: 503, code: 'worker_unavailable' });
    await server.close();
  });
});

test('a client that leaves in the middle frees the model', async () => {
  const stream = await client.chat.completions.create({
    model: 'sft',
    messages,
    n: 100,
    temperature: 2,
    max_tokens: 200,
    stream: true,
  });
  for await (const _ of stream) break;
  const started = performance.now();
  await client.chat.completions.create({ model: 'sft', messages, max_tokens: 4 });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('a name that two projects use is asked for with its project', async () => {
  const [demo] = await endpoint.database.db.select().from(projects);
  if (!demo) throw new Error('no project');
  const { id: _, ...copy } = demo;
  const [other] = await endpoint.database.db
    .insert(projects)
    .values({ ...copy, slug: 'other', sftPolicyId: null, currentPolicyId: null })
    .returning();
  await endpoint.database.db
    .insert(policies)
    .values({ projectId: other?.id ?? '', name: 'sft', modelDir: 'demo/model' });
  const error = await failure(client.models.retrieve('sft'));
  expect(error.status).toBe(404);
  expect(error.message).toContain(`"${demo.slug}/sft" or "other/sft"`);
  expect((await client.models.retrieve('other/sft')).id).toBe('other/sft');
  expect((await client.models.retrieve(endpoint.policyId)).id).toBe(`${demo.slug}/sft`);
});

test('of a key only its hash is kept, and when it was last used', async () => {
  const rows = await endpoint.database.db.select().from(apiKeys);
  expect(JSON.stringify(rows)).not.toContain(endpoint.apiKey);
  const [mine] = await endpoint.database.db.select().from(apiKeys).where(eq(apiKeys.name, 'tests'));
  expect(endpoint.apiKey.startsWith(mine?.prefix ?? '-')).toBe(true);
  expect(mine?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(mine?.lastUsedAt).not.toBeNull();
  const listed = await listApiKeys(endpoint.database.db);
  expect(listed.find(({ name }) => name === 'tests')).toMatchObject({
    createdBy: endpoint.admin.name,
    revokedAt: null,
  });
  expect(JSON.stringify(listed)).not.toContain(mine?.hash);
});
