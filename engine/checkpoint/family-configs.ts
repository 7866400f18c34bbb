// What each family's config.json may say, as transformers 4 and 5 write it, and what it means for the graph.
import { z } from 'zod';
import {
  ConfigIssue,
  count,
  describeIssue,
  type Family,
  family,
  layerType,
  positive,
  type Sizes,
} from './config-family.ts';
import type { Architecture, LayerAttention, Rope } from './model-config.ts';
import { parseRope } from './rope-config.ts';

const silu = z.literal('silu').default('silu');
const gelu = z.literal('gelu_pytorch_tanh').default('gelu_pytorch_tanh');
/** Some Qwen and SmolLM3 layers see a window; older files name none of them. */
const windowed = {
  use_sliding_window: z.boolean().default(false),
  sliding_window: count.nullish(),
  layer_types: z.array(layerType).nullish(),
};

const attentionBiases = (hasThem: boolean) => (hasThem ? ['q_proj', 'k_proj', 'v_proj', 'o_proj'] : []);
const mlpBiases = (hasThem: boolean) => (hasThem ? ['gate_proj', 'up_proj', 'down_proj'] : []);

/** Layers that all attend alike. */
const uniform = ({ num_hidden_layers }: Sizes, window: number | null = null): LayerAttention[] =>
  Array.from({ length: num_hidden_layers }, () => ({ window, rope: 0 }));

/** Layers by their stated types, or by the family's rule where the file states none. */
function byType(
  { num_hidden_layers }: Sizes,
  stated: readonly z.output<typeof layerType>[] | null | undefined,
  window: number | null | undefined,
  isSliding: (layer: number) => boolean,
): LayerAttention[] {
  if (stated && stated.length !== num_hidden_layers) {
    throw new ConfigIssue(`layer_types has ${stated.length} entries for ${num_hidden_layers} layers`);
  }
  return Array.from({ length: num_hidden_layers }, (_, layer) => {
    if (!(stated ? stated[layer] === 'sliding_attention' : isSliding(layer))) return { window: null, rope: 0 };
    if (!window) throw new ConfigIssue('layer_types has sliding_attention, but no sliding_window is in use');
    return { window, rope: 0 };
  });
}

interface RopeDefaults {
  theta?: number;
  settings?: unknown;
  rotaryFraction?: number;
  originalMaxPositions?: number;
  isPhi?: boolean;
}

function rope(config: Sizes, headDim: number, defaults: RopeDefaults = {}): Rope {
  const settings = defaults.settings ?? config.rope_scaling ?? config.rope_parameters;
  const found = parseRope({
    theta: defaults.theta ?? config.rope_theta ?? 10_000,
    settings,
    headDim,
    rotaryFraction: defaults.rotaryFraction ?? 1,
    maxPositions: config.max_position_embeddings,
    originalMaxPositions: defaults.originalMaxPositions,
    isPhi: defaults.isPhi ?? false,
  });
  if (typeof found === 'string') throw new ConfigIssue(`its rope settings: ${found}`);
  if (found instanceof z.ZodError) throw new ConfigIssue(`its rope settings: ${describeIssue(found, settings)}`);
  return found;
}

export const familyConfigs: { [A in Architecture]: Family } = {
  LlamaForCausalLM: family(
    'LlamaForCausalLM',
    'llama',
    {
      tie_word_embeddings: z.boolean().default(false),
      hidden_act: silu,
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      rope_interleaved: z.literal(false).optional(),
      is_llama_config: z.unknown().optional(),
    },
    (config, headDim) => ({
      attention: uniform(config),
      ropes: [rope(config, headDim)],
      biases: [...attentionBiases(config.attention_bias), ...mlpBiases(config.mlp_bias)],
      hasTiedHead: config.tie_word_embeddings,
    }),
  ),
  MistralForCausalLM: family(
    'MistralForCausalLM',
    'mistral',
    {
      tie_word_embeddings: z.boolean().default(false),
      hidden_act: silu,
      sliding_window: count.nullable().default(4096),
    },
    (config, headDim) => ({
      attention: uniform(config, config.sliding_window),
      ropes: [rope(config, headDim)],
      hasTiedHead: config.tie_word_embeddings,
    }),
  ),
  Qwen2ForCausalLM: family(
    'Qwen2ForCausalLM',
    'qwen2',
    {
      tie_word_embeddings: z.boolean().default(false),
      hidden_act: silu,
      ...windowed,
      max_window_layers: z.number().int().min(0).default(28),
      use_mrope: z.literal(false).optional(),
    },
    (config, headDim) => ({
      attention: qwenAttention(config),
      ropes: [rope(config, headDim)],
      biases: ['q_proj', 'k_proj', 'v_proj'],
      hasTiedHead: config.tie_word_embeddings,
    }),
  ),
  Qwen3ForCausalLM: family(
    'Qwen3ForCausalLM',
    'qwen3',
    {
      tie_word_embeddings: z.boolean().default(false),
      hidden_act: silu,
      attention_bias: z.boolean().default(false),
      ...windowed,
      max_window_layers: z.number().int().min(0).default(28),
    },
    (config, headDim) => ({
      attention: qwenAttention(config),
      ropes: [rope(config, headDim)],
      biases: attentionBiases(config.attention_bias),
      hasTiedHead: config.tie_word_embeddings,
    }),
    128,
  ),
  SmolLM3ForCausalLM: family(
    'SmolLM3ForCausalLM',
    'smollm3',
    {
      tie_word_embeddings: z.boolean().default(true),
      hidden_act: silu,
      attention_bias: z.boolean().default(false),
      mlp_bias: z.boolean().default(false),
      ...windowed,
      max_window_layers: z.unknown().optional(), // Qwen's, of no effect here
      /** 1 = the layer has rotary positions, 0 = it has none. */
      no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
      no_rope_layer_interval: count.default(4),
    },
    (config, headDim) => {
      const { no_rope_layers, no_rope_layer_interval: interval } = config;
      if (no_rope_layers && no_rope_layers.length < config.num_hidden_layers) {
        throw new ConfigIssue(
          `no_rope_layers has ${no_rope_layers.length} entries for ${config.num_hidden_layers} layers`,
        );
      }
      const hasRope = (layer: number) => (no_rope_layers ? no_rope_layers[layer] === 1 : (layer + 1) % interval !== 0);
      const window = config.use_sliding_window ? config.sliding_window : null;
      const layers = byType(config, config.layer_types, window, (layer) => Boolean(window) && !hasRope(layer));
      return {
        attention: layers.map((layer, i) => ({ ...layer, rope: hasRope(i) ? 0 : null })),
        ropes: [rope(config, headDim, { theta: config.rope_theta ?? 2_000_000 })],
        biases: [...attentionBiases(config.attention_bias), ...mlpBiases(config.mlp_bias)],
        hasTiedHead: config.tie_word_embeddings,
      };
    },
  ),
  Gemma2ForCausalLM: family(
    'Gemma2ForCausalLM',
    'gemma2',
    {
      ...gemmaFields(),
      attn_logit_softcapping: positive.nullable().default(50),
      final_logit_softcapping: positive.nullable().default(30),
      sliding_window_size: z.unknown().optional(), // sliding_window is what counts
    },
    (config, headDim) => ({
      ...gemmaTraits(config),
      attention: byType(config, config.layer_types, config.sliding_window, (layer) => layer % 2 === 0),
      ropes: [rope(config, headDim)],
      attentionSoftcap: config.attn_logit_softcapping,
    }),
    256,
  ),
  Gemma3ForCausalLM: family(
    'Gemma3ForCausalLM',
    'gemma3_text',
    {
      ...gemmaFields(),
      attn_logit_softcapping: z.null().default(null),
      final_logit_softcapping: positive.nullable().default(null),
      sliding_window_pattern: count.default(6),
      _sliding_window_pattern: z.unknown().optional(), // what transformers 5 keeps of it beside layer_types
      rope_local_base_freq: positive.nullish(),
    },
    (config, headDim) => {
      const { sliding_window_pattern: pattern } = config;
      const layers = byType(config, config.layer_types, config.sliding_window, (layer) => (layer + 1) % pattern !== 0);
      // transformers 5 nests the settings by layer type; 4 scales the global layers only.
      const nested = z
        .strictObject({ full_attention: z.unknown().optional(), sliding_attention: z.unknown().optional() })
        .nullish()
        .safeParse(config.rope_parameters);
      if (!nested.success)
        throw new ConfigIssue(`its rope settings: ${describeIssue(nested.error, config.rope_parameters)}`);
      const { full_attention, sliding_attention } = nested.data ?? {};
      return {
        ...gemmaTraits(config),
        attention: layers.map(({ window }) => ({ window, rope: window === null ? 0 : 1 })),
        ropes: [
          rope(config, headDim, {
            settings: config.rope_scaling ?? full_attention ?? {},
            theta: config.rope_theta ?? 1_000_000,
          }),
          rope(config, headDim, {
            settings: sliding_attention ?? {},
            theta: config.rope_local_base_freq ?? 10_000,
          }),
        ],
      };
    },
    256,
  ),
  Phi3ForCausalLM: family(
    'Phi3ForCausalLM',
    'phi3',
    {
      tie_word_embeddings: z.boolean().default(false),
      hidden_act: silu,
      sliding_window: count.nullish(),
      original_max_position_embeddings: count.min(2).default(4096),
      partial_rotary_factor: positive.max(1).nullish(),
      attention_bias: z.literal(false).default(false),
      mlp_bias: z.literal(false).default(false),
      lm_head_bias: z.literal(false).default(false),
      full_attn_mod: z.literal(1).optional(),
      interpolate_factor: z.literal(1).optional(),
      embd_pdrop: z.unknown().optional(),
      resid_pdrop: z.unknown().optional(),
    },
    (config, headDim) => ({
      attention: uniform(config, config.sliding_window ?? null),
      ropes: [
        rope(config, headDim, {
          rotaryFraction: config.partial_rotary_factor ?? 1,
          originalMaxPositions: config.original_max_position_embeddings,
          isPhi: true,
        }),
      ],
      hasTiedHead: config.tie_word_embeddings,
    }),
  ),
};

/** Qwen: the layers from max_window_layers on see a window, where it is used at all. */
function qwenAttention(config: Sizes & z.output<z.ZodObject<typeof windowed>> & { max_window_layers: number }) {
  const window = config.use_sliding_window ? config.sliding_window : null;
  return byType(config, config.layer_types, window, (layer) => Boolean(window) && layer >= config.max_window_layers);
}

function gemmaFields() {
  return {
    tie_word_embeddings: z.boolean().default(true),
    hidden_activation: gelu,
    hidden_act: z.unknown().optional(), // hidden_activation is what counts
    attention_bias: z.boolean().default(false),
    query_pre_attn_scalar: positive.default(256),
    sliding_window: count.nullable().default(4096),
    layer_types: z.array(layerType).nullish(),
    use_bidirectional_attention: z.literal(false).nullish(),
  };
}

/** Gemma: embeddings scaled by sqrt(hidden), scores by a stated scalar, tanh-approximated GELU. */
function gemmaTraits(
  config: Sizes & z.output<z.ZodObject<ReturnType<typeof gemmaFields>>> & { final_logit_softcapping: number | null },
) {
  return {
    activation: 'gelu_tanh',
    biases: attentionBiases(config.attention_bias),
    embeddingScale: Math.sqrt(config.hidden_size),
    attentionScale: 1 / Math.sqrt(config.query_pre_attn_scalar),
    logitSoftcap: config.final_logit_softcapping,
    hasTiedHead: config.tie_word_embeddings,
  } as const;
}
