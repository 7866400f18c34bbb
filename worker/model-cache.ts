// The engine child's open samplers, one per model: a request beside a job shares its weights. One that nobody uses stays,
// since the next request is likely to want its model, until another model wants the memory.
import type { LocalSampler } from '../engine/sampling/sampler.ts';

export interface SamplerCache {
  use<T>(model: string, work: (sampler: LocalSampler) => Promise<T>): Promise<T>;
  /** Closes what is not at work, for memory. */
  closeIdle(): Promise<void>;
}

interface Entry {
  sampler: Promise<LocalSampler>;
  users: number;
}

export function createSamplerCache(open: (model: string) => Promise<LocalSampler>): SamplerCache {
  const entries = new Map<string, Entry>();

  async function closeIdle(kept?: string): Promise<void> {
    for (const [model, { sampler, users }] of entries) {
      if (users > 0 || model === kept) continue;
      entries.delete(model);
      await (await sampler).close();
    }
  }

  /** An entry that nobody can take from under its first user: it is counted before anything is awaited. */
  async function take(model: string): Promise<Entry> {
    const known = entries.get(model);
    if (known) {
      known.users++;
      return known;
    }
    const entry: Entry = { sampler: closeIdle().then(() => open(model)), users: 1 };
    entries.set(model, entry);
    // What failed to open is tried anew at the next request.
    entry.sampler.catch(() => entries.get(model) === entry && entries.delete(model));
    return entry;
  }

  return {
    closeIdle: () => closeIdle(),
    async use(model, work) {
      const entry = await take(model);
      try {
        return await work(await entry.sampler);
      } finally {
        entry.users--;
        await closeIdle(model);
      }
    },
  };
}
