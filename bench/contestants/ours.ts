// Our sampler, as the command line and the worker use it: prompts as text, responses as text and tokens.
import { samplingConfigSchema } from '../../engine/config.ts';
import type { Sampler } from '../../engine/ports.ts';
import { openSampler } from '../../engine/sampling/sampler.ts';
import { type Call, type Loader, seedOf, type Work } from '../contestant.ts';

export const loadOurs: Loader = async () => ({
  version: 'this commit',
  open: async (folder, device) => {
    const sampler = await openSampler({ model: folder, device });
    return {
      generate: async (work) => {
        const rows: number[][] = [];
        for (const [c, call] of work.calls.entries()) rows.push(...(await sampleCall(sampler, work, call, c)));
        return rows;
      },
    };
  },
});

async function sampleCall(sampler: Sampler, work: Work, { prompts, n }: Call, c: number): Promise<number[][]> {
  const config = samplingConfigSchema.parse({ temperature: work.temperature, max_new_tokens: work.newTokens });
  const requests = prompts.map(({ text }, p) => ({ id: String(p), prompt: text, n, seed: seedOf(work, c, p) }));
  const rows: number[][] = Array.from({ length: prompts.length * n }, () => []);
  for await (const chunk of sampler.sample(requests, config)) {
    if (chunk.type === 'response') rows[Number(chunk.id) * n + chunk.index] = chunk.response.tokenIds;
  }
  return rows;
}
