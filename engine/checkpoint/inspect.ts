// What a model folder holds, found out by opening it as the sampler would: for the models page and `doctor`.
import { devicePrecisions, type WeightPrecision } from '../config.ts';
import { openCheckpoint } from './checkpoint.ts';
import { countParameters, estimateMemory, type MemoryEstimate, type MemoryQuestion } from './memory.ts';
import { readModelConfig } from './read-config.ts';
import { readRewardModel } from './reward-base.ts';
import { openTokenizer } from './tokenizer.ts';

export interface InspectedModel {
  architecture: string;
  parameters: number;
  /** As stored: F32, F16, BF16. */
  dtypes: string[];
  /** Positions that the model has. */
  contextLength: number;
  hasChatTemplate: boolean;
  /** Bytes of the stored tensors. */
  weightBytes: number;
  memory: {
    rows: number;
    length: number;
    needs: (MemoryEstimate & { device: MemoryQuestion['device']; precision: WeightPrecision })[];
  };
}

/** The batch that sizes are stated for; a shorter context bounds it. */
const usualRows = 8;
const usualLength = 2048;

/** Throws where config.json or the tokenizer cannot be used: known before the weights are fetched. */
export async function recogniseModel(folder: string): Promise<void> {
  await openTokenizer(folder, await readModelConfig(folder));
}

/** Throws where `adapter` is no reward model's folder, or not one of this base. */
export async function recogniseRewardModel(base: string, adapter: string): Promise<void> {
  await readRewardModel(adapter, await openCheckpoint(base));
}

/** Throws what `openCheckpoint` throws for a folder that cannot be used. Reads headers, never weights. */
export async function inspectModel(folder: string): Promise<InspectedModel> {
  const { config, tokenizer, tensors, shapes } = await openCheckpoint(folder);
  const stored = [...tensors.values()];
  const batch = { rows: usualRows, length: Math.min(usualLength, config.maxPositions) };
  const isHalfStored = stored.some(({ dtype }) => dtype !== 'F32');
  return {
    architecture: config.architecture,
    parameters: countParameters(shapes),
    dtypes: [...new Set(stored.map(({ dtype }) => dtype))].sort(),
    contextLength: config.maxPositions,
    hasChatTemplate: hasChatTemplate(tokenizer),
    weightBytes: stored.reduce((total, { length }) => total + length, 0),
    memory: {
      ...batch,
      needs: (['cpu', 'cuda'] as const).flatMap((device) =>
        devicePrecisions[device].map((precision) => ({
          device,
          precision,
          ...estimateMemory(config, shapes, { ...batch, device, precision, isHalfStored }),
        })),
      ),
    },
  };
}

/** A template that cannot be rendered is as good as none. */
function hasChatTemplate(tokenizer: { encodePrompt(prompt: { role: string; content: string }[]): number[] }): boolean {
  try {
    return tokenizer.encodePrompt([{ role: 'user', content: 'Hello' }]).length > 0;
  } catch {
    return false;
  }
}
