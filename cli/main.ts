// `rankloop`: one command a file; this page is their list.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerDoctor } from './doctor.ts';
import { registerExport } from './export.ts';
import { registerJudge } from './judge.ts';
import { registerLoop } from './loop.ts';
import { registerPairs } from './pairs.ts';
import { registerSample } from './sample.ts';
import { registerScore } from './score.ts';
import { registerSft } from './sft.ts';
import { registerStart } from './start.ts';
import { registerTrain } from './train.ts';
import { registerWeb } from './web.ts';
import { registerWorker } from './worker.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('rankloop')
  .description('Closes the preference loop for language models: sample, rank, train, prove.')
  .version(version)
  .showHelpAfterError('(add --help for the options)');

const commands = [
  registerStart,
  registerWeb,
  registerWorker,
  registerSample,
  registerScore,
  registerJudge,
  registerPairs,
  registerTrain,
  registerSft,
  registerLoop,
  registerExport,
  registerDoctor,
];
for (const register of commands) register(program);

await program.parseAsync();
