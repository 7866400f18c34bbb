// Scoring texts by echo, as evaluation harnesses do, through OpenAI's own client.
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEndpoint, type TestEndpoint } from '../../test/endpoint.ts';

let endpoint: TestEndpoint;
let client: OpenAI;

beforeAll(async () => {
  endpoint = await startTestEndpoint();
  client = new OpenAI({ baseURL: endpoint.baseUrl, apiKey: endpoint.apiKey, maxRetries: 0 });
});
afterAll(() => endpoint.close());

const text = 'We have the blue teapot here.';

test("gives each of the prompt's tokens its log-prob, and the likeliest one's", async () => {
  const asked = { model: 'sft', prompt: [text, 'We'], max_tokens: 0, echo: true, logprobs: 1 };
  const { choices, usage } = await client.completions.create(asked);
  expect(choices.map((choice) => [choice.text, choice.finish_reason])).toEqual([
    [text, 'length'],
    ['We', 'length'],
  ]);
  const { tokens = [], token_logprobs = [], top_logprobs = [], text_offset = [] } = choices[0]?.logprobs ?? {};
  expect(tokens.join('')).toBe(text);
  expect(token_logprobs[0]).toBeNull();
  expect(top_logprobs?.[0]).toBeNull();
  for (const [i, token] of tokens.entries()) {
    expect(text.slice(text_offset[i], (text_offset[i] ?? 0) + token.length)).toBe(token);
    if (i === 0) continue;
    const tops = Object.values((top_logprobs as Record<string, number>[])[i] ?? {});
    expect(token_logprobs[i]).toBeLessThanOrEqual(Math.max(...tops) + 1e-6);
    expect(tops.length).toBeLessThanOrEqual(2);
  }
  expect(usage?.completion_tokens).toBe(0);
  expect(usage?.prompt_tokens).toBeGreaterThan(tokens.length);
});

test('of what the model itself would say: every token is the likeliest, with the log-prob that it was drawn with', async () => {
  const greedy = { model: 'sft', prompt: 'We have', temperature: 0, max_tokens: 8, logprobs: 1 };
  const drawn = (await client.completions.create(greedy)).choices[0];
  const echoed = (await client.completions.create({ ...greedy, echo: true })).choices[0];
  expect(echoed?.text).toBe(`We have${drawn?.text}`);
  const before = (echoed?.logprobs?.tokens?.length ?? 0) - (drawn?.logprobs?.tokens?.length ?? 0);
  expect(echoed?.logprobs?.token_logprobs?.slice(before)).toEqual(drawn?.logprobs?.token_logprobs);
  const scored = (await client.completions.create({ ...greedy, prompt: echoed?.text ?? '', max_tokens: 0, echo: true }))
    .choices[0]?.logprobs;
  const last = scored?.tokens?.length ?? 0;
  for (let i = before; i < last; i++) {
    const tops = (scored?.top_logprobs ?? [])[i] ?? {};
    expect(Object.keys(tops)).toEqual([scored?.tokens?.[i]]);
    expect(scored?.token_logprobs?.[i]).toBeCloseTo(drawn?.logprobs?.token_logprobs?.[i - before] ?? 0, 3);
  }
});

test('takes token ids, and refuses what is too long', async () => {
  const ids = await client.completions.create({ model: 'sft', prompt: [[5, 6, 7]], max_tokens: 0, echo: true });
  expect(ids.choices[0]?.logprobs).toBeNull();
  expect(ids.usage?.prompt_tokens).toBe(3);
  const long = { model: 'sft', prompt: 'teapot '.repeat(2000), max_tokens: 0, echo: true };
  await expect(client.completions.create(long)).rejects.toMatchObject({ status: 400 });
});
