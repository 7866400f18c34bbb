// Where a graph's weights come from: mapped from the checkpoint's files, held in memory, or fed at each run.

import type { ModelConfig } from '../checkpoint/model-config.ts';
import type { StoredTensor, WeightType } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { DataType } from '../graph/onnx.ts';

/** A weight by its Hugging Face name, in the graph's own float type; asked twice, it is the same value. */
export type WeightSource = (name: string) => Value;

const storedTypes: { [W in WeightType]: DataType } = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Weights read in place from the checkpoint's files. Half-precision ones are widened by a Cast: bf16 has few CPU kernels. */
export function checkpointWeights(g: GraphBuilder, tensors: ReadonlyMap<string, StoredTensor>): WeightSource {
  return once((name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new EngineError('CHECKPOINT_INVALID', `The checkpoint has no tensor "${name}".`);
    const place = { location: tensor.file, offset: tensor.offset, length: tensor.length };
    return g.cast(g.external(name, storedTypes[tensor.dtype], tensor.shape, place), g.dtype);
  });
}

export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** Weights that are inputs of the graph: what full-parameter training changes between runs. */
export function inputWeights(
  g: GraphBuilder,
  shapes: WeightShapes,
): { source: WeightSource; values: Map<string, Value> } {
  const values = new Map<string, Value>();
  const source = once((name) => {
    const shape = shapes.get(name);
    if (!shape) throw new EngineError('CHECKPOINT_INVALID', `The checkpoint has no tensor "${name}".`);
    const value = g.input(name, g.dtype, shape);
    values.set(name, value);
    return value;
  });
  return { source, values };
}

/** Weights held in memory, in the graph's float type: gradient checks run a checkpoint in fp64 this way. */
export function memoryWeights(
  g: GraphBuilder,
  weights: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
): WeightSource {
  return once((name) => {
    const weight = weights.get(name);
    if (!weight) throw new EngineError('CHECKPOINT_INVALID', `The checkpoint has no tensor "${name}".`);
    const data = g.dtype === 'float64' ? Float64Array.from(weight.data) : weight.data;
    return g.initializer(name, g.dtype, weight.shape, data);
  });
}

function once(load: WeightSource): WeightSource {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? load(name);
    known.set(name, value);
    return value;
  };
}

/** The tensors that a Llama checkpoint must have, with their shapes. */
export function expectedWeights(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize, intermediateSize, vocabSize, headDim } = config;
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabSize, hiddenSize]],
    ['model.norm.weight', [hiddenSize]],
  ]);
  if (!config.hasTiedHead) shapes.set('lm_head.weight', [vocabSize, hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes.set(`${prefix}.input_layernorm.weight`, [hiddenSize]);
    shapes.set(`${prefix}.post_attention_layernorm.weight`, [hiddenSize]);
    for (const [module, shape] of Object.entries({
      'self_attn.q_proj': [config.heads * headDim, hiddenSize],
      'self_attn.k_proj': [config.kvHeads * headDim, hiddenSize],
      'self_attn.v_proj': [config.kvHeads * headDim, hiddenSize],
      'self_attn.o_proj': [hiddenSize, config.heads * headDim],
      'mlp.gate_proj': [intermediateSize, hiddenSize],
      'mlp.up_proj': [intermediateSize, hiddenSize],
      'mlp.down_proj': [hiddenSize, intermediateSize],
    })) {
      shapes.set(`${prefix}.${module}.weight`, shape);
    }
  }
  return shapes;
}
