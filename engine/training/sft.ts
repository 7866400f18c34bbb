// Supervised fine-tuning of all parameters, or of an adapter: what is trained is an input of the graph, changed in place.
// It gives a checkpoint in Hugging Face layout with the original names; it also makes the demo model from nothing.
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readModelConfig } from '../checkpoint/read-config.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors.ts';
import type { SftConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import { expectedWeights } from '../models/index.ts';
import type { SftExample, TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { createSessionCache } from '../runtime/session.ts';
import { type BatchSize, packRows, sequenceTokens, sizeOf, type TokenRow } from './batch.ts';
import { inBuckets } from './buckets.ts';
import { gradientsOf, sftGraph } from './graph.ts';
import { optimize } from './loop.ts';
import { openPolicy } from './policy.ts';
import { fingerprintOf } from './resume.ts';

export interface SftJob {
  /** Folder of the checkpoint to start from. */
  model: string;
  examples: readonly SftExample[];
  config: SftConfig;
  /** Folder that receives the trained checkpoint. */
  out: string;
  resumeFrom?: string;
  device?: string;
}

export interface SftResult {
  steps: number;
  examples: number;
  dropped: number;
  seconds: number;
}

/** A row of one completion, which is all but the first token: the prompt's part of it counts prompt_loss_weight. */
type SftRow = TokenRow & { total: number };

export async function trainSft(
  job: SftJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<SftResult> {
  const started = performance.now();
  const { config } = job;
  const checkpoint = await openCheckpoint(job.model);
  assertWeightsFit(checkpoint.tensors.values(), checkpoint.folder);
  const usable = job.examples.flatMap((example) => tokenizeExample(checkpoint, example, config));
  const rows = inBuckets(usable, config.per_device_train_batch_size);
  if (rows.length === 0) {
    throw new EngineError('DATA_INVALID', `No example is left to train on: all ${job.examples.length} are too long.`);
  }
  const device = job.device ?? 'auto';
  const { policy } = await openPolicy({ model: job.model, adapter: null, config }, checkpoint, device);
  const { tensors } = policy;
  const sessions = createSessionCache();
  const sessionOf = (size: BatchSize) =>
    sessions.get(JSON.stringify(size), () => policy.open((model, trained) => sftGraph(model, size, trained)));
  try {
    const { steps } = await optimize<SftRow, never>({
      rows,
      tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(checkpoint.config, config, rows),
      resumeFrom: job.resumeFrom,
      runBatch: async (batch, stepRows, at) => {
        const size = sizeOf(batch, config.per_device_train_batch_size);
        const session = await sessionOf(size);
        const feeds = packRows(batch, size);
        const total = stepRows.reduce((sum, row) => sum + row.total, 0);
        const scaled = feeds.token_weights.data.map((weight) => weight / total) as Float32Array;
        const outputs = await session.run({
          ...feeds,
          token_weights: { ...feeds.token_weights, data: scaled },
          ...policy.feeds(size, at),
        });
        return {
          loss: Number(outputs.loss?.data[0]),
          gradients: gradientsOf(outputs, tensors.keys()),
          outcomes: [],
          tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
        };
      },
      summarise: () => ({}),
      onMetrics,
      signal,
    });
    await policy.write(job.out);
    const seconds = (performance.now() - started) / 1000;
    return { steps, examples: rows.length, dropped: job.examples.length - rows.length, seconds };
  } finally {
    await sessions.close();
  }
}

function tokenizeExample({ tokenizer, config }: Checkpoint, example: SftExample, settings: SftConfig): SftRow[] {
  const { ids, isTaught } = encodeExample(tokenizer, example);
  if (ids.length > Math.min(settings.max_length, config.maxPositions)) return [];
  const weights = ids.slice(1).map((_, i) => (isTaught[i + 1] ? 1 : settings.prompt_loss_weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return [{ prompt: ids.slice(0, 1), completions: [ids.slice(1)], weights: [weights], total }];
}

/** The tokens of an example, and for each whether it is to be learnt. */
function encodeExample(
  tokenizer: Checkpoint['tokenizer'],
  example: SftExample,
): { ids: readonly number[]; isTaught: readonly boolean[] } {
  if ('messages' in example) {
    const { ids, isAssistant } = tokenizer.encodeConversation(example.messages);
    return { ids, isTaught: isAssistant };
  }
  const { prompt, completion } = tokenizer.encodePair(example.prompt, example.completion);
  if (prompt.length === 0 || completion.length === 0) {
    throw new EngineError('DATA_INVALID', 'An example has an empty prompt or completion.');
  }
  const ids = [...prompt, ...completion];
  return { ids, isTaught: ids.map((_, i) => i >= prompt.length) };
}

/** Fresh weights, N(0, 0.02) and norms of one, for a folder that has a config and a tokenizer but no weights yet. */
export async function initialiseCheckpoint(folder: string, seed: number, dtype: 'F32' | 'F16' = 'F32'): Promise<void> {
  const random = createRandom(seed);
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of expectedWeights(await readModelConfig(folder))) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => (shape.length === 1 ? 1 : 0.02 * random.normal()));
    tensors.set(name, { shape, data });
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, dtype);
}
