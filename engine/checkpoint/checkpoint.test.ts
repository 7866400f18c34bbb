// Opening model folders: what transformers wrote opens; what we do not compute is refused by name.
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loraConfigSchema } from '../config.ts';
import { openCheckpoint } from './checkpoint.ts';
import { createAdapter, readAdapter, writeAdapter } from './peft.ts';

const fixture = fileURLToPath(new URL('../fixtures/llama', import.meta.url));
let root = '';
let folder = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rankloop-checkpoint-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'model-'));
  await cp(fixture, folder, { recursive: true });
});

async function change(file: string, values: Record<string, unknown>): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...values }));
}

describe('openCheckpoint', () => {
  test('reads the config of transformers 5, and of 4', async () => {
    const newer = await openCheckpoint(folder);
    expect(newer.config).toMatchObject({
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      ropes: [{ theta: 10000 }],
      eosTokenIds: [2],
    });
    const { rope_parameters: _, ...rest } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    const scaling = { type: 'linear', factor: 2 };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...rest, rope_theta: 5000, rope_scaling: scaling }));
    const older = await openCheckpoint(folder);
    expect(older.config).toMatchObject({ ropes: [{ theta: 5000, scaling: { type: 'linear', factor: 2 } }] });
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    [
      'another architecture',
      { architectures: ['MambaForCausalLM'] },
      /architecture "MambaForCausalLM" is not supported \(these are: LlamaForCausalLM, /,
    ],
    ['a field we do not know', { sliding_window: 16 }, /the field "sliding_window" is not supported/],
    ['a field with another value', { rope_interleaved: true }, /rope_interleaved = true is not supported/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act = "gelu" is not supported/],
    [
      'another rope',
      { rope_parameters: { rope_type: 'spiral', factor: 4 } },
      /rope settings: rope_type = "spiral" is not supported/,
    ],
    ['heads that do not divide', { num_key_value_heads: 3 }, /4 heads cannot share 3 key-value heads/],
    [
      'a size that the weights do not have',
      { intermediate_size: 145 },
      /has shape \[144,64\], but config.json asks for \[145,64\]/,
    ],
    ['a layer that the weights lack', { num_hidden_layers: 4 }, /lack the tensor "model.layers.3/],
    ['a tensor too many', { num_hidden_layers: 2 }, /"model.layers.2[^"]*" is not part of a LlamaForCausalLM/],
  ];
  for (const [what, values, message] of refused) {
    test(`refuses ${what}`, async () => {
      await change('config.json', values);
      await expect(openCheckpoint(folder)).rejects.toThrow(message);
    });
  }

  test('refuses a missing folder, cut weights and a missing tokenizer, each in one sentence', async () => {
    await expect(openCheckpoint(join(root, 'nowhere'))).rejects.toThrow(/is not a folder/);
    await rm(join(folder, 'tokenizer.json'));
    await expect(openCheckpoint(folder)).rejects.toThrow(/has no tokenizer.json/);
    await truncate(join(folder, 'model.safetensors'), 400_000);
    await expect(openCheckpoint(folder)).rejects.toThrow(/ends at byte \d+, but the file has 400000/);
  });
});

describe('the tokenizer', () => {
  const chat = [{ role: 'user', content: 'where is my parcel?' }];

  test('renders the chat template and splits prompt from completion', async () => {
    const { tokenizer } = await openCheckpoint(folder);
    const { prompt, completion } = tokenizer.encodePair(chat, 'it was sent.');
    expect(prompt).toEqual(tokenizer.encodePrompt(chat));
    expect(prompt[0]).toBe(1);
    expect(tokenizer.decode(completion)).toBe('it was sent.\n');
    expect(completion.filter((id) => id === 2)).toHaveLength(1);
  });

  test('ends plain text with EOS exactly once', async () => {
    const { tokenizer } = await openCheckpoint(folder);
    expect(tokenizer.encodePair('where is', ' my order').completion.at(-1)).toBe(2);
    expect(tokenizer.encodePair('where is', ' my order<|im_end|>').completion.filter((id) => id === 2)).toHaveLength(1);
  });

  test('refuses a prompt whose tokens change when its completion follows', async () => {
    const { tokenizer } = await openCheckpoint(folder);
    expect(() => tokenizer.encodePair('where is my par', 'cel')).toThrow(/change when its completion follows/);
  });

  test('says what to do without a chat template, and what is wrong with a broken one', async () => {
    await rm(join(folder, 'chat_template.jinja'));
    const { tokenizer } = await openCheckpoint(folder);
    expect(() => tokenizer.encodePrompt(chat)).toThrow(/has no chat template .* or give prompts as plain text/);
    await writeFile(join(folder, 'chat_template.jinja'), '{% for m in %}');
    await expect(openCheckpoint(folder)).rejects.toThrow(/chat template is malformed/);
    await writeFile(join(folder, 'chat_template.jinja'), "{{ raise_exception('No.') }}");
    const raising = (await openCheckpoint(folder)).tokenizer;
    expect(() => raising.encodePrompt(chat)).toThrow(/the chat template fails: No/);
  });
});

describe('adapters', () => {
  test('come back as they were written, with the keys and config that PEFT has', async () => {
    const base = await openCheckpoint(folder);
    const lora = loraConfigSchema.parse({
      r: 4,
      lora_alpha: 8,
      target_modules: ['q_proj', 'down_proj', 'embed_tokens', 'lm_head'],
      use_rslora: true,
    });
    const adapter = createAdapter(lora, base.shapes, 1);
    await writeAdapter(join(folder, 'adapter'), adapter, folder);
    expect(await readAdapter(join(folder, 'adapter'), base)).toEqual(adapter);
    expect(adapter.scale).toBe(4);
    expect(adapter.modules.size).toBe(8);
  });

  test('have the targets that the model has, and are refused where it has none', async () => {
    const phi = await openCheckpoint(fileURLToPath(new URL('../fixtures/phi3', import.meta.url)));
    const fused = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'];
    expect(createAdapter(loraConfigSchema.parse({ r: 2 }), phi.shapes, 1).shape.target_modules).toEqual(fused);
    const separate = loraConfigSchema.parse({ r: 2, target_modules: ['q_proj', 'v_proj'] });
    expect(() => createAdapter(separate, phi.shapes, 1)).toThrow(
      'target_modules names no layer of this model (q_proj, v_proj): it has qkv_proj, o_proj, gate_up_proj, down_proj.',
    );
  });

  test('of another model, or with features we lack, are refused by name', async () => {
    const base = await openCheckpoint(folder);
    const path = join(folder, 'adapter');
    await writeAdapter(
      path,
      createAdapter(loraConfigSchema.parse({ r: 2, target_modules: ['v_proj'] }), base.shapes, 1),
      folder,
    );
    const config = JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'));
    const withValues = (values: object) =>
      writeFile(join(path, 'adapter_config.json'), JSON.stringify({ ...config, ...values }));
    for (const [values, message] of [
      [{ use_dora: true }, /use_dora = true is not supported/],
      [{ modules_to_save: ['lm_head'] }, /modules_to_save = .* is not supported: give .* to target_modules/],
      [{ rank_pattern: { 'layers.0': 8 } }, /rank_pattern = .* is not supported/],
      [{ peft_type: 'IA3' }, /peft_type/],
      [{ r: 3 }, /r = 3 and this model's layer .* it belongs to another model/],
    ] as const) {
      await withValues(values);
      await expect(readAdapter(path, base)).rejects.toThrow(message);
    }
    await expect(readAdapter(folder, base)).rejects.toThrow(/has no adapter_config.json/);
  });
});
