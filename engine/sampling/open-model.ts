// A model held open for sampling: its one session with the weights in it, its adapters, and the memory left for caches.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { kvBytesPerToken } from '../checkpoint/memory.ts';
import type { SamplingConfig } from '../config.ts';
import { readDeviceMemory } from '../runtime/device-memory.ts';
import { providerName } from '../runtime/provider.ts';
import type { openSession, Session } from '../runtime/session.ts';
import { type AdapterKey, createAdapterShelf } from './adapters.ts';
import { createFeeds, type GenerationFeeds } from './feeds.ts';
import { cacheType, generationGraph } from './graph.ts';
import { type ChunkPolicy, chunkPolicies, rowsWithin } from './limits.ts';
import { hasPenalties } from './logits.ts';
import { loadWeights } from './precision.ts';

export interface OpenModelOptions {
  /** Where the graph runs; `auto` is CUDA where there is one. */
  device?: string;
  /** Bytes that caches may take; if not said, a share of what the device has free once the weights are loaded. */
  cacheBudget?: number;
  /** That share: a half, unless an earlier process died of it. */
  budgetShare?: number;
}

export interface Generator {
  session: Session;
  feeds: GenerationFeeds;
  /** Rows of at most so many tokens that the memory for caches holds. */
  rowsOf(tokens: number): number;
  /** Prompts of so many tokens that may be read at once: their attention scores, tokens x tokens a head, are whole. */
  promptsOf(tokens: number): number;
  /** When nothing more will be run. */
  release(): Promise<void>;
  /** The same, and the session goes: the memory that it has taken it does not give back by itself. */
  retire(): Promise<void>;
}

export interface OpenModel {
  policy: ChunkPolicy;
  device: string;
  /** The session for a configuration and the adapters of its requests: another one than the last only where it must be. */
  acquire(config: SamplingConfig, adapters: readonly AdapterKey[]): Promise<Generator>;
  close(): Promise<void>;
}

/** A session holds the whole model: one that is no longer wanted goes as soon as nobody runs it. */
interface Held {
  key: string;
  generator: Omit<Generator, 'release' | 'retire'>;
  users: number;
  isWanted: boolean;
}

/** The share of the free memory that caches may take: activations, and others on this machine, need some too. */
const usualShare = 0.5;

/** Of that share, what the attention scores of prompts may take while they are read. */
const scoresShare = 0.5;

/** Nothing is loaded before the first `acquire`, which throws CONFIG_INVALID for a precision that the device has not. */
export function createOpenModel(
  checkpoint: Checkpoint,
  options: OpenModelOptions,
  open: typeof openSession,
): OpenModel {
  const device = options.device ?? 'auto';
  const provider = providerName(device);
  const shelf = createAdapterShelf(checkpoint.shapes);
  let current: Held | null = null;
  let opening: Promise<unknown> = Promise.resolve();

  async function closeUnused(held: Held): Promise<void> {
    if (held.isWanted || held.users > 0) return;
    await held.generator.session.close();
  }

  async function letGo(): Promise<void> {
    const held = current;
    current = null;
    if (!held) return;
    held.isWanted = false;
    await closeUnused(held);
  }

  async function hold(config: SamplingConfig, adapters: readonly AdapterKey[]): Promise<Held> {
    await shelf.load(adapters);
    const loraModules = shelf.modules();
    const isPenalised = hasPenalties(config);
    const key = JSON.stringify([loraModules, isPenalised, config.precision]);
    if (current?.key === key) return current;
    await letGo();
    const { folder, weights, dtype, keepMapped } = await loadWeights(checkpoint, config.precision, provider);
    const { config: model, shapes } = checkpoint;
    const graph = generationGraph({ config: model, shapes, weights, dtype, loraModules, isPenalised });
    const session = await open(graph, { folder, device, keepMapped });
    const { cacheBudget, budgetShare = usualShare } = options;
    const budget = cacheBudget ?? (await readDeviceMemory(device)).freeBytes * budgetShare;
    const edge = cacheType(dtype);
    const bytesPerToken = kvBytesPerToken(model, edge === 'float16' ? 2 : 4);
    const generator = {
      session,
      feeds: createFeeds(checkpoint, shelf, edge),
      rowsOf: (tokens: number) => rowsWithin(budget, bytesPerToken, tokens),
      promptsOf: (tokens: number) => Math.floor((budget * scoresShare) / (model.heads * tokens * tokens * 4)),
    };
    current = { key, generator, users: 0, isWanted: true };
    return current;
  }

  return {
    policy: chunkPolicies[provider],
    device,
    async acquire(config, adapters) {
      // One at a time: two calls at once would each open the model.
      const holding = opening.then(async () => {
        const held = await hold(config, adapters);
        held.users++;
        return held;
      });
      opening = holding.catch(() => undefined);
      const held = await holding;
      let isReleased = false;
      const release = async () => {
        if (isReleased) return;
        isReleased = true;
        held.users--;
        await closeUnused(held);
      };
      const retire = async () => {
        held.isWanted = false;
        if (current === held) current = null;
        await release();
      };
      return { ...held.generator, release, retire };
    },
    close: letGo,
  };
}
