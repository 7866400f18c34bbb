// The engine's process when it dies at work: the next one takes less memory for its caches, until work is done again.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { samplingConfigSchema } from '../engine/config.ts';
import { type Engine, EngineDied, openEngine } from './engine-client.ts';

const model = { model: fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url)), adapter: null };
const config = samplingConfigSchema.parse({ temperature: 1, max_new_tokens: 200 });
const requests = Array.from({ length: 64 }, (_, i) => ({ id: String(i), prompt: 'where is my parcel', n: 8, seed: i }));

let engine: Engine;
afterEach(() => engine.close());

/** What the child was started with: its last argument is how many before it died of late. */
const deathsBefore = () => Number(readFileSync(`/proc/${engine.pid()}/cmdline`, 'utf8').split('\0').at(-2));

async function sampleAll(some = requests, onFirst: () => void = () => undefined): Promise<number> {
  let count = 0;
  for await (const chunk of engine.sample(model, some, config)) {
    if (chunk.type === 'response' && count++ === 0) onFirst();
  }
  return count;
}

test('a child that dies while it samples is followed by one that is more careful, then by one that is not', async () => {
  engine = openEngine({ device: 'cpu' });
  const kill = () => process.kill(engine.pid() ?? 0, 'SIGKILL');
  await expect(sampleAll(requests, kill)).rejects.toThrow(EngineDied);
  await expect(sampleAll(requests, kill)).rejects.toThrow(/ended during sample with .*fixtures\/llama/);
  expect(await sampleAll(requests.slice(0, 2))).toBe(16);
  expect(deathsBefore()).toBe(2);
  expect(await sampleAll(requests.slice(0, 2))).toBe(16);
  // Twice in order: no more caution, once this child is gone too.
  kill();
  await expect.poll(() => engine.pid()).toBeNull();
  expect(await sampleAll(requests.slice(0, 1))).toBe(8);
  expect(deathsBefore()).toBe(0);
});
