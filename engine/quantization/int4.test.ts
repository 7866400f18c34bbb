// Four-bit weights: what packing loses, and that the runtime's kernel reads the layout as we write it.
import { expect, test } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import { openSession } from '../runtime/session.ts';
import { blocksOf, dequantizeRows, quantizeRows } from './int4.ts';

const random = createRandom(7);
const normal = (length: number) => Float32Array.from({ length }, () => random.normal());

test('a value comes back within its block’s scale, the largest exactly', () => {
  for (const [columns, block] of [
    [64, 32],
    [128, 128],
    [40, 32],
  ] as const) {
    const values = normal(6 * columns);
    const quantized = quantizeRows(values, columns, block);
    const back = dequantizeRows(quantized, columns, block);
    for (const [i, value] of values.entries()) {
      const at = Math.floor(i / columns) * blocksOf(columns, block) + Math.floor((i % columns) / block);
      const scale = Math.abs(quantized.scales[at] as number);
      expect(Math.abs((back[i] as number) - value)).toBeLessThanOrEqual(scale * 1.0001);
      if (Math.abs(value) >= 8 * scale * 0.9999) expect(back[i]).toBeCloseTo(value, 5);
    }
  }
});

test('zeros stay zeros', () => {
  const zeros = new Float32Array(64);
  expect(dequantizeRows(quantizeRows(zeros, 64, 32), 64, 32).every((value) => value === 0)).toBe(true);
});

for (const block of [32, 128]) {
  test(`MatMulNBits multiplies what we packed, blocks of ${block}`, async () => {
    const [rows, inner, out] = [3, 256, 48];
    const weights = normal(out * inner);
    const x = normal(rows * inner);
    const quantized = quantizeRows(weights, inner, block);
    const g = new GraphBuilder('product');
    const packed = g.initializer('packed', 'uint8', [out, inner / block, block / 2], quantized.packed);
    const scales = g.initializer('scales', 'float32', [(out * inner) / block], quantized.scales);
    const attributes = { K: inner, N: out, bits: 4, block_size: block, accuracy_level: 0 } as const;
    const [product] = g.op('MatMulNBits', [g.input('x', 'float32', [rows, inner]), packed, scales], attributes);
    if (!product) throw new Error('no output');
    g.output('y', product);
    const session = await openSession(g.build(), { device: 'cpu' });
    const { y } = await session.run({ x: { dtype: 'float32', shape: [rows, inner], data: x } });
    await session.close();
    const back = dequantizeRows(quantized, inner, block);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < out; o++) {
        let expected = 0;
        for (let i = 0; i < inner; i++) expected += (x[r * inner + i] as number) * (back[o * inner + i] as number);
        expect(Math.abs((y?.data[r * out + o] as number) - expected)).toBeLessThan(1e-3);
      }
    }
  });
}
