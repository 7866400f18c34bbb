// What the builder promises beyond one op: pruning, constants stored once, loops, sums that no thread loses.
import { expect, test } from 'vitest';
import { openSession } from '../runtime/session.ts';
import { GraphBuilder } from './builder.ts';

test('leaves out nodes and initialisers that no output needs', () => {
  const g = new GraphBuilder('prune');
  const x = g.input('x', 'float32', [2]);
  g.mul(x, g.initializer('unused', 'float32', [2], new Float32Array(2)));
  g.output('y', g.add(x, 1));
  const graph = g.build();
  expect(graph.nodes.map(({ type }) => type)).toEqual(['Add', 'Identity']);
  expect(graph.initializers.map(({ name }) => name)).not.toContain('unused');
});

test('says where shapes do not fit', () => {
  const g = new GraphBuilder('fit');
  const build = () => g.scope('layer', () => g.add(g.input('a', 'float32', [2]), g.input('b', 'float32', [3])));
  expect(build).toThrow('/layer/Add: Shapes [2] and [3] do not broadcast.');
});

test('runs a loop over values of its own and of the graph around it', async () => {
  const g = new GraphBuilder('powers');
  const base = g.input('base', 'float32', [1]);
  const isOn = g.less(g.constant(0), g.constant(1));
  const { carried, scans } = g.loop('times', g.constant(4, 'int64'), isOn, [g.constant([1])], (b, _, [power]) => {
    const next = b.mul(power ?? base, base);
    return { condition: b.less(b.squeeze(next, [0]), b.constant(20)), carried: [next], scans: [next] };
  });
  g.output('last', carried[0] ?? base);
  g.output('all', scans[0] ?? base);
  const session = await openSession(g.build(), { device: 'cpu' });
  const outputs = await session.run({ base: { dtype: 'float32', shape: [1], data: Float32Array.of(3) } });
  expect(Array.from(outputs.all?.data as Float32Array)).toEqual([3, 9, 27]);
  expect(outputs.last?.data[0]).toBe(27);
  await session.close();
});

test('adds every update of a row that many of them meet, at every run', async () => {
  const [count, width] = [2048, 128];
  const g = new GraphBuilder('scatter');
  const indices = g.input('indices', 'int64', [count]);
  const updates = g.input('updates', 'float32', [count, width]);
  g.output('sum', g.scatterAdd(g.zeros([64, width]), indices, updates));
  const session = await openSession(g.build(), { device: 'cpu', threads: 2 });
  const places = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 3 === 0 ? 5 : (i * 7) % 40));
  const expected = new Float32Array(64 * width);
  for (const place of places)
    for (let i = 0; i < width; i++)
      expected[Number(place) * width + i] = (expected[Number(place) * width + i] ?? 0) + 1;
  for (let run = 0; run < 60; run++) {
    const { sum } = await session.run({
      indices: { dtype: 'int64', shape: [count], data: places },
      updates: { dtype: 'float32', shape: [count, width], data: new Float32Array(count * width).fill(1) },
    });
    expect(sum?.data).toEqual(expected);
  }
  await session.close();
});
