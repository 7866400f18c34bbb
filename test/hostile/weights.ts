// Safetensors that lie: about their length, their shapes, their types, and what stands where.
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyModel,
  cut,
  type Entry,
  editHeader,
  editJson,
  type HostileCase,
  nested,
  pick,
  readWeights,
  scribble,
  writeWeights,
} from './model-folder.ts';

const file = (folder: string) => join(folder, 'model.safetensors');
const query = 'model.layers.0.self_attn.q_proj.weight';
const norm = 'model.norm.weight';

const withHeader = (
  name: string,
  edit: (header: Record<string, Entry>) => unknown,
  outcome: HostileCase['outcome'] = 'refused',
): HostileCase => ({
  name: `weights: ${name}`,
  outcome,
  spoil: (folder) => editHeader(file(folder), edit),
});
const withEntry = (name: string, change: (entry: Entry) => object, tensor = query): HostileCase =>
  withHeader(name, (header) => ({ ...header, [tensor]: change(header[tensor] as Entry) }));
const withLength = (name: string, length: bigint): HostileCase => ({
  name: `weights: ${name}`,
  outcome: 'refused',
  spoil: async (folder) => {
    const { header, data } = await readWeights(file(folder));
    await writeWeights(file(folder), header, data, length);
  },
});
const withValues = (name: string, fill: (data: Buffer) => void, outcome: HostileCase['outcome']): HostileCase => ({
  name: `weights: ${name}`,
  outcome,
  spoil: async (folder) => {
    const { header, data } = await readWeights(file(folder));
    fill(data);
    await writeWeights(file(folder), header, data);
  },
});

const [begin, end] = [0, 1];
const offsets = (change: (offsets: [number, number]) => unknown) => (entry: Entry) => ({
  ...entry,
  data_offsets: change(entry.data_offsets),
});

export const weightCases: HostileCase[] = [
  ...[0, 0.0000001, 0.00001, 0.001, 0.01, 0.3, 0.7, 0.999].map(
    (share): HostileCase => ({
      name: `weights: cut at ${share}`,
      outcome: 'refused',
      spoil: (folder) => cut(file(folder), share),
    }),
  ),
  ...Array.from(
    { length: 12 },
    (_, i): HostileCase => ({
      name: `weights: header scribbled on, ${i}`,
      outcome: 'either',
      spoil: (folder, random) => scribble(file(folder), random, 3_000),
    }),
  ),
  withLength('header of 0 bytes', 0n),
  withLength('header longer than the file', 10_000_000n),
  withLength('header of 2^53 + 1 bytes', 2n ** 53n + 1n),
  withLength('header of 2^64 - 1 bytes', 2n ** 64n - 1n),
  withLength('header a byte short', 10n),
  withEntry('shape turned round', (entry) => ({ ...entry, shape: [...entry.shape].reverse().map((n) => n / 2) })),
  withEntry('shape with the same product', ({ shape: [rows = 0, columns = 0], ...rest }) => ({
    ...rest,
    shape: [rows * 2, columns / 2],
  })),
  withEntry('flat shape', ({ shape, ...rest }) => ({ ...rest, shape: [shape.reduce((a, b) => a * b, 1)] })),
  withEntry('a million dimensions', (entry) => ({
    ...entry,
    shape: [...entry.shape, ...new Array(1_000_000).fill(1)],
  })),
  withEntry('shape that overflows', (entry) => ({ ...entry, shape: [2 ** 40, 2 ** 40] })),
  withEntry('shape beyond 2^53', (entry) => ({ ...entry, shape: [2 ** 60, 1] })),
  withEntry('negative shape', ({ shape: [rows = 0, columns = 0], ...rest }) => ({ ...rest, shape: [-rows, -columns] })),
  withEntry('fractional shape', (entry) => ({ ...entry, shape: [0.5, 8192] })),
  withEntry('shape of strings', (entry) => ({ ...entry, shape: ['64', '64'] })),
  withEntry('no shape', ({ shape: _, ...rest }) => rest),
  withEntry('shape null', (entry) => ({ ...entry, shape: null })),
  withEntry('empty tensor', (entry) => ({ ...entry, shape: [0, 64], data_offsets: [0, 0] })),
  ...['F64', 'I64', 'F16', 'BF16', 'BOOL', 'F8_E4M3', '', '__proto__', 'F32\n'].map((dtype) =>
    withEntry(`type ${JSON.stringify(dtype)}`, (entry) => ({ ...entry, dtype })),
  ),
  withEntry('type 7', (entry) => ({ ...entry, dtype: 7 })),
  withEntry('half-precision type with twice the columns', ({ shape: [rows = 0, columns = 0], ...rest }) => ({
    ...rest,
    dtype: 'F16',
    shape: [rows, columns * 2],
  })),
  withEntry(
    'overlapping',
    offsets(([a, b]) => [a - 4, b - 4]),
  ),
  withEntry(
    'negative offsets',
    offsets(([a, b]) => [a - 1e6, b - 1e6]),
  ),
  withEntry(
    'offsets turned round',
    offsets(([a, b]) => [b, a]),
  ),
  withEntry(
    'offsets beyond the file',
    offsets(([a, b]) => [a + 1e9, b + 1e9]),
  ),
  withEntry(
    'offsets beyond 2^53',
    offsets(([a, b]) => [a + 2 ** 60, b + 2 ** 60]),
  ),
  withEntry(
    'offsets of 1e308',
    offsets(() => [0, 1e308]),
  ),
  withEntry(
    'fractional offsets',
    offsets(([a, b]) => [a + 0.5, b + 0.5]),
  ),
  withEntry(
    'one offset',
    offsets((both) => [both[begin]]),
  ),
  withEntry(
    'offsets as strings',
    offsets((both) => [String(both[begin]), String(both[end])]),
  ),
  withHeader('two tensors in one place', (header) => ({
    ...header,
    [norm]: { ...header[norm], data_offsets: header['model.layers.0.input_layernorm.weight']?.data_offsets },
  })),
  withHeader('a list for a header', () => []),
  withHeader('a number for a header', () => 1),
  withHeader('no tensors', () => ({})),
  withHeader('a tensor gone', ({ [norm]: _, ...rest }) => rest),
  withHeader('a tensor renamed', ({ [norm]: entry, ...rest }) => ({ ...rest, 'model.nrom.weight': entry })),
  withHeader('a name with NUL and a line break', ({ [norm]: entry, ...rest }) => ({
    ...rest,
    'model\0.no\nrm.weight': entry,
  })),
  withHeader('a name of a million characters', ({ [norm]: entry, ...rest }) => ({
    ...rest,
    [`m${'a'.repeat(1e6)}`]: entry,
  })),
  withHeader('a name that turns text round', ({ [norm]: entry, ...rest }) => ({
    ...rest,
    'model.\u202emron.weight': entry,
  })),
  withHeader(
    'a tensor __proto__',
    (header) => `${JSON.stringify(header).slice(0, -1)},"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`,
  ),
  withHeader(
    'a name twice',
    (header) => `${JSON.stringify(header).slice(0, -1)},"${norm}":{"dtype":"F32","shape":[64],"data_offsets":[0,256]}}`,
  ),
  withHeader(
    'metadata nested 100,000 deep',
    (header) => `{"__metadata__":${nested(100_000)},${JSON.stringify(header).slice(1)}`,
  ),
  withHeader('100,000 more tensors', (header) => ({
    ...header,
    ...Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`t${i}`, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }]),
    ),
  })),
  withHeader('NaN in the header', (header) => JSON.stringify(header).replace('"shape":[64', '"shape":[NaN')),
  withHeader('not UTF-8', (header) => JSON.stringify(header).replace('model.norm', 'model.n\ud800rm')),
  {
    name: 'weights: bytes after the last tensor',
    outcome: 'refused',
    spoil: async (folder) => {
      const { header, data } = await readWeights(file(folder));
      await writeWeights(file(folder), header, Buffer.concat([data, Buffer.alloc(100)]));
    },
  },
  {
    name: 'weights: a terabyte of nothing after the header',
    outcome: 'refused',
    spoil: (folder) => truncate(file(folder), 1e12),
  },
  {
    name: 'weights: far larger than memory, without a byte on disk',
    outcome: 'refused',
    spoil: async (folder) => {
      // Sizes of the fixture, and what stands for them: 3.6 TB in all.
      const larger = new Map([
        [472, 1e7],
        [144, 1e7],
      ]);
      const { header, data } = await readWeights(file(folder));
      let at = 0;
      for (const [name, entry] of Object.entries(header)) {
        const hiddenAt = /o_proj|down_proj|norm/.test(name) ? 0 : 1;
        const shape = entry.shape.map((size, i) => (i === hiddenAt ? 8192 : (larger.get(size) ?? size)));
        const bytes = 4 * shape.reduce((a, b) => a * b, 1);
        header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
        at += bytes;
      }
      await writeWeights(file(folder), header, data);
      await truncate(file(folder), 8 + JSON.stringify(header).length + at);
      await editJson(join(folder, 'config.json'), (config) => ({
        ...config,
        vocab_size: 1e7,
        intermediate_size: 1e7,
        hidden_size: 8192,
      }));
    },
  },
  withValues('all NaN', (data) => data.fill(0xff), 'refused'),
  withValues('all infinite', (data) => data.fill(Buffer.of(0, 0, 0x80, 0x7f)), 'refused'),
  withValues('all zero', (data) => data.fill(0), 'works'),
  {
    name: 'weights: random bytes',
    outcome: 'refused',
    spoil: (folder, random) =>
      writeFile(file(folder), Buffer.from(Array.from({ length: 10_000 }, () => Math.floor(random.uniform() * 256)))),
  },
  {
    name: 'weights: of another model',
    outcome: 'refused',
    spoil: async (folder) => {
      await copyModel(join(folder, 'other'));
      await editJson(join(folder, 'config.json'), (config) => ({ ...config, hidden_size: 128, head_dim: 32 }));
    },
  },
  ...Array.from(
    { length: 6 },
    (_, i): HostileCase => ({
      name: `weights: two entries swapped, ${i}`,
      outcome: 'either',
      spoil: (folder, random) =>
        editHeader(file(folder), (header) => {
          const [a, b] = [pick(random, Object.keys(header)), pick(random, Object.keys(header))];
          return { ...header, [a]: header[b], [b]: header[a] };
        }),
    }),
  ),
];
