// A model folder in Hugging Face layout, opened: its config, its tokenizer, and where each weight lies.
// Nothing of the weights is read here; every expected tensor is checked to be there in its shape.
import { realpath, stat } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { expectedWeights } from '../models/index.ts';
import type { WeightShapes } from '../models/weights.ts';
import type { ModelConfig } from './model-config.ts';
import { readModelConfig } from './read-config.ts';
import { readCheckpointTensors, type StoredTensor } from './safetensors.ts';
import { openTokenizer, type Tokenizer } from './tokenizer.ts';
import { asStated, quoted } from './words.ts';

export interface Checkpoint {
  folder: string;
  config: ModelConfig;
  tokenizer: Tokenizer;
  tensors: ReadonlyMap<string, StoredTensor>;
  shapes: WeightShapes;
}

export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new EngineError('CHECKPOINT_INVALID', `${folder} is not a folder: give a checkpoint's folder.`);
  const config = await readModelConfig(folder);
  const tensors = await readCheckpointTensors(folder);
  const shapes = expectedWeights(config);
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) throw new EngineError('CHECKPOINT_INVALID', `${folder}: the weights lack the tensor "${name}".`);
    if (String(tensor.shape) !== String(shape)) {
      throw new EngineError(
        'CHECKPOINT_INVALID',
        `${folder}: tensor "${name}" has shape ${asStated(tensor.shape)}, but config.json asks for [${shape}].`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (!shapes.has(name) && !isRedundant(name, config)) {
      throw new EngineError(
        'CHECKPOINT_UNSUPPORTED',
        `${folder}: tensor ${quoted(name)} is not part of a ${config.architecture}.`,
      );
    }
  }
  const tokenizer = await openTokenizer(folder, config);
  return { folder: await realpath(folder), config, tokenizer, tensors, shapes };
}

/** Tensors that older checkpoints store and that are computed, or shared, here. */
const isRedundant = (name: string, config: ModelConfig) =>
  name.endsWith('rotary_emb.inv_freq') || (config.hasTiedHead && name === 'lm_head.weight');
