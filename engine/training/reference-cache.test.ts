// Found again only for the same weights, adapter, graph, device and tokens; damage is scored anew; a cache that cannot be
// written is none.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter } from '../checkpoint/peft.ts';
import { trainConfigSchema } from '../config.ts';
import type { TrainJob } from '../ports.ts';
import type { TokenRow } from './batch.ts';
import { cachedLogps } from './reference-cache.ts';
import { scoringHash } from './score.ts';
import { train } from './trainer.ts';

const llama = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-reference-'));
});
afterAll(() => rm(folder, { recursive: true }));

const rows: TokenRow[] = [
  { prompt: [1, 5], completions: [[6, 7], [8]] },
  { prompt: [1, 9], completions: [[6], [7, 2]] },
];
const logps = [
  [-1.5, -2.25],
  [-3, -0.125],
];
const filesOf = (cache: string) => readdir(join(cache, 'reference')).catch(() => []);

/** The cached answer, and whether it had to be scored. */
async function ask(cache: string, by: Parameters<typeof cachedLogps>[1], asked = rows) {
  let scored = false;
  const answer = await cachedLogps(cache, by, asked, async () => {
    scored = true;
    return logps;
  });
  return { answer, scored };
}

test('an entry holds for one set of weights, adapter, graph, device and tokens', async () => {
  const cache = join(folder, 'keys');
  const by = { checkpoint: await openCheckpoint(llama), adapter: 'base', graph: 'g', device: 'cpu' };
  expect(await ask(cache, by)).toEqual({ answer: logps, scored: true });
  expect(await ask(cache, by)).toEqual({ answer: logps, scored: false });
  const copied = join(folder, 'llama');
  await cp(llama, copied, { recursive: true });
  const [first] = rows;
  const others: [string, Parameters<typeof cachedLogps>[1], TokenRow[]?][] = [
    ['adapter', { ...by, adapter: 'other' }],
    ['graph', { ...by, graph: 'h' }],
    ['device', { ...by, device: 'cuda' }],
    ['weights', { ...by, checkpoint: await openCheckpoint(copied) }],
    ['order', by, rows.toReversed()],
    ['token', by, [{ prompt: [1, 6], completions: first?.completions ?? [] }, ...rows.slice(1)]],
    ['token weight', by, rows.map((row) => ({ ...row, weights: row.completions.map((ids) => ids.map(() => 0.5)) }))],
  ];
  for (const [what, other, asked] of others) expect((await ask(cache, other, asked)).scored, what).toBe(true);
  const bucketed = rows.map((row) => ({ ...row, bucket: { length: 32, span: 8 } }));
  expect((await ask(cache, by, bucketed)).scored).toBe(false);
});

describe('what is not whole', () => {
  test.each([
    [
      'a bit has changed',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 2 ? byte ^ 1 : byte))),
    ],
    ['it is cut', (bytes: Buffer) => bytes.subarray(0, -4)],
    ['it is empty', () => Buffer.alloc(0)],
  ])('is scored anew and mended: %s', async (what, damage) => {
    const cache = join(folder, what);
    const by = { checkpoint: await openCheckpoint(llama), adapter: 'base', graph: 'g', device: 'cpu' };
    await ask(cache, by);
    const [name = ''] = await filesOf(cache);
    const file = join(cache, 'reference', name);
    await writeFile(file, damage(await readFile(file)));
    expect(await ask(cache, by)).toEqual({ answer: logps, scored: true });
    expect(await ask(cache, by)).toEqual({ answer: logps, scored: false });
  });

  test('a cache that cannot be written does not stop a run', async () => {
    await writeFile(join(folder, 'a file'), '');
    const by = { checkpoint: await openCheckpoint(llama), adapter: 'base', graph: 'g', device: 'cpu' };
    expect((await ask(join(folder, 'a file'), by)).answer).toEqual(logps);
  });
});

test('the hash of the graph changes with an adapter, not with its numbers', async () => {
  const checkpoint = await openCheckpoint(llama);
  const [init, trained] = [`${llama}-init`, `${llama}-adapter`];
  const hash = async (adapter: string | null) =>
    scoringHash(checkpoint, adapter ? await readAdapter(adapter, checkpoint) : null);
  expect(await hash(null)).toBe(await hash(null));
  expect(await hash(null)).not.toBe(await hash(init));
  expect(await hash(init)).not.toBe(await hash(trained)); // other modules and rank
});

test('runs with a fixed reference share it, to the same numbers; one whose reference moves keeps nothing', async () => {
  const cache = join(folder, 'runs');
  const before = process.env.RANKLOOP_CACHE_DIR;
  process.env.RANKLOOP_CACHE_DIR = cache;
  try {
    const text = await readFile(join(llama, '..', 'pairs.jsonl'), 'utf8');
    const job = (out: string, settings: object): TrainJob => ({
      model: llama,
      adapter: null,
      reference: 'base',
      pairs: text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      config: trainConfigSchema.parse({ max_steps: 2, lora: { r: 4 }, ...settings }),
      out: join(folder, out),
      device: 'cpu',
    });
    const first = await readMetrics(job('one', {}));
    expect(await filesOf(cache)).toHaveLength(1);
    expect(await readMetrics(job('two', {}))).toEqual(first);
    expect(await filesOf(cache)).toHaveLength(1);
    await readMetrics(job('three', { loss_type: 'simpo' }));
    await readMetrics(job('four', { sync_ref_model: true, ref_model_sync_steps: 1 }));
    await readMetrics(job('five', { loss_type: 'tdpo2' }));
    expect(await filesOf(cache)).toHaveLength(1);
  } finally {
    if (before === undefined) delete process.env.RANKLOOP_CACHE_DIR;
    else process.env.RANKLOOP_CACHE_DIR = before;
  }
});

async function readMetrics(job: TrainJob) {
  await train(job, () => undefined);
  return readFile(join(job.out, 'metrics.jsonl'), 'utf8');
}
