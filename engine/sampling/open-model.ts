// A model held open for sampling: its one session with the weights in it, its adapters, and the memory left for caches.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { kvBytesPerToken } from '../checkpoint/memory.ts';
import type { Adapter } from '../checkpoint/peft.ts';
import type { Precision, SamplingConfig } from '../config.ts';
import { readDeviceMemory } from '../runtime/device-memory.ts';
import { providerName } from '../runtime/provider.ts';
import type { openSession, Session } from '../runtime/session.ts';
import { type AdapterKey, createAdapterShelf, modulesOf, stackedAdapters } from './adapters.ts';
import { type CacheFormat, cacheFormat } from './attention.ts';
import { type BatchCache, createBatchCache } from './cache.ts';
import { createFeeds, createRopeTables, type GenerationFeeds } from './feeds.ts';
import { generationGraph } from './graph.ts';
import { type ChunkPolicy, chunkPolicyOf, rowsWithin } from './limits.ts';
import { hasPenalties } from './logits.ts';
import { loadWeights } from './precision.ts';

export interface OpenModelOptions {
  /** Where the graph runs; `auto` is CUDA where there is one. */
  device?: string;
  /** Bytes that caches may take; if not said, a share of what the device has free once the weights are loaded. */
  cacheBudget?: number;
  /** That share: a half, unless an earlier process died of it. */
  budgetShare?: number;
  /** Adapters in memory by the names that requests may give, taken at each call as they are then. */
  live?: ReadonlyMap<string, Adapter>;
}

export interface Generator {
  session: Session;
  feeds: GenerationFeeds;
  /** For this call's batch: empty. */
  cache: BatchCache;
  cacheFormat: CacheFormat;
  /** Rows of at most so many tokens that the memory for caches holds. */
  rowsOf(tokens: number): number;
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
  session: Session;
  /** What its graph was made for. */
  modules: readonly string[];
  isPenalised: boolean;
  precision: Precision;
  cacheFormat: CacheFormat;
  /** The cache of an earlier call, kept for its memory: a new one would lie beside it until the garbage goes. */
  spare: BatchCache | null;
  /** Bytes for caches. */
  budget: number;
  users: number;
  isWanted: boolean;
}

/** The share of the free memory that caches may take: activations, and others on this machine, need some too. */
const usualShare = 0.5;

/** Nothing is loaded before the first `acquire`, which throws CONFIG_INVALID for a precision that the device has not. */
export function createOpenModel(
  checkpoint: Checkpoint,
  options: OpenModelOptions,
  open: typeof openSession,
): OpenModel {
  const device = options.device ?? 'auto';
  const provider = providerName(device);
  const { config: model, shapes } = checkpoint;
  const weightBytes = [...checkpoint.tensors.values()].reduce((sum, { length }) => sum + length, 0);
  const tablesFor = createRopeTables(model);
  const shelf = createAdapterShelf(checkpoint, options.live);
  let current: Held | null = null;
  let opening: Promise<unknown> = Promise.resolve();

  async function closeUnused(held: Held): Promise<void> {
    if (!held.isWanted && held.users === 0) await held.session.close();
  }

  async function letGo(): Promise<void> {
    const held = current;
    current = null;
    if (!held) return;
    held.isWanted = false;
    await closeUnused(held);
  }

  /** The session at hand where it has all that is asked for, else another one, with all that the shelf may need. */
  async function hold({ precision, ...config }: SamplingConfig, modules: readonly string[]): Promise<Held> {
    const isPenalised = hasPenalties(config);
    const isAtHand = current?.isPenalised === isPenalised && current.precision === precision;
    if (current && isAtHand && modules.every((module) => current?.modules.includes(module))) return current;
    await letGo();
    const { folder, weights, dtype, keepMapped } = await loadWeights(checkpoint, precision, provider);
    const loraModules = shelf.modules();
    const cache = cacheFormat(dtype, provider);
    const graph = generationGraph({ config: model, shapes, weights, dtype, cache, loraModules, isPenalised });
    const session = await open(graph, { folder, device, keepMapped });
    const { cacheBudget, budgetShare = usualShare } = options;
    const budget = cacheBudget ?? (await readDeviceMemory(device)).freeBytes * budgetShare;
    const made = { session, modules: loraModules, isPenalised, precision, cacheFormat: cache, budget };
    current = { ...made, spare: null, users: 0, isWanted: true };
    return current;
  }

  return {
    policy: chunkPolicyOf(provider, weightBytes),
    device,
    async acquire(config, adapters) {
      // One at a time: two calls at once would each open the model.
      const holding = opening.then(async () => {
        const taken = await shelf.take(adapters);
        const held = await hold(config, modulesOf(taken.values()));
        held.users++;
        const cache = held.spare ?? createBatchCache(model, held.cacheFormat);
        held.spare = null;
        return { held, taken, cache };
      });
      opening = holding.catch(() => undefined);
      const { held, taken, cache } = await holding;
      const { session, budget } = held;
      const bytesPerToken = kvBytesPerToken(model, held.cacheFormat.dtype === 'float16' ? 2 : 4);
      // Feeds are this call's own: others may run the same session with other adapters.
      const feeds = createFeeds(checkpoint, stackedAdapters(taken, held.modules, shapes), held.cacheFormat, tablesFor);
      let isReleased = false;
      const release = async () => {
        if (isReleased) return;
        isReleased = true;
        cache.clear();
        held.spare = cache;
        held.users--;
        await closeUnused(held);
      };
      const retire = async () => {
        held.isWanted = false;
        if (current === held) current = null;
        await release();
      };
      return {
        session,
        feeds,
        cache,
        cacheFormat: held.cacheFormat,
        rowsOf: (tokens) => rowsWithin(budget, bytesPerToken, tokens),
        release,
        retire,
      };
    },
    close: letGo,
  };
}
