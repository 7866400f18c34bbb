// PEFT adapters in and out: adapter_config.json and adapter_model.safetensors, as peft writes and loads them.
// A feature of PEFT that changes the computation and that we do not have is refused by name.
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type LoraConfig, loraModules } from '../config.ts';
import { EngineError, mkdirReason } from '../errors.ts';
import { embeddingModule, headModule, loraScale, loraShape, loraTargets } from '../models/lora.ts';
import type { WeightShapes } from '../models/weights.ts';
import { createRandom } from '../random.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { copiedModule, isOfBase } from './base-copies.ts';
import type { Checkpoint } from './checkpoint.ts';
import { fileLimits, readModelJson } from './files.ts';
import {
  exists,
  readSafetensors,
  readTensor,
  type TensorToWrite,
  writeAtomically,
  writeSafetensors,
} from './safetensors.ts';
import { asStated, quoted, shortened } from './words.ts';

export type AdapterShape = Pick<LoraConfig, 'r' | 'lora_alpha' | 'use_rslora'> & { target_modules: string[] };

export interface Adapter {
  shape: AdapterShape;
  scale: number;
  /** By full module name (`model.layers.0.self_attn.q_proj`): A [r, in], B [out, r]; the embedding's `in` is its vocabulary. */
  modules: Map<string, { a: TensorToWrite; b: TensorToWrite }>;
}

/** The model that an adapter is for. */
export type AdapterBase = Pick<Checkpoint, 'folder' | 'tensors' | 'shapes'>;

const keyPrefix = 'base_model.model.';

/** An embedding's matrices are parameters, where a linear layer's are modules with a weight. */
const tensorName = (module: string, matrix: 'A' | 'B') =>
  keyPrefix + (module === embeddingModule ? `${module}.lora_embedding_${matrix}` : `${module}.lora_${matrix}.weight`);

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.number().int().min(1).max(4096),
  lora_alpha: z.number().gt(0),
  use_rslora: z.boolean().nullish(),
  target_modules: z.union([z.array(z.string()), z.string()]),
  /** One adapter for embedding and head where they are one matrix. */
  ensure_weight_tying: z.boolean().nullish(),
});

/** Fields of no effect on what a trained adapter computes, or checked on their own. */
const neutralFields = new Set([
  ...Object.keys(configSchema.shape),
  'alora_invocation_tokens',
  'auto_mapping',
  'base_model_name_or_path',
  'inference_mode',
  'init_lora_weights',
  'lora_dropout',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
  'exclude_modules',
  'layers_pattern',
  'layers_to_transform',
  'loftq_config',
  'corda_config',
  'eva_config',
  'megatron_config',
  'lora_ga_config',
]); // prettier-ignore

/** What to do about a field that is refused. */
const remedies: Record<string, string> = {
  modules_to_save: ': give embed_tokens or lm_head to target_modules, or train all weights (lora: null)',
};

/** Reads an adapter folder and checks it against the model it is for. */
export async function readAdapter(folder: string, base: AdapterBase): Promise<Adapter> {
  return (await readFolder(folder, base, new Map())).adapter;
}

/** An adapter and the value head that was trained with it. */
export interface RewardAdapter {
  adapter: Adapter;
  /** [1, hidden]: no bias. */
  score: TensorToWrite;
}

const scoreTensor = 'score.weight';

/** Reads a reward model's folder: LoRA, and the head `score` among its modules_to_save. */
export async function readRewardAdapter(
  folder: string,
  base: AdapterBase & Pick<Checkpoint, 'config'>,
): Promise<RewardAdapter> {
  const { adapter, saved } = await readFolder(folder, base, new Map([[scoreTensor, [1, base.config.hiddenSize]]]));
  const score = saved.get(scoreTensor);
  if (!score) {
    throw new EngineError(
      'ADAPTER_INVALID',
      `${folder} has no value head "score": give the folder of a reward model, not of a policy's adapter.`,
    );
  }
  if (adapter.modules.has(headModule)) {
    throw new EngineError('ADAPTER_INVALID', `${folder} adapts lm_head, which a reward model does not have.`);
  }
  return { adapter, score };
}

/** `heads`: the whole tensors that it may hold beside LoRA's, with their shapes. */
async function readFolder(
  folder: string,
  base: AdapterBase,
  heads: WeightShapes,
): Promise<{ adapter: Adapter; saved: Map<string, TensorToWrite> }> {
  const path = join(folder, 'adapter_config.json');
  if (!(await exists(path))) {
    throw new EngineError('ADAPTER_INVALID', `${folder} has no adapter_config.json: give a PEFT adapter's folder.`);
  }
  const raw = await readModelJson(path, 'ADAPTER_INVALID', fileLimits.config);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || 'its content';
    throw new EngineError('ADAPTER_INVALID', `${path}: ${field} is not supported (${issue?.message}).`);
  }
  for (const [field, value] of Object.entries(parsed.data)) {
    const isAbsent = value === null || value === false || value === 'none' || isEmpty(value);
    const isHead = field === 'modules_to_save' && heads.size > 0;
    if (!neutralFields.has(field) && !isAbsent && !isHead) {
      const what = `${path}: ${shortened(field)} = ${asStated(value)} is not supported`;
      const remedy = Object.hasOwn(remedies, field) ? remedies[field] : '';
      throw new EngineError('ADAPTER_INVALID', `${what}${remedy}.`);
    }
  }
  const { r, lora_alpha, use_rslora, target_modules, ensure_weight_tying } = parsed.data;
  const shape = { r, lora_alpha, use_rslora: use_rslora ?? false };
  const { modules, saved } = await readModules(folder, r, base, heads);
  if (ensure_weight_tying && isOfTiedMatrix({ modules }, base)) {
    throw new EngineError(
      'ADAPTER_INVALID',
      `${path}: ensure_weight_tying = true is not supported where the model's embedding and head are one matrix.`,
    );
  }
  const targets = typeof target_modules === 'string' ? [...modules.keys()] : target_modules;
  const adapter = { shape: { ...shape, target_modules: targets }, scale: loraScale(shape), modules };
  return { adapter, saved };
}

async function readModules(
  folder: string,
  r: number,
  base: AdapterBase,
  heads: WeightShapes,
): Promise<{ modules: Adapter['modules']; saved: Map<string, TensorToWrite> }> {
  const file = 'adapter_model.safetensors';
  const stored = await readSafetensors(folder, file);
  assertWeightsFit(stored.values(), folder);
  const modules: Adapter['modules'] = new Map();
  const saved = new Map<string, TensorToWrite>();
  let copies = 0;
  for (const [name, tensor] of stored) {
    const head = name.startsWith(keyPrefix) ? heads.get(name.slice(keyPrefix.length)) : undefined;
    if (head) {
      if (String(tensor.shape) !== String(head)) {
        throw new EngineError(
          'ADAPTER_INVALID',
          `${folder}/${file}: ${quoted(name)} has the shape ${asStated(tensor.shape)}, but this model asks for [${head}]: it belongs to another model, or gives more than one reward.`,
        );
      }
      saved.set(name.slice(keyPrefix.length), { shape: head, data: await readTensor(folder, tensor) });
      continue;
    }
    const copied = name.startsWith(keyPrefix) ? copiedModule(name.slice(keyPrefix.length)) : null;
    if (copied) {
      if (!(await isOfBase(folder, tensor, copied, base))) {
        throw new EngineError(
          'ADAPTER_INVALID',
          `${folder}/${file}: its copy of the base's ${copied} is not what this model has: it belongs to another model, or ` +
            'was trained on one whose vocabulary or weights were changed.',
        );
      }
      copies++;
      continue;
    }
    const match = /^base_model\.model\.(.+)\.lora_(?:embedding_)?([AB])(?:\.weight)?$/.exec(name);
    const [, module, matrix] = match ?? [];
    if (!module || !matrix || name !== tensorName(module, matrix === 'A' ? 'A' : 'B'))
      throw new EngineError('ADAPTER_INVALID', `${folder}/${file}: tensor ${quoted(name)} is not LoRA's.`);
    if (matrix === 'B') continue;
    const partner = stored.get(tensorName(module, 'B'));
    const layer = loraShape(base.shapes, module);
    if (!layer) {
      throw new EngineError('ADAPTER_INVALID', `${folder}/${file}: the model has no linear layer ${quoted(module)}.`);
    }
    const [out, inner] = layer;
    if (!partner)
      throw new EngineError('ADAPTER_INVALID', `${folder}/${file}: ${quoted(module)} has lora_A but no lora_B.`);
    if (String(tensor.shape) !== String([r, inner]) || String(partner.shape) !== String([out, r])) {
      throw new EngineError(
        'ADAPTER_INVALID',
        `${folder}/${file}: "${module}" has shapes ${asStated(tensor.shape)} and ${asStated(partner.shape)}, but r = ${r} and this ` +
          `model's layer [${out}, ${inner}] ask for [${r},${inner}] and [${out},${r}]: it belongs to another model.`,
      );
    }
    modules.set(module, {
      a: { shape: tensor.shape, data: await readTensor(folder, tensor) },
      b: { shape: partner.shape, data: await readTensor(folder, partner) },
    });
  }
  if (modules.size === 0) throw new EngineError('ADAPTER_INVALID', `${folder}/${file} has no LoRA tensors.`);
  if (stored.size !== modules.size * 2 + saved.size + copies) {
    throw new EngineError('ADAPTER_INVALID', `${folder}/${file} has a lora_B without its lora_A.`);
  }
  return { modules, saved };
}

/**
 * A fresh adapter: A Kaiming-uniform with a = sqrt 5, that is U(-1/sqrt(in), 1/sqrt(in)), and B zero, as PEFT does; of an
 * embedding it is A that is zero, and B N(0, 1).
 * Of the targets it keeps those that the model has; throws CONFIG_INVALID where it has none.
 */
export function createAdapter(lora: LoraConfig, weights: WeightShapes, seed: number): Adapter {
  const random = createRandom(seed);
  const modules: Adapter['modules'] = new Map();
  for (const module of loraTargets(weights, lora.target_modules)) {
    const [out, inner] = loraShape(weights, module) ?? [0, 0];
    const [a, b] = [new Float32Array(lora.r * inner), new Float32Array(out * lora.r)];
    const bound = 1 / Math.sqrt(inner);
    if (module === embeddingModule) b.set(b.map(() => random.normal()));
    else a.set(a.map(() => (2 * random.uniform() - 1) * bound));
    modules.set(module, { a: { shape: [lora.r, inner], data: a }, b: { shape: [out, lora.r], data: b } });
  }
  const { r, lora_alpha, use_rslora } = lora;
  const target_modules = lora.target_modules.filter((target) => loraTargets(weights, [target]).length > 0);
  if (target_modules.length === 0) {
    const named = lora.target_modules.join(', ');
    const own = new Set(loraTargets(weights, loraModules).map((module) => module.slice(module.lastIndexOf('.') + 1)));
    throw new EngineError(
      'CONFIG_INVALID',
      `target_modules names no layer of this model (${named}): it has ${[...own].join(', ')}.`,
    );
  }
  return { shape: { r, lora_alpha, use_rslora, target_modules }, scale: loraScale(lora), modules };
}

/** Whether the base's embedding and head are one matrix, of which an adapter changes one use, or each in its own way. */
export function isOfTiedMatrix(
  { modules }: Pick<Adapter, 'modules'>,
  { shapes }: Pick<AdapterBase, 'shapes'>,
): boolean {
  const isTied = !shapes.has(`${headModule}.weight`);
  return isTied && (modules.has(headModule) || modules.has(embeddingModule));
}

/** The same adapter with its scale folded into B, for graphs that state none. */
export function withScaleInB(adapter: Adapter): Adapter {
  const fold = ({ shape, data }: TensorToWrite) => ({ shape, data: data.map((x) => x * adapter.scale) });
  return {
    ...adapter,
    scale: 1,
    modules: new Map([...adapter.modules].map(([module, { a, b }]) => [module, { a, b: fold(b) }])),
  };
}

/** Writes the folder that `PeftModel.from_pretrained` loads. The config goes last: a folder with it is complete. */
export async function writeAdapter(folder: string, adapter: Adapter, model: string, dropout = 0): Promise<void> {
  await writeFolder(folder, adapter, model, dropout, new Map(), { task_type: 'CAUSAL_LM', modules_to_save: null });
}

/** The same for `AutoModelForSequenceClassification` with one label. */
export async function writeRewardAdapter(
  folder: string,
  { adapter, score }: RewardAdapter,
  model: string,
  dropout = 0,
): Promise<void> {
  const heads = new Map([[scoreTensor, score]]);
  // peft names both for every classifier, whichever the model has.
  await writeFolder(folder, adapter, model, dropout, heads, {
    task_type: 'SEQ_CLS',
    modules_to_save: ['classifier', 'score'],
  });
}

async function writeFolder(
  folder: string,
  adapter: Adapter,
  model: string,
  dropout: number,
  heads: ReadonlyMap<string, TensorToWrite>,
  task: { task_type: string; modules_to_save: string[] | null },
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new EngineError('OUTPUT_NOT_WRITABLE', `Cannot create the folder ${folder}: ${mkdirReason(error)}.`, {
      cause: error,
    });
  }
  const tensors = new Map<string, TensorToWrite>();
  for (const [module, { a, b }] of adapter.modules) {
    tensors.set(tensorName(module, 'A'), a);
    tensors.set(tensorName(module, 'B'), b);
  }
  for (const [name, tensor] of heads) tensors.set(keyPrefix + name, tensor);
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
  const config = {
    peft_type: 'LORA',
    task_type: task.task_type,
    base_model_name_or_path: basename(model),
    ...adapter.shape,
    lora_dropout: dropout,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    modules_to_save: task.modules_to_save,
    rank_pattern: {},
    alpha_pattern: {},
  };
  await writeAtomically(join(folder, 'adapter_config.json'), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
}

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
