// config.json and generation_config.json with numbers that overflow, sizes that no file has and values of any kind.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cut, editJson, type HostileCase, nested, pick, readJson, scribble } from './model-folder.ts';

const withConfig = (name: string, values: object, outcome: HostileCase['outcome'] = 'refused'): HostileCase => ({
  name: `config: ${name}`,
  outcome,
  spoil: (folder) => editJson(join(folder, 'config.json'), (config) => ({ ...config, ...values })),
});
const withText = (
  name: string,
  file: string,
  text: string | (() => string),
  outcome: HostileCase['outcome'] = 'refused',
): HostileCase => ({
  name: `${file}: ${name}`,
  outcome,
  spoil: (folder) => writeFile(join(folder, file), typeof text === 'string' ? text : text()),
});

const numbers = [
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'head_dim',
  'vocab_size',
  'rms_norm_eps',
] as const;
const odd = [0, -1, 1.5, 1e7, 1e9, 2 ** 53, 1e308, '64', true, [], {}, [64]];

export const configCases: HostileCase[] = [
  ...numbers.map((field) =>
    withConfig(`${field} of ten million`, { [field]: 1e7 }, field === 'rms_norm_eps' ? 'either' : 'refused'),
  ),
  ...Array.from(
    { length: 24 },
    (_, i): HostileCase => ({
      name: `config: an odd number, ${i}`,
      outcome: 'either',
      spoil: (folder, random) =>
        editJson(join(folder, 'config.json'), (config) => ({ ...config, [pick(random, numbers)]: pick(random, odd) })),
    }),
  ),
  withConfig('a vocabulary of a billion', { vocab_size: 1e9 }),
  withConfig('ten million positions', { max_position_embeddings: 1e7 }, 'works'),
  withConfig('one position', { max_position_embeddings: 1 }),
  withConfig('a million ends of sequence', { eos_token_id: Array.from({ length: 1e6 }, (_, i) => i) }),
  withConfig('an end of sequence beyond the vocabulary', { eos_token_id: 2 ** 40 }, 'either'),
  withConfig('a padding beyond the vocabulary', { pad_token_id: 1e6 }, 'either'),
  withConfig('rope of theta 1e308', { rope_parameters: { rope_theta: 1e308, rope_type: 'default' } }, 'either'),
  withConfig('rope of theta 1e-308', { rope_parameters: { rope_theta: 1e-308, rope_type: 'default' } }, 'either'),
  withConfig(
    'rope scaled by nearly nothing',
    { rope_parameters: { rope_theta: 1e4, rope_type: 'linear', factor: 1e-320 } },
    'either',
  ),
  withConfig('rope settings that are a number', { rope_parameters: 5 }),
  withConfig('rope settings that are a list', { rope_scaling: [1, 2], rope_parameters: null }),
  withConfig(
    'rope scaled beyond all positions',
    { rope_parameters: { rope_type: 'yarn', factor: 1e9, original_max_position_embeddings: 1e8, rope_theta: 1e4 } },
    'either',
  ),
  withConfig(
    'a thousand unknown fields',
    Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`unknown_${i}`, i])),
  ),
  withConfig('a field of a million characters', { ['f'.repeat(1e6)]: 1 }),
  withConfig('an architecture of a million characters', { architectures: ['A'.repeat(1e6)] }),
  withConfig('an architecture __proto__', { architectures: ['__proto__'] }),
  withConfig('an architecture with a line break', { architectures: ['Llama\n\u202eForCausalLM'] }),
  withConfig('architectures that are a string', { architectures: 'LlamaForCausalLM' }),
  withConfig('a hundred thousand architectures', { architectures: new Array(100_000).fill('LlamaForCausalLM') }),
  withConfig('quantised weights', { quantization_config: { quant_method: 'gptq', bits: 4 } }),
  ...[0.1, 0.5, 0.95].map(
    (share): HostileCase => ({
      name: `config: cut at ${share}`,
      outcome: 'refused',
      spoil: (folder) => cut(join(folder, 'config.json'), share),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, i): HostileCase => ({
      name: `config: scribbled on, ${i}`,
      outcome: 'either',
      spoil: (folder, random) => scribble(join(folder, 'config.json'), random, 1_000),
    }),
  ),
  withText('a list', 'config.json', '[]'),
  withText('null', 'config.json', 'null'),
  withText('nested a million deep', 'config.json', () => nested(1_000_000)),
  withText('nested 101 deep', 'config.json', () => `{"architectures":${nested(101)}}`),
  withText('ten megabytes', 'config.json', () => `{"a":"${'a'.repeat(10_000_000)}"}`),
  withText('a million ends of sequence', 'generation_config.json', () =>
    JSON.stringify({ eos_token_id: new Array(1_000_000).fill(2) }),
  ),
  withText('an end of sequence that is text', 'generation_config.json', '{"eos_token_id": "two"}'),
  withText('NaN', 'generation_config.json', '{"eos_token_id": NaN}'),
  {
    name: 'config: __proto__ with sizes',
    outcome: 'either',
    spoil: async (folder) => {
      const text = JSON.stringify(await readJson(join(folder, 'config.json')));
      await writeFile(join(folder, 'config.json'), `${text.slice(0, -1)},"__proto__":{"vocab_size":7}}`);
    },
  },
];
