// What config.json may say, in the spellings of transformers 4 and 5, for each family; and what is refused by name.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModelConfig } from './read-config.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The config of a fixture, with changes; a field that is undefined is left out. */
async function read(family: string, changes: Record<string, unknown> = {}) {
  const stated = JSON.parse(await readFile(`${fixtures}${family}/config.json`, 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...stated, ...changes }));
  return readModelConfig(folder);
}

const absent = undefined;
const windows = (config: { attention: { window: number | null }[] }) => config.attention.map(({ window }) => window);
const ropes = (config: { attention: { rope: number | null }[] }) => config.attention.map(({ rope }) => rope);

describe('transformers 4 and 5 mean the same', () => {
  const spellings: [string, Record<string, unknown>][] = [
    [
      'llama',
      { rope_parameters: absent, rope_theta: 10000, rope_scaling: null, dtype: absent, torch_dtype: 'float32' },
    ],
    [
      'llama_rope3',
      {
        rope_parameters: absent,
        rope_theta: 10000,
        rope_scaling: {
          type: 'llama3',
          rope_type: 'llama3',
          factor: 4,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 64,
        },
      },
    ],
    [
      'llama_yarn',
      {
        rope_parameters: absent,
        rope_theta: 10000,
        rope_scaling: { type: 'yarn', factor: 8, original_max_position_embeddings: 32, finetuned: true },
      },
    ],
    ['qwen2', { layer_types: absent, sliding_window: 32768, use_mrope: false }],
    ['qwen2_window', { layer_types: absent }],
    ['smollm3', { layer_types: absent, rope_parameters: absent, tie_word_embeddings: absent, pretraining_tp: 2 }],
    ['gemma2', { layer_types: absent, rope_parameters: absent, rope_theta: 10000, tie_word_embeddings: absent }],
    [
      'gemma3',
      {
        layer_types: absent,
        sliding_window_pattern: 3,
        rope_parameters: absent,
        rope_theta: 1e6,
        rope_local_base_freq: 1e4,
        rope_scaling: { rope_type: 'linear', factor: 8 },
        cache_implementation: 'hybrid',
      },
    ],
    ['phi3', { rope_parameters: absent, rope_theta: 10000, rope_scaling: null, auto_map: {}, attention_bias: false }],
  ];
  for (const [family, changes] of spellings) {
    test(family, async () => expect(await read(family, changes)).toEqual(await read(family)));
  }

  test('phi3 with longrope, beside its settings and under its older name', async () => {
    const expected = await read('phi3_longrope');
    const { long_factor, short_factor } = JSON.parse(
      await readFile(`${fixtures}phi3_longrope/config.json`, 'utf8'),
    ).rope_parameters;
    for (const type of ['longrope', 'su']) {
      const changes = {
        rope_parameters: absent,
        rope_theta: 10000,
        partial_rotary_factor: 0.75,
        rope_scaling: { type, long_factor, short_factor },
      };
      expect(await read('phi3_longrope', changes)).toEqual(expected);
    }
    expect(expected.ropes[0]).toMatchObject({ dim: 12, scaling: { type: 'longrope', originalMaxPositions: 48 } });
    expect(expected.ropes[0]?.attentionFactor).toBeCloseTo(Math.sqrt(1 + Math.log(256 / 48) / Math.log(48)), 12);
  });
});

describe('layers attend as they should', () => {
  test('windows', async () => {
    expect(windows(await read('mistral'))).toEqual([16, 16, 16]);
    expect(windows(await read('mistral', { sliding_window: null }))).toEqual([null, null, null]);
    expect(windows(await read('mistral', { sliding_window: absent }))).toEqual([4096, 4096, 4096]);
    expect(windows(await read('qwen2', { sliding_window: 8, layer_types: absent }))).toEqual([null, null, null]);
    expect(windows(await read('qwen2_window'))).toEqual([null, 6]);
    expect(windows(await read('gemma2'))).toEqual([16, null, 16]);
    expect(windows(await read('gemma3'))).toEqual([8, 8, null]);
    expect(windows(await read('smollm3_window'))).toEqual([null, 9]);
  });

  test('positions', async () => {
    expect(ropes(await read('smollm3'))).toEqual([0, 0, null]);
    expect(ropes(await read('smollm3', { no_rope_layers: null, no_rope_layer_interval: 2 }))).toEqual([0, null, 0]);
    expect(ropes(await read('gemma3'))).toEqual([1, 1, 0]);
    expect((await read('llama_dynamic')).maxPositions).toBe(128);
    expect((await read('llama_yarn', { max_position_embeddings: 32 })).maxPositions).toBe(256);
  });
});

describe('refuses by name', () => {
  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['gemma2', { architectures: ['Gemma3ForConditionalGeneration'] }, /"Gemma3ForConditionalGeneration" is not supp/],
    ['gemma2', { use_bidirectional_attention: true }, /use_bidirectional_attention = true is not supported/],
    ['gemma2', { hidden_activation: 'gelu' }, /hidden_activation = "gelu" is not supported/],
    ['gemma3', { attn_logit_softcapping: 50 }, /attn_logit_softcapping = 50 is not supported/],
    ['gemma3', { rope_parameters: { rope_theta: 1 } }, /rope settings: the field "rope_theta" is not supported/],
    ['qwen2', { dual_chunk_attention_config: {} }, /the field "dual_chunk_attention_config" is not supported/],
    ['qwen2', { use_mrope: true }, /use_mrope = true is not supported/],
    ['qwen2', { layer_types: ['full_attention'] }, /layer_types has 1 entries for 3 layers/],
    ['qwen2', { layer_types: Array(3).fill('sliding_attention') }, /no sliding_window is in use/],
    ['qwen3', { layer_types: Array(3).fill('linear_attention') }, /layer_types.0 = "linear_attention" is not supp/],
    ['qwen3', { quantization_config: { bits: 4 } }, /the field "quantization_config" is not supported/],
    ['smollm3', { no_rope_layers: [1] }, /no_rope_layers has 1 entries for 3 layers/],
    ['phi3', { lm_head_bias: true }, /lm_head_bias = true is not supported/],
    ['phi3_longrope', { partial_rotary_factor: 2 }, /partial_rotary_factor = 2 is not supported/],
    [
      'phi3_longrope',
      { rope_parameters: { rope_type: 'longrope', long_factor: [1], short_factor: [1] } },
      /short_factor has 1 numbers instead of 8/,
    ],
    ['llama', { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } }, /partial_rotary_factor = 0.5/],
    ['llama', { rope_parameters: { rope_type: 'linear', factor: 0 } }, /rope settings: factor = 0 is not supported/],
    ['llama', { rope_parameters: { rope_type: 'linear' } }, /rope settings: the field "factor" is missing/],
    ['llama', { rms_norm_eps: absent }, /the field "rms_norm_eps" is missing/],
    ['llama', { head_dim: 15 }, /a head of size 15 .* must be an even number/],
    ['mistral', { layer_types: [] }, /the field "layer_types" is not supported/],
  ];
  for (const [family, changes, message] of refused) {
    test(`${family} ${JSON.stringify(changes)}`, () => expect(read(family, changes)).rejects.toThrow(message));
  }
});

/** What published checkpoints state, with the fields that their files have beside the sizes. */
describe('takes the config files of published models', () => {
  const sizes = {
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 1000,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    initializer_range: 0.02,
    attention_dropout: 0,
    bos_token_id: 1,
    torch_dtype: 'bfloat16',
    transformers_version: '4.45.0',
    use_cache: true,
  };
  const longrope = { type: 'longrope', short_factor: Array(8).fill(1), long_factor: Array(8).fill(4) };
  const published: [string, Record<string, unknown>][] = [
    [
      'Llama 3.2',
      {
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        attention_bias: false,
        eos_token_id: [128001, 128008, 128009],
        head_dim: 16,
        hidden_act: 'silu',
        mlp_bias: false,
        pretraining_tp: 1,
        rope_scaling: {
          factor: 32,
          high_freq_factor: 4,
          low_freq_factor: 1,
          original_max_position_embeddings: 8192,
          rope_type: 'llama3',
        },
        rope_theta: 500000,
        tie_word_embeddings: true,
      },
    ],
    [
      'SmolLM2',
      {
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        is_llama_config: true,
        rope_interleaved: false,
        rope_scaling: null,
        rope_theta: 100000,
        'transformers.js_config': { kv_cache_dtype: { q4f16: 'float16' } },
      },
    ],
    ['Mistral 7B v0.1', { architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 4096 }],
    ['Mistral Nemo', { architectures: ['MistralForCausalLM'], head_dim: 32, sliding_window: null, rope_theta: 1e6 }],
    [
      'Qwen 2.5',
      {
        architectures: ['Qwen2ForCausalLM'],
        model_type: 'qwen2',
        max_window_layers: 21,
        sliding_window: 32768,
        use_sliding_window: false,
        rope_theta: 1e6,
        tie_word_embeddings: true,
      },
    ],
    [
      'Qwen 3',
      {
        architectures: ['Qwen3ForCausalLM'],
        model_type: 'qwen3',
        attention_bias: false,
        head_dim: 32,
        max_window_layers: 28,
        rope_scaling: null,
        sliding_window: null,
        use_sliding_window: false,
      },
    ],
    [
      'SmolLM3',
      {
        architectures: ['SmolLM3ForCausalLM'],
        model_type: 'smollm3',
        attention_bias: false,
        layer_types: Array(4).fill('full_attention'),
        max_window_layers: 28,
        mlp_bias: false,
        no_rope_layer_interval: 4,
        no_rope_layers: [1, 1, 1, 0],
        pretraining_tp: 2,
        rope_scaling: null,
        rope_theta: 5e6,
        sliding_window: null,
        use_sliding_window: false,
      },
    ],
    [
      'Gemma 2',
      {
        architectures: ['Gemma2ForCausalLM'],
        model_type: 'gemma2',
        attn_logit_softcapping: 50,
        cache_implementation: 'hybrid',
        final_logit_softcapping: 30,
        head_dim: 16,
        hidden_act: 'gelu_pytorch_tanh',
        hidden_activation: 'gelu_pytorch_tanh',
        query_pre_attn_scalar: 224,
        sliding_window: 4096,
        sliding_window_size: 4096,
      },
    ],
    [
      'Gemma 3',
      {
        architectures: ['Gemma3ForCausalLM'],
        model_type: 'gemma3_text',
        attn_logit_softcapping: null,
        cache_implementation: 'hybrid',
        eos_token_id: [1, 106],
        final_logit_softcapping: null,
        head_dim: 16,
        hidden_activation: 'gelu_pytorch_tanh',
        query_pre_attn_scalar: 256,
        rope_local_base_freq: 10000,
        rope_scaling: null,
        rope_theta: 1e6,
        sliding_window: 512,
        sliding_window_pattern: 6,
      },
    ],
    [
      'Phi-3 mini 128k',
      {
        architectures: ['Phi3ForCausalLM'],
        model_type: 'phi3',
        _name_or_path: 'Phi-3-mini-128k-instruct',
        attention_bias: false,
        auto_map: { AutoConfig: 'configuration_phi3.Phi3Config' },
        embd_pdrop: 0,
        resid_pdrop: 0,
        original_max_position_embeddings: 4096,
        pad_token_id: 0,
        rope_scaling: longrope,
        sliding_window: 262144,
      },
    ],
    [
      'Phi-4 mini',
      {
        architectures: ['Phi3ForCausalLM'],
        model_type: 'phi3',
        full_attn_mod: 1,
        interpolate_factor: 1,
        lm_head_bias: false,
        mlp_bias: false,
        original_max_position_embeddings: 4096,
        partial_rotary_factor: 0.75,
        rope_scaling: { ...longrope, short_factor: Array(6).fill(1), long_factor: Array(6).fill(4) },
        tie_word_embeddings: true,
      },
    ],
  ];
  for (const [name, stated] of published) {
    test(name, async () => {
      await writeFile(join(folder, 'config.json'), JSON.stringify({ ...sizes, ...stated }));
      expect(await readModelConfig(folder)).toMatchObject({
        layers: 4,
        architecture: (stated.architectures as string[])[0],
      });
    });
  }
});
