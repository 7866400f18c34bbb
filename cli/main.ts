// `rankloop`: one command a file; this page is their list. Only the command that was asked for is loaded.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { reportError } from './io.ts';

type Register = (program: Command) => void;

const commands: Record<string, () => Promise<Register>> = {
  start: async () => (await import('./start.ts')).registerStart,
  web: async () => (await import('./web.ts')).registerWeb,
  worker: async () => (await import('./worker.ts')).registerWorker,
  sample: async () => (await import('./sample.ts')).registerSample,
  score: async () => (await import('./score.ts')).registerScore,
  judge: async () => (await import('./judge.ts')).registerJudge,
  pairs: async () => (await import('./pairs.ts')).registerPairs,
  train: async () => (await import('./train.ts')).registerTrain,
  sft: async () => (await import('./sft.ts')).registerSft,
  merge: async () => (await import('./merge.ts')).registerMerge,
  reward: async () => (await import('./reward.ts')).registerReward,
  online: async () => (await import('./online.ts')).registerOnline,
  loop: async () => (await import('./loop.ts')).registerLoop,
  import: async () => (await import('./import.ts')).registerImport,
  export: async () => (await import('./export.ts')).registerExport,
  doctor: async () => (await import('./doctor.ts')).registerDoctor,
  bench: async () => (await import('./bench.ts')).registerBench,
};

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const program = new Command('rankloop')
  .description('Closes the preference loop for language models: sample, rank, train, prove.')
  .version(version)
  .showHelpAfterError('(add --help for the options)');

// Help and mistakes need them all.
const asked = commands[process.argv[2] ?? ''];
for (const load of asked ? [asked] : Object.values(commands)) (await load())(program);

try {
  await program.parseAsync();
} catch (error) {
  reportError(error);
  process.exit(1);
}
