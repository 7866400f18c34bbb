// Opens the sampler's session with the runtime's verbose log on stderr: `cuda-child.ts <checkpoint folder> <device>`.
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { samplingConfigSchema } from '../engine/config.ts';
import { openSession } from '../engine/runtime/session.ts';
import { createSampler } from '../engine/sampling/sampler.ts';

const [folder = '', device = 'cuda'] = process.argv.slice(2);
const sampler = createSampler(await openCheckpoint(folder), { device }, (graph, options) =>
  openSession(graph, { ...options, isVerbose: true }),
);
// A session opens at its first use.
const config = samplingConfigSchema.parse({ max_new_tokens: 2 });
for await (const _ of sampler.sample([{ id: '0', prompt: 'ab cd', n: 1, seed: 1 }], config));
await sampler.close();
