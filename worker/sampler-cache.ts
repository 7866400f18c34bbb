// The engine child's open samplers: those at work, and the last one used, whose model the next request is likely to want.
import type { LocalSampler } from '../engine/sampling/sampler.ts';

export interface SamplerCache {
  /**
   * Runs `work` with a sampler of this model, which it has for itself meanwhile: a sampler changes its session from one
   * request to the next, so a request beside a job gets a sampler of its own.
   */
  use<T>(model: string, work: (sampler: LocalSampler) => Promise<T>): Promise<T>;
  /** Closes the one that is not at work, for memory. */
  closeIdle(): Promise<void>;
}

export function createSamplerCache(open: (model: string) => Promise<LocalSampler>): SamplerCache {
  let idle: { model: string; sampler: LocalSampler } | null = null;

  async function closeIdle(): Promise<void> {
    const closing = idle;
    idle = null;
    await closing?.sampler.close();
  }

  /** The idle one where it is of this model; else a new one, for which the idle one makes room. */
  async function take(model: string): Promise<LocalSampler> {
    if (idle?.model === model) {
      const { sampler } = idle;
      idle = null;
      return sampler;
    }
    await closeIdle();
    return open(model);
  }

  return {
    closeIdle,
    async use(model, work) {
      const sampler = await take(model);
      try {
        return await work(sampler);
      } finally {
        const former = idle;
        idle = { model, sampler };
        await former?.sampler.close();
      }
    },
  };
}
