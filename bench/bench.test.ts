// The bench's parts, on a checkpoint small enough for a test: what contestants run on, and that they agree.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { createRandom } from '../engine/random.ts';
import type { Work } from './contestant.ts';
import { writeGguf } from './gguf.ts';
import { type BenchModel, checkpointFolder, parameterCount } from './models.ts';
import { startContestant } from './processes.ts';
import { greedyAgreement, ratios, spread } from './statistics.ts';
import { randomPrompt } from './tokenizer.ts';
import { trainerModels } from './trainer-models.ts';
import { ourContestants, startTrainer } from './trainer-processes.ts';

const tiny: BenchModel = {
  name: 'tiny',
  hidden: 32,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  intermediate: 48,
  vocabulary: 1200,
  isTied: false,
  dtype: 'F32',
};
let cache: string;
let folder: string;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'rankloop-bench-test-'));
  folder = await checkpointFolder(cache, tiny);
});
afterAll(() => rm(cache, { recursive: true, force: true }));

async function workOf(temperature: number): Promise<Work> {
  const { tokenizer } = await openCheckpoint(folder);
  const random = createRandom(3);
  const prompts = Array.from({ length: 3 }, () => {
    const text = randomPrompt(10, random);
    return { text, ids: tokenizer.encodePrompt(text) };
  });
  return { calls: [{ prompts, n: 2 }], newTokens: 20, temperature, seed: 5 };
}

describe('a random checkpoint', () => {
  test('opens, has the parameters that its shape says, and is made once', async () => {
    const { shapes, config } = await openCheckpoint(folder);
    const elements = [...shapes.values()].map((shape) => shape.reduce((product, dim) => product * dim, 1));
    expect(elements.reduce((sum, count) => sum + count, 0)).toBe(parameterCount(tiny));
    expect(config.eosTokenIds).toEqual([]);
    const { mtimeMs } = await stat(join(folder, 'model.safetensors'));
    expect(await checkpointFolder(cache, tiny)).toBe(folder);
    expect((await stat(join(folder, 'model.safetensors'))).mtimeMs).toBe(mtimeMs);
  });

  test('has prompts of just so many tokens', async () => {
    for (const { ids } of (await workOf(1)).calls[0]?.prompts ?? []) expect(ids).toHaveLength(10);
  });

  test('becomes a GGUF whose tensors all lie at multiples of 32', async () => {
    const path = join(cache, 'model.gguf');
    const checkpoint = await openCheckpoint(folder);
    await writeGguf(path, checkpoint);
    const file = await readFile(path);
    expect(file.subarray(0, 4).toString()).toBe('GGUF');
    expect(Number(file.readBigUInt64LE(8))).toBe(checkpoint.shapes.size);
    expect(file.length % 32).toBe(0);
    expect(file.includes('blk.1.attn_output.weight')).toBe(true);
  });
});

test('ours and one run per token draw the same greedy tokens', async () => {
  const work = await workOf(0);
  const rows: number[][][] = [];
  for (const name of ['ours', 'per-token'] as const) {
    const running = await startContestant(name, folder);
    if ('reason' in running) throw new Error(running.reason);
    expect(running.baselineBytes).toBeGreaterThan(0);
    const measured = await running.measure(work);
    expect(measured.rows.map((row) => row.length)).toEqual(Array(6).fill(work.newTokens));
    expect(measured.peakBytes).toBeGreaterThan(running.baselineBytes);
    rows.push(measured.rows);
    running.stop();
  }
  expect(rows[0]).toEqual(rows[1]);
});

test('a contestant that is not there is said to be missing', async () => {
  expect(await startContestant('python', folder)).toEqual({
    name: 'python',
    reason: expect.stringContaining('--python'),
  });
});

describe('the trainer', () => {
  const workOfPairs = (
    of: string,
    count: number,
    length: number,
    modules: string[] = ['q_proj', 'down_proj'],
  ): Parameters<typeof startTrainer>[1] => {
    const random = createRandom(2);
    const ids = () => Array.from({ length }, () => Math.floor(random.uniform() * tiny.vocabulary));
    const pairs = Array.from({ length: count }, () => ({ prompt: ids(), chosen: ids(), rejected: ids() }));
    return { folder: of, scratch: cache, device: 'cpu', pairs, r: 4, modules };
  };

  test('does steps of every kind', async () => {
    for (const name of ourContestants) {
      const running = await startTrainer(name, workOfPairs(folder, 2, 12));
      if ('reason' in running) throw new Error(running.reason);
      const measured = await running.step();
      expect(measured.seconds).toBeGreaterThan(0);
      expect(measured.peakBytes).toBeGreaterThanOrEqual(running.openedBytes);
      running.stop();
    }
  });

  test('plans its peak to a fifth', async () => {
    const base = await checkpointFolder(cache, trainerModels.base);
    for (const [name, pairs, length, modules] of [
      ['step', 4, 80, undefined],
      ['step', 4, 80, ['embed_tokens', 'lm_head']],
      ['checkpointed', 4, 160, undefined],
    ] as const) {
      const running = await startTrainer(name, workOfPairs(base, pairs, length, modules && [...modules]));
      if ('reason' in running) throw new Error(running.reason);
      await running.step();
      const { peakBytes } = await running.step();
      expect(Math.abs((running.plannedBytes ?? 0) / peakBytes - 1), `${name}: ${peakBytes} bytes`).toBeLessThan(0.2);
      running.stop();
    }
  });

  test('says that no Python was named', async () => {
    expect(await startTrainer('trl', workOfPairs(folder, 1, 4))).toMatchObject({
      reason: expect.stringMatching(/--python/),
    });
  });
});

test('figures of several rounds', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spread([4, 1, 2, 3]).median).toBe(2.5);
  expect(ratios([2, 9, 4], [1, 3, 2])).toEqual({ median: 2, min: 2, max: 3 });
  const agreement = greedyAgreement(
    [
      [1, 2, 3, 4],
      [5, 6],
    ],
    [
      [1, 2, 9, 4],
      [5, 6],
    ],
  );
  expect(agreement).toEqual({ share: 4 / 6, tokens: 6, rows: 2, equalRows: 1 });
});
