// Token by token: the parts of what `score` sums up, and the likeliest tokens, which are those that greedy sampling draws.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { samplingConfigSchema } from '../config.ts';
import { openSampler } from '../sampling/sampler.ts';
import { scorePairs, scoreTokens } from './score.ts';

const model = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
const texts = ['The sea is', 'I am', 'Once upon a time there was a small harbour town'];

test('the parts add up to the score, and none is likelier than the likeliest', async () => {
  const checkpoint = await openCheckpoint(model);
  const sequences = texts.map((text) => checkpoint.tokenizer.encodePrompt(text));
  const scored = await scoreTokens(checkpoint, null, sequences, 'cpu');
  const pairs = sequences.map((ids) => ({
    prompt: texts[0] ?? '',
    chosen: { tokenIds: ids },
    rejected: { tokenIds: ids },
  }));
  const context = sequences[0] ?? [];
  const whole = await scoreTokens(
    checkpoint,
    null,
    sequences.map((ids) => [...context, ...ids]),
    'cpu',
  );
  const sums = await scorePairs({ model, pairs, device: 'cpu' });
  for (const [i, ids] of sequences.entries()) {
    expect(scored[i]).toHaveLength(ids.length - 1);
    const tail = whole[i]?.slice(context.length - 1) ?? [];
    expect(tail.reduce((sum, { logp }) => sum + logp, 0)).toBeCloseTo(sums[i]?.logpsChosen ?? Number.NaN, 3);
    for (const [k, { logp, topId, topLogp }] of tail.entries()) {
      if (topId === ids[k]) expect(logp).toBeCloseTo(topLogp, 4);
      else expect(logp).toBeLessThan(topLogp);
    }
  }
});

test('what greedy sampling draws is the likeliest each time', async () => {
  const checkpoint = await openCheckpoint(model);
  const sampler = await openSampler({ model, device: 'cpu' });
  const greedy = samplingConfigSchema.parse({ temperature: 0, max_new_tokens: 12 });
  for await (const chunk of sampler.sample([{ id: 'a', prompt: texts[2] ?? '', n: 1, seed: 1 }], greedy)) {
    if (chunk.type !== 'response') continue;
    const { tokenIds, tokenLogps } = chunk.response;
    const prompt = checkpoint.tokenizer.encodePrompt(texts[2] ?? '');
    const [scores = []] = await scoreTokens(checkpoint, null, [[...prompt, ...tokenIds]], 'cpu');
    const drawn = scores.slice(prompt.length - 1);
    expect(drawn.map(({ topId }) => topId)).toEqual(tokenIds);
    for (const [i, { logp }] of drawn.entries()) expect(logp).toBeCloseTo(tokenLogps[i] ?? Number.NaN, 3);
  }
  await sampler.close();
});
