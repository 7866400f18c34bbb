// Hundreds of broken and malicious model folders through the engine's real child: each is refused in one clear sentence
// within five seconds, and the engine goes on to sample from a sound one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplingConfigSchema, trainConfigSchema } from '../engine/config.ts';
import { EngineError } from '../engine/errors.ts';
import { createRandom } from '../engine/random.ts';
import { adapterCases } from '../test/hostile/adapters.ts';
import { configCases } from '../test/hostile/configs.ts';
import { copyModel, type HostileCase, soundModel } from '../test/hostile/model-folder.ts';
import { fileCases, shardCases } from '../test/hostile/shards.ts';
import { templateCases } from '../test/hostile/templates.ts';
import { tokenizerCases } from '../test/hostile/tokenizers.ts';
import { weightCases } from '../test/hostile/weights.ts';
import { type Engine, openEngine } from './engine-client.ts';

const patienceMs = 5_000;
const seed = 20_260_729;
/** How many are tried between two looks at a sound model. */
const casesPerLook = 20;

const groups = {
  weights: weightCases,
  shards: shardCases,
  files: fileCases,
  configs: configCases,
  tokenizers: tokenizerCases,
  templates: templateCases,
  adapters: adapterCases,
};

let root: string;
let engine: Engine;
let sound: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rankloop-hostile-'));
  engine = openEngine({ device: 'cpu' });
  sound = await respond(soundModel);
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

const config = samplingConfigSchema.parse({ temperature: 0, max_new_tokens: 4 });
/** Long runs of one letter are what slow patterns stumble over. */
const prompt = [{ role: 'user', content: `where is ${'a'.repeat(60)} my parcel, ${'order '.repeat(30)}number 12?` }];

async function respond(model: string, adapter: string | null = null): Promise<string> {
  let text = '';
  const requests = [{ id: 'a', prompt, n: 1, seed: 1 }];
  for await (const chunk of engine.sample({ model, adapter }, requests, config)) {
    if (chunk.type === 'response') text = chunk.response.text;
  }
  return text;
}

/** What became of a case: nothing, or what its error says, with all that is wrong with that. */
async function attempt(
  folder: string,
  { usesAdapter }: HostileCase,
): Promise<{ message: string | null; faults: string[] }> {
  const started = performance.now();
  try {
    await respond(folder, usesAdapter ? join(folder, 'adapter') : null);
    return { message: null, faults: slowness(started) };
  } catch (error) {
    const { message } = error as Error;
    return { message, faults: [...slowness(started), ...faultsOf(error, message)] };
  }
}

function slowness(started: number): string[] {
  const ms = Math.round(performance.now() - started);
  return ms > patienceMs ? [`took ${ms} ms`] : [];
}

function faultsOf(error: unknown, message: string): string[] {
  const faults: [string, boolean][] = [
    ['is no EngineError', !(error instanceof EngineError)],
    ['has more than a line', /[\n\r\u2028\u2029]/.test(message)],
    ['has control characters', /\p{C}/u.test(message)],
    ['is long', message.length > 300],
    ['is no sentence', !message.endsWith('.')],
    ['names no file', !message.includes(root) && !/^Prompt a\b/.test(message)],
    [
      'speaks of code',
      /undefined|\[object|\bat \w+ \(|TypeError|Cannot read prop|\w+\.\w+ is not a function/.test(message),
    ],
  ];
  return faults.filter(([, isFault]) => isFault).map(([fault]) => fault);
}

test('there are at least 200', () => {
  expect(Object.values(groups).flat().length).toBeGreaterThanOrEqual(200);
});

describe.each(Object.entries(groups))('hostile %s', (group, cases) => {
  const parts = Array.from({ length: Math.ceil(cases.length / casesPerLook) }, (_, i) =>
    cases.slice(i * casesPerLook, (i + 1) * casesPerLook),
  );
  test.each(parts.map((part, i) => ({ part, first: i * casesPerLook })))(
    'are refused in a sentence, or harmless, from $first on',
    async ({ part, first }) => {
      const wrong: Record<string, unknown> = {};
      for (const [i, hostile] of part.entries()) {
        const folder = join(root, `${group}-${first + i}`);
        await copyModel(folder);
        await hostile.spoil(folder, createRandom(seed + first + i));
        const { message, faults } = await attempt(folder, hostile);
        if (message === null && hostile.outcome === 'refused') faults.push('was not refused');
        if (message !== null && hostile.outcome === 'works') faults.push('was refused');
        if (faults.length > 0) wrong[hostile.name] = { faults, message };
        rmSync(folder, { recursive: true, force: true });
      }
      expect(wrong).toEqual({});
      expect(await respond(soundModel)).toBe(sound);
    },
  );
});

describe('scoring and training', () => {
  const pairs = [{ prompt, chosen: 'it was sent.', rejected: 'no.' }];
  const settings = trainConfigSchema.parse({ max_steps: 2, per_device_train_batch_size: 1 });
  const operations: Record<string, (model: string) => Promise<unknown>> = {
    score: (model) => engine.score({ model, adapter: null }, pairs),
    train: (model) =>
      engine.train(
        { model, adapter: null, reference: 'base', pairs, config: settings, out: join(root, 'out') },
        async () => undefined,
      ),
  };
  const names = [
    'weights: all NaN',
    'weights: far larger than memory, without a byte on disk',
    'template: nested loops',
  ];
  const chosen = Object.values(groups)
    .flat()
    .filter(({ name }) => names.includes(name));

  test.each(Object.keys(operations))('%s refuses the same in the same words', async (operation) => {
    expect(chosen).toHaveLength(names.length);
    for (const [i, hostile] of chosen.entries()) {
      const folder = join(root, `${operation}-${i}`);
      await copyModel(folder);
      await hostile.spoil(folder, createRandom(seed));
      const started = performance.now();
      const error: unknown = await operations[operation]?.(folder).catch((thrown: unknown) => thrown);
      expect([...slowness(started), ...faultsOf(error, (error as Error).message)]).toEqual([]);
    }
    expect(await respond(soundModel)).toBe(sound);
  });
});

test('a child that dies says with which model, and the next request has a new one', async () => {
  const pid = engine.pid();
  const first = respond(soundModel);
  if (pid) process.kill(pid, 'SIGKILL');
  await expect(first).rejects.toThrow(`The engine process ended during sample with ${soundModel} (SIGKILL)`);
  expect(await respond(soundModel)).toBe(sound);
  expect(engine.pid()).not.toBe(pid);
});
