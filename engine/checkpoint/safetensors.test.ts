// Reading what other tools write, and refusing in words what no tool should: each case is a real file on disk.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from './float16.ts';
import { readCheckpointTensors, readSafetensors, readTensor, writeSafetensors } from './safetensors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function store(file: string, header: unknown, data: Uint8Array): Promise<void> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(folder, file), Buffer.concat([prefix, json, data]));
}

describe('safetensors', () => {
  test('reads F32, F16 and BF16 as fp32', async () => {
    const f32 = Buffer.from(Float32Array.of(1.5, -2).buffer);
    const f16 = Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer); // 1, -2
    const bf16 = Buffer.from(Uint16Array.of(0x3f80, 0x4049).buffer); // 1, 3.140625
    const header = {
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'F16', shape: [2, 1], data_offsets: [8, 12] },
      c: { dtype: 'BF16', shape: [2], data_offsets: [12, 16] },
    };
    await store('types.safetensors', header, Buffer.concat([f32, f16, bf16]));
    const tensors = await readSafetensors(folder, 'types.safetensors');
    const read = async (name: string) => [...(await readTensor(folder, tensors.get(name) as never))];
    expect(await read('a')).toEqual([1.5, -2]);
    expect(await read('b')).toEqual([1, -2]);
    expect(await read('c')).toEqual([1, 3.140625]);
    expect(tensors.get('b')?.shape).toEqual([2, 1]);
  });

  test('writes what it reads, and nothing else beside it', async () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i / 7);
    await writeSafetensors(join(folder, 'round.safetensors'), new Map([['x', { shape: [3, 4], data }]]));
    const stored = (await readSafetensors(folder, 'round.safetensors')).get('x');
    expect(stored?.shape).toEqual([3, 4]);
    expect(await readTensor(folder, stored as never)).toEqual(data);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const cases: [string, unknown, number, RegExp][] = [
    ['a file that was cut', { x: entry }, 5, /tensor "x" ends at byte \d+, but the file has \d+/],
    ['a header that is not JSON', '{"x": ', 8, /it is not JSON/],
    ['a header that is a list', [], 0, /header is not a JSON object/],
    ['a shape that does not fit its bytes', { x: { ...entry, shape: [3] } }, 8, /shape \[3\] of F32 but 8 bytes/],
    ['a negative offset', { x: { ...entry, data_offsets: [-4, 4] } }, 8, /entry of tensor "x" is malformed/],
    ['overlapping tensors', { x: entry, y: { ...entry, data_offsets: [4, 12] } }, 12, /leaves a hole or overlaps/],
    ['a hole', { x: entry, y: { ...entry, data_offsets: [12, 20] } }, 20, /leaves a hole or overlaps/],
    ['bytes after the last tensor', { x: entry }, 12, /4 bytes follow its last tensor/],
    [
      'an unknown type',
      { x: { ...entry, dtype: 'F8_E4M3' } },
      8,
      /type F8_E4M3; F32, F16 and BF16 weights are supported/,
    ],
  ];
  for (const [what, header, bytes, message] of cases) {
    test(`refuses ${what}`, async () => {
      await store('bad.safetensors', header, new Uint8Array(bytes));
      await expect(readSafetensors(folder, 'bad.safetensors')).rejects.toThrow(message);
    });
  }

  test('refuses a header longer than its file, and an empty file', async () => {
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(1n << 40n);
    await writeFile(join(folder, 'huge.safetensors'), prefix);
    await expect(readSafetensors(folder, 'huge.safetensors')).rejects.toThrow(/header should have 1099511627776 bytes/);
    await writeFile(join(folder, 'empty.safetensors'), '');
    await expect(readSafetensors(folder, 'empty.safetensors')).rejects.toThrow(/it ends at byte 0/);
  });

  test('reads shards by their index, and refuses one that leaves the folder', async () => {
    const shards = await mkdtemp(join(folder, 'shards-'));
    const one = new Map([['x', { shape: [1], data: Float32Array.of(1) }]]);
    await writeSafetensors(join(shards, 'model-00001-of-00001.safetensors'), one);
    const index = (file: string) =>
      writeFile(join(shards, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { x: file } }));
    await index('model-00001-of-00001.safetensors');
    expect((await readCheckpointTensors(shards)).get('x')?.file).toBe('model-00001-of-00001.safetensors');
    await index('../round.safetensors');
    await expect(readCheckpointTensors(shards)).rejects.toThrow('is not a file name');
  });

  test('says what to do when there are no weights', async () => {
    await expect(readCheckpointTensors(join(folder, 'nowhere'))).rejects.toThrow(/has no model.safetensors: download/);
  });
});

describe('float16', () => {
  test('every finite half survives the way to fp32 and back', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(float32ToFloat16(float16ToFloat32(halves))).toEqual(halves);
  });

  test('rounds to nearest, ties to even, and overflows to infinity', () => {
    const values = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65504,
      65520,
      2 ** -24,
      2 ** -25,
      3 * 2 ** -26,
      Number.NaN,
    );
    expect([...float32ToFloat16(values)]).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 1, 0, 1, 0x7e00]);
  });
});
