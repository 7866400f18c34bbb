// The process of one contestant: `child.ts <name> <checkpoint folder> <device>`, works read from stdin, replies on descriptor 3.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Loader, type Reply, workSchema } from './contestant.ts';
import { peakBytes } from './peak.ts';
import type { ContestantName } from './processes.ts';

const loaders: Record<Exclude<ContestantName, 'python'>, () => Promise<Loader>> = {
  ours: async () => (await import('./contestants/ours.ts')).loadOurs,
  'per-token': async () => (await import('./contestants/per-token.ts')).loadPerToken,
  'transformers.js': async () => (await import('./contestants/transformers-js.ts')).loadTransformersJs,
  'llama.cpp': async () => (await import('./contestants/llama-cpp.ts')).loadLlamaCpp,
};

const [name = '', folder = '', device = 'cpu'] = process.argv.slice(2);
const reply = (value: Reply) => writeSync(3, `${JSON.stringify(value)}\n`);

try {
  await serve();
} catch (error) {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  if (isMissing) reply({ missing: 'it is not installed: run `npm install --prefix bench`' });
  else reply({ error: error instanceof Error ? error.message : String(error) });
}
// Native threads of a library may keep a process alive that has nothing left to do.
process.exit();

async function serve(): Promise<void> {
  const loader = Object.entries(loaders).find(([known]) => known === name)?.[1];
  if (!loader) throw new Error(`There is no contestant "${name}".`);
  const { version, open } = await (await loader())();
  reply({ version, baselineBytes: peakBytes() });
  const contestant = await open(folder, device);
  reply({ isOpen: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const work = workSchema.parse(JSON.parse(line));
    await contestant.prepare?.(work);
    const started = performance.now();
    const rows = await contestant.generate(work);
    reply({ seconds: (performance.now() - started) / 1000, rows, peakBytes: peakBytes() });
  }
}
