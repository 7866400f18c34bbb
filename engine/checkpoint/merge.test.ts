// Adapters between peft and us (fixtures/README.md): its own merged here as it merges them, ours scored by it as here.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainingPair } from '../ports.ts';
import { scorePairs } from '../training/score.ts';
import { openCheckpoint } from './checkpoint.ts';
import { mergeAdapter } from './merge.ts';
import { readAdapter, writeAdapter } from './peft.ts';
import { readTensor } from './safetensors.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
interface Merged {
  every: number;
  values: number[];
  norm: number;
  isChanged: boolean;
}
const peft = JSON.parse(await readFile(`${fixtures}peft.json`, 'utf8')) as {
  merged: Record<string, Record<string, Merged>>;
  ours: number[][];
};
const head = JSON.parse(await readFile(`${fixtures}head.json`, 'utf8')) as {
  merged: Record<string, Record<string, Merged>>;
  scores: { ours: number[][] };
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-merge-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.entries({ ...peft.merged, ...head.merged }))('%s', (family, expected) => {
  test("merged weights are those of peft's merge_and_unload, in the files, names and types of the base", async () => {
    const out = join(folder, family);
    const [model, adapter] = [`${fixtures}${family}`, `${fixtures}${family}-adapter`];
    await mergeAdapter({ model, adapter, out });
    const [merged, base] = [await openCheckpoint(out), await openCheckpoint(model)];
    expect([...merged.tensors].map(([name, { dtype, shape, file }]) => ({ name, dtype, shape, file }))).toEqual(
      [...base.tensors].map(([name, { dtype, shape, file }]) => ({ name, dtype, shape, file })),
    );
    expect((await readdir(out)).sort()).toEqual((await readdir(model)).sort());
    let changed = 0;
    for (const [name, { every, values, norm, isChanged }] of Object.entries(expected)) {
      const tensor = merged.tensors.get(name);
      if (!tensor) throw new Error(`no ${name}`);
      const found = await readTensor(out, tensor);
      const before = await readTensor(model, base.tensors.get(name) ?? tensor);
      expect(found.some((value, i) => value !== before[i])).toBe(isChanged);
      changed += isChanged ? 1 : 0;
      // peft rounds the product to bf16 before it adds it, and then the sum: twice where we round once.
      const tolerance = tensor.dtype === 'F32' ? 2 ** -22 : 2 ** -7;
      const scale = Math.max(...found.map(Math.abs));
      for (const [k, value] of values.entries()) {
        expect(Math.abs((found[k * every] as number) - value), `${name}[${k * every}]`).toBeLessThan(tolerance * scale);
      }
      const length = Math.hypot(...found);
      expect(Math.abs(length / norm - 1)).toBeLessThan(tolerance);
    }
    expect(changed).toBe((await readAdapter(adapter, base)).modules.size);
  });

  test('the merged model scores as the base with its adapter does', async () => {
    const out = join(folder, family);
    const few = pairs.slice(0, 4);
    const adapter = `${fixtures}${family}-adapter`;
    const [whole, apart] = [
      await scorePairs({ model: out, pairs: few, device: 'cpu' }),
      await scorePairs({ model: `${fixtures}${family}`, adapter, pairs: few, device: 'cpu' }),
    ];
    const tolerance = family === 'smollm2' ? 5e-2 : 1e-5; // stored in bf16, which has 8 bits
    for (const [i, score] of whole.entries()) {
      const difference = Math.abs(score.logpsChosen - (apart[i]?.logpsChosen ?? 0));
      expect(difference / score.tokensChosen).toBeLessThan(tolerance);
    }
  });
});

const ours = [
  ['ours-adapter', peft.ours],
  ['ours-head-adapter', head.scores.ours],
] as const;

test.each(ours)('peft loads %s, trained here, and gives its pairs the log-probs that we do', async (name, expected) => {
  const scores = await scorePairs({ model: `${fixtures}llama`, adapter: `${fixtures}${name}`, pairs, device: 'cpu' });
  const bare = await scorePairs({ model: `${fixtures}llama`, pairs, device: 'cpu' });
  for (const [i, { logpsChosen, logpsRejected, tokensChosen, tokensRejected }] of scores.entries()) {
    const [chosen = 0, rejected = 0] = expected[i] ?? [];
    expect(Math.abs(logpsChosen - chosen) / tokensChosen).toBeLessThan(1e-4);
    expect(Math.abs(logpsRejected - rejected) / tokensRejected).toBeLessThan(1e-4);
    expect(Math.abs(logpsChosen - (bare[i]?.logpsChosen ?? 0)) / tokensChosen).toBeGreaterThan(1e-3);
  }
});

test.each(ours)('%s is written today as the one that peft has loaded', async (name) => {
  const base = await openCheckpoint(`${fixtures}llama`);
  const adapter = await readAdapter(`${fixtures}${name}`, base);
  const out = join(folder, `${name} again`);
  await writeAdapter(out, adapter, `${fixtures}llama`, 0.05);
  for (const file of ['adapter_config.json', 'adapter_model.safetensors']) {
    expect(await readFile(join(out, file))).toEqual(await readFile(`${fixtures}${name}/${file}`));
  }
});
