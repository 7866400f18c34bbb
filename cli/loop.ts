// `rankloop loop`: the options of whole rounds without a browser; loop-rounds.ts is what they run.
import { type Command, Option } from 'commander';
import { pairPolicyNames } from '../domain/pairs.ts';
import { judgeKinds } from '../worker/judges/index.ts';
import { runCommand, seedOption, wholeNumber } from './io.ts';
import { addJudgeOptions } from './judge-options.ts';
import type { LoopOptions } from './loop-options.ts';
import { addDeviceOption } from './options.ts';

export function registerLoop(program: Command): void {
  const command = program
    .command('loop')
    .description('run whole rounds: sample, judge, train, evaluate against SFT on held-out prompts')
    .option('--demo', 'the shipped model with prompts of its own domain')
    .option('--model <dir>', "the SFT checkpoint's folder")
    .option('--prompts <file>', 'JSONL of prompts to train on')
    .option('--eval-prompts <file>', 'JSONL of held-out prompts')
    .option('--rounds <k>', 'how many rounds', wholeNumber(1, 100), 2)
    .option('--seed <s>', 'decides all chance', seedOption, 1)
    .option('--prompts-per-round <n>', 'fresh prompts a round', wholeNumber(1))
    .option('--held-out <n>', 'held-out prompts of the demo', wholeNumber(2))
    .addOption(new Option('--policy <policy>', 'pair policy').choices(pairPolicyNames).default('best-worst'))
    .addOption(
      new Option('--eval-judge <kind>', 'who compares the policies, whoever ranked')
        .choices(judgeKinds)
        .default('oracle'),
    )
    .option('--config <file>', 'JSON of training settings by their TRL and PEFT names');
  addDeviceOption(addJudgeOptions(command))
    .requiredOption('--out <dir>', 'folder for samples, pairs and adapters of each round')
    .option('--json', 'print one JSON object on stdout')
    .action((options: LoopOptions) =>
      runCommand(options.json, async (signal) => {
        // Only here: other commands need no runtime.
        const { runLoop } = await import('./loop-rounds.ts');
        return runLoop(options, signal);
      }),
    );
}
