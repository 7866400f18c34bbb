import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './checkpoint.ts';
import { countParameters, estimateMemory, kvBytesPerToken } from './memory.ts';

const config = { layers: 2, kvHeads: 3, headDim: 8 };
const shapes = new Map<string, readonly number[]>([
  ['model.embed_tokens.weight', [100, 64]],
  ['model.layers.0.self_attn.q_proj.weight', [64, 64]],
  ['model.norm.weight', [64]],
]);
const question = { rows: 4, length: 10, isHalfStored: false } as const;
const processBytes = 200 * 2 ** 20;
const reserve = (weights: number, kv: number) => Math.ceil((weights + kv) * 0.15) + kv + processBytes;

describe('memory', () => {
  it('of the cache: keys and values of each layer', () => {
    expect(kvBytesPerToken(config, 2)).toBe(2 * 2 * 3 * 8 * 2);
  });

  it('of fp32 weights, a cache of rows and a reserve', () => {
    const weights = (6400 + 4096 + 64) * 4;
    const kv = 2 * 2 * 3 * 8 * 4 * 40;
    expect(estimateMemory(config, shapes, { ...question, precision: 'fp32', device: 'cpu' })).toEqual({
      weights,
      kvPerToken: kv / 40,
      kv,
      reserve: reserve(weights, kv),
      total: weights + kv + reserve(weights, kv),
    });
  });

  it('of half-precision weights: half on a card, but widened on the CPU', () => {
    const on = (device: 'cpu' | 'cuda') => estimateMemory(config, shapes, { ...question, precision: 'bf16', device });
    expect(on('cuda').weights).toBe((6400 + 4096 + 64) * 2);
    expect(on('cpu').weights).toBe((6400 + 4096 + 64) * 4);
  });

  it('while half-precision weights are packed on a CPU: both copies', () => {
    const large = new Map([['model.layers.0.mlp.up_proj.weight', [8192, 8192]]]);
    const asked = { ...question, precision: 'fp32', device: 'cpu', isHalfStored: true } as const;
    expect(estimateMemory(config, large, asked).total).toBe(2 * 8192 * 8192 * 4 + processBytes);
    const larger = new Map([['model.layers.0.mlp.up_proj.weight', [8192, 80_000]]]);
    const { weights, kv, reserve: kept, total } = estimateMemory(config, larger, asked);
    expect(total).toBe(weights + kv + kept);
  });

  it('of int4 weights: half a byte and a scale for every 32, for the layers only', () => {
    const { weights } = estimateMemory(config, shapes, { ...question, precision: 'int4', device: 'cpu' });
    expect(weights).toBe(4096 / 2 + (4096 / 32) * 4 + (6400 + 64) * 4);
  });

  it('of a real checkpoint', async () => {
    const folder = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
    const checkpoint = await openCheckpoint(folder);
    const stored = [...checkpoint.tensors.values()].reduce((total, { length }) => total + length, 0);
    expect(countParameters(checkpoint.shapes) * 4).toBe(stored);
    const { weights } = estimateMemory(checkpoint.config, checkpoint.shapes, {
      ...question,
      precision: 'fp32',
      device: 'cpu',
    });
    expect(weights).toBe(stored);
  });
});
