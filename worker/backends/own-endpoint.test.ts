// Our two ends of OpenAI's protocol, one against the other: a remote sampler that asks our own endpoint gives what the
// engine gives.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplingConfigSchema } from '../../engine/config.ts';
import { startTestEndpoint, type TestEndpoint } from '../../test/endpoint.ts';
import { modelFolder } from '../sampling.ts';
import { openRemoteSampler } from './openai.ts';

let endpoint: TestEndpoint;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
});
afterAll(() => endpoint.close());

test('the same texts, ends and log-probs as from the engine itself', async () => {
  const requests = [
    { id: 'chat', prompt: [{ role: 'user', content: 'Is the red teapot in stock?' }], n: 3, seed: 11 },
    { id: 'text', prompt: 'Is the', n: 2, seed: 12 },
    { id: 'ids', prompt: { tokenIds: [5, 6, 7] }, n: 1, seed: 13 },
  ];
  const config = samplingConfigSchema.parse({ temperature: 1.5, top_k: 30, max_new_tokens: 20, stop: ['.'] });
  const remote = openRemoteSampler({ baseUrl: endpoint.baseUrl, model: 'sft', apiKey: endpoint.apiKey });
  const theirs = new Map<string, { text: string; finishReason: string; logp: number | null }>();
  for await (const chunk of remote.sample(requests, config)) {
    if (chunk.type === 'response') theirs.set(`${chunk.id} ${chunk.index}`, chunk.response);
  }
  const model = { model: modelFolder('demo/model'), adapter: null };
  let compared = 0;
  for await (const chunk of endpoint.engine.sample(model, requests, config)) {
    if (chunk.type !== 'response') continue;
    const { text, finishReason, logp } = chunk.response;
    const other = theirs.get(`${chunk.id} ${chunk.index}`);
    expect(other).toMatchObject({ text, finishReason });
    expect(other?.logp).toBeCloseTo(logp, 4);
    compared++;
  }
  expect(compared).toBe(6);
  expect(theirs.size).toBe(6);
});

test('a wrong key is told as such', async () => {
  const remote = openRemoteSampler({ baseUrl: endpoint.baseUrl, model: 'sft', apiKey: 'rl-wrong' });
  const asked = remote.sample([{ id: 'a', prompt: 'x', n: 1, seed: 1 }], samplingConfigSchema.parse({}));
  await expect(asked[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'BACKEND_REFUSED',
    message: expect.stringContaining('does not accept the API key'),
  });
});
