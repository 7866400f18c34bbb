// PEFT adapters that are cut, of another model, of a rank that no file has, or for layers that there are not.
import { execFileSync } from 'node:child_process';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cut,
  type Entry,
  editHeader,
  editJson,
  type HostileCase,
  nested,
  readWeights,
  replaceByLink,
  scribble,
  soundModel,
  writeWeights,
} from './model-folder.ts';

type Outcome = HostileCase['outcome'];

const weights = (folder: string) => join(folder, 'adapter', 'adapter_model.safetensors');
const settings = (folder: string) => join(folder, 'adapter', 'adapter_config.json');
const spoiled = (name: string, spoil: HostileCase['spoil'], outcome: Outcome = 'refused'): HostileCase => ({
  name: `adapter: ${name}`,
  outcome,
  usesAdapter: true,
  spoil,
});
const withSettings = (name: string, values: object, outcome: Outcome = 'refused') =>
  spoiled(name, (folder) => editJson(settings(folder), (config) => ({ ...config, ...values })), outcome);
const withHeader = (name: string, edit: (header: Record<string, Entry>) => unknown) =>
  spoiled(name, (folder) => editHeader(weights(folder), edit));

const prefix = 'base_model.model.model.layers.0.self_attn.q_proj';
const renamed = (from: string, to: string) => (header: Record<string, Entry>) =>
  Object.fromEntries(Object.entries(header).map(([name, entry]) => [name.replace(from, to), entry]));

export const adapterCases: HostileCase[] = [
  withSettings('none of it wrong', {}, 'works'),
  ...[0, 0.01, 0.5, 0.99].map((share) => spoiled(`weights cut at ${share}`, (folder) => cut(weights(folder), share))),
  ...[0, 0.5].map((share) => spoiled(`settings cut at ${share}`, (folder) => cut(settings(folder), share))),
  ...Array.from({ length: 6 }, (_, i) =>
    spoiled(`weights scribbled on, ${i}`, (folder, random) => scribble(weights(folder), random, 2_000), 'either'),
  ),
  ...[0, -1, 1.5, 3, 1e9, 1e308, '4', null].map((r) => withSettings(`rank ${r}`, { r })),
  ...[0, -1, 'six', null].map((lora_alpha) => withSettings(`alpha ${lora_alpha}`, { lora_alpha })),
  withSettings('alpha 1e308', { lora_alpha: 1e308 }),
  withSettings('of another kind', { peft_type: 'IA3' }),
  withSettings('with dora', { use_dora: true }),
  withSettings('with patterns', {
    rank_pattern: { q: 8 },
    alpha_pattern: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`a${i}`, i])),
  }),
  withSettings('with a field of a million characters', { ['f'.repeat(1e6)]: true }),
  withSettings('with targets that are numbers', { target_modules: [1] }),
  spoiled('nested settings', (folder) => writeFile(settings(folder), nested(1_000_000))),
  withHeader('for a layer that there is not', renamed('layers.0.', 'layers.7.')),
  withHeader('for the embedding', renamed('model.layers.0.self_attn.q_proj', 'model.embed_tokens')),
  withHeader('for a norm', renamed('layers.0.self_attn.q_proj', 'layers.0.input_layernorm')),
  withHeader('for the head', renamed('model.layers.0.self_attn.q_proj', 'lm_head')),
  withHeader('for __proto__', renamed('layers.0.self_attn.q_proj', '__proto__')),
  withHeader('without a B', (header) =>
    Object.fromEntries(
      Object.entries(header).map(([name, entry]) => [name.replace(`${prefix}.lora_B`, `${prefix}.lora_C`), entry]),
    ),
  ),
  withHeader('with A and B exchanged', (header) => {
    const [a, b] = [`${prefix}.lora_A.weight`, `${prefix}.lora_B.weight`];
    return { ...header, [a]: header[b], [b]: header[a] };
  }),
  spoiled('all NaN', async (folder) => {
    const { header, data } = await readWeights(weights(folder));
    await writeWeights(weights(folder), header, data.fill(0xff));
  }),
  spoiled('of a rank of 100 million, without a byte on disk', async (folder) => {
    const r = 1e8;
    const name = 'base_model.model.model.layers.0.self_attn.q_proj';
    const bytes = 4 * 64 * r;
    const header = {
      [`${name}.lora_A.weight`]: { dtype: 'F32', shape: [r, 64], data_offsets: [0, bytes] },
      [`${name}.lora_B.weight`]: { dtype: 'F32', shape: [64, r], data_offsets: [bytes, 2 * bytes] },
    };
    await writeWeights(weights(folder), header, new Uint8Array(0));
    await truncate(weights(folder), 8 + JSON.stringify(header).length + 2 * bytes);
    await editJson(settings(folder), (config) => ({ ...config, r }));
  }),
  spoiled('that is the model', (folder) => replaceByLink(join(folder, 'adapter'), soundModel)),
  spoiled('that is missing', (folder) => rm(join(folder, 'adapter'), { recursive: true })),
  spoiled('whose weights are a link out of it', (folder) =>
    replaceByLink(weights(folder), join(soundModel, 'model.safetensors')),
  ),
  spoiled('whose settings are a pipe', async (folder) => {
    await rm(settings(folder));
    execFileSync('mkfifo', [settings(folder)]);
  }),
];
