// An index over shards that are missing, elsewhere, or hold what another has; and files that are no files.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type HostileCase,
  nested,
  readWeights,
  replaceByFolder,
  replaceByLink,
  soundModel,
  writeWeights,
} from './model-folder.ts';

const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
type WeightMap = Record<string, unknown>;

/** Splits the weights in two, with the index that `edit` makes of the right one. */
async function shard(folder: string, edit: (map: WeightMap) => unknown): Promise<void> {
  const { header, data } = await readWeights(join(folder, 'model.safetensors'));
  const names = Object.keys(header).sort(
    (a, b) => (header[a]?.data_offsets[0] ?? 0) - (header[b]?.data_offsets[0] ?? 0),
  );
  const half = Math.floor(names.length / 2);
  const map: WeightMap = {};
  for (const [i, file] of shards.entries()) {
    const part = i === 0 ? names.slice(0, half) : names.slice(half);
    const start = header[part[0] ?? '']?.data_offsets[0] ?? 0;
    const end = header[part.at(-1) ?? '']?.data_offsets[1] ?? 0;
    const entries = part.map((name) => {
      const [from = 0, to = 0] = header[name]?.data_offsets ?? [];
      map[name] = file;
      return [name, { ...header[name], data_offsets: [from - start, to - start] }];
    });
    await writeWeights(join(folder, file), Object.fromEntries(entries), data.subarray(start, end));
  }
  await rm(join(folder, 'model.safetensors'));
  const index = edit(map);
  const text = typeof index === 'string' ? index : JSON.stringify({ metadata: {}, weight_map: index });
  await writeFile(join(folder, 'model.safetensors.index.json'), text);
}

const withIndex = (
  name: string,
  edit: (map: WeightMap) => unknown,
  outcome: HostileCase['outcome'] = 'refused',
): HostileCase => ({
  name: `index: ${name}`,
  outcome,
  spoil: (folder) => shard(folder, edit),
});
const norm = 'model.norm.weight';

export const shardCases: HostileCase[] = [
  withIndex('sound', (map) => map, 'works'),
  withIndex('a shard that is missing', (map) => ({ ...map, [norm]: 'model-00003-of-00002.safetensors' })),
  withIndex('a shard outside the folder', (map) => ({ ...map, [norm]: `../${shards[1]}` })),
  withIndex('an absolute path', (map) => ({ ...map, [norm]: '/etc/passwd' })),
  withIndex('a path with NUL', (map) => ({ ...map, [norm]: 'a\0.safetensors' })),
  withIndex('a tensor in the other shard', (map) => ({
    ...map,
    [norm]: map[norm] === shards[0] ? shards[1] : shards[0],
  })),
  withIndex('a tensor that no shard has', (map) => ({ ...map, 'model.layers.9.mlp.up_proj.weight': shards[0] })),
  withIndex('numbers for files', (map) => ({ ...map, [norm]: 1 })),
  withIndex('no map', () => '{"metadata": {}}'),
  withIndex('a map that is a list', () => []),
  withIndex('empty map', () => ({})),
  withIndex('nested', () => nested(1_000_000)),
  withIndex('a hundred thousand missing shards', (map) => ({
    ...map,
    ...Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`t${i}`, `s${i}.safetensors`])),
  })),
  {
    name: 'index: a shard that repeats another',
    outcome: 'refused',
    spoil: async (folder) => {
      await shard(folder, (map) => ({ ...map, extra: 'copy.safetensors' }));
      await copyFile(join(folder, shards[0]), join(folder, 'copy.safetensors'));
    },
  },
];

const names = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'generation_config.json',
  'model.safetensors',
];
const outside = join(soundModel, 'config.json');

export const fileCases: HostileCase[] = names.flatMap((name): HostileCase[] => [
  { name: `${name} is a folder`, outcome: 'refused', spoil: (folder) => replaceByFolder(join(folder, name)) },
  {
    name: `${name} is a pipe that nobody writes to`,
    outcome: 'refused',
    spoil: async (folder) => {
      await rm(join(folder, name));
      execFileSync('mkfifo', [join(folder, name)]);
    },
  },
  {
    name: `${name} is a link out of the folder`,
    outcome: 'refused',
    spoil: (folder) => replaceByLink(join(folder, name), name === 'config.json' ? outside : join(soundModel, name)),
  },
  {
    name: `${name} is a link to endless zeros`,
    outcome: 'refused',
    spoil: (folder) => replaceByLink(join(folder, name), '/dev/zero'),
  },
  {
    name: `${name} is a link to itself`,
    // What may be absent is then absent.
    outcome: ['config.json', 'tokenizer.json', 'model.safetensors', 'chat_template.jinja'].includes(name)
      ? 'refused'
      : 'works',
    spoil: (folder) => replaceByLink(join(folder, name), name),
  },
  {
    name: `${name} is empty`,
    outcome: name === 'chat_template.jinja' ? 'either' : 'refused',
    spoil: (folder) => writeFile(join(folder, name), ''),
  },
]);

fileCases.push(
  {
    name: "a folder of the Hub's cache, all links into its blobs",
    outcome: 'works',
    spoil: async (folder) => {
      const repository = `${folder}-repository`;
      await mkdir(join(repository, 'snapshots'), { recursive: true });
      await mkdir(join(repository, 'blobs'));
      for (const name of names) {
        await rename(join(folder, name), join(repository, 'blobs', `sha-${name}`));
        await symlink(join('..', '..', 'blobs', `sha-${name}`), join(folder, name));
      }
      await rename(folder, join(repository, 'snapshots', 'main'));
      await symlink(join(repository, 'snapshots', 'main'), folder);
    },
  },
  {
    name: 'weights that are a link within the folder',
    outcome: 'works',
    spoil: async (folder) => {
      await mkdir(join(folder, 'deep'));
      await rename(join(folder, 'model.safetensors'), join(folder, 'deep', 'weights'));
      await symlink(join('deep', 'weights'), join(folder, 'model.safetensors'));
    },
  },
  {
    name: 'the folder is a file',
    outcome: 'refused',
    spoil: async (folder) => {
      await rm(folder, { recursive: true });
      await writeFile(folder, '');
    },
  },
  {
    name: 'the folder is a link to a sound one',
    outcome: 'works',
    spoil: async (folder) => {
      await rename(folder, join(dirname(folder), 'sound'));
      await symlink(join(dirname(folder), 'sound'), folder);
    },
  },
  {
    name: 'the folder holds another folder of the temporary files',
    outcome: 'refused',
    spoil: (folder) => replaceByLink(join(folder, 'tokenizer.json'), tmpdir()),
  },
);
