// `rankloop reward`: a Bradley-Terry reward model from pairs, as a PEFT folder that `--judge reward` takes.
import type { Command } from 'commander';
import { pairRowSchema, toTrainingPair } from '../domain/formats.ts';
import type { TrainingPair } from '../engine/ports.ts';
import { rewardConfigSchema } from '../engine/reward-config.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addDeviceOption, type DeviceOption } from './options.ts';
import { assertFreeFolder, requireSameLora } from './train.ts';
import { startTraining } from './training-progress.ts';

interface Options extends DeviceOption {
  model: string;
  adapter?: string;
  pairs: string;
  eval?: string;
  config?: string;
  resumeFrom?: string;
  out: string;
  json?: boolean;
}

export function registerReward(program: Command): void {
  const command = program
    .command('reward')
    .description('train a reward model on preferences: a value head with LoRA in a PEFT folder, and metrics.jsonl')
    .requiredOption('--model <dir>', "the base checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', "a reward model's folder to go on from; without it a fresh one")
    .requiredOption('--pairs <file>', 'JSONL: {prompt, chosen, rejected}')
    .option('--eval <file>', 'held-out pairs for eval_ metrics')
    .option('--config <file>', "JSON of settings by the names of TRL's RewardConfig and PEFT")
    .option('--resume-from <dir>', 'a checkpoint-<step> folder of the same run, interrupted');
  addDeviceOption(command)
    .requiredOption('--out <dir>', 'folder for the reward model')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => trainModel(options, signal)));
}

async function trainModel(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  const config = await readConfigFile(rewardConfigSchema, options.config);
  const pairs = await readPairs(options.pairs);
  const evalPairs = options.eval ? await readPairs(options.eval) : [];
  await assertFreeFolder(options.out);
  const { trainReward } = await import('../engine/training/reward.ts');
  const progress = startTraining();
  try {
    const { model, out, device } = options;
    const resume = options.resumeFrom ? { resumeFrom: options.resumeFrom } : {};
    const job = { model, adapter: options.adapter ?? null, pairs, evalPairs, config, out, device, ...resume };
    const { adapter: _, steps, trainedPairs, dropped, seconds } = await trainReward(job, progress.onMetrics, signal);
    const left = Object.entries(dropped).map(([reason, count]) => `, ${count} dropped (${reason})`);
    return {
      result: { out, steps, pairs: trainedPairs, dropped, seconds, metrics: progress.last() },
      summary: `Trained ${steps} steps on ${counted(trainedPairs, 'pair')}${left.join('')} in ${seconds.toFixed(1)} s: ${out}`,
    };
  } finally {
    progress.stop();
  }
}

/** Texts rather than sampled tokens: a judge reads texts, and a text's end must look alike to both. */
async function readPairs(file: string): Promise<TrainingPair[]> {
  return (await readAllRows(file, pairRowSchema)).map(({ row }) => {
    const {
      chosen_token_ids: _,
      rejected_token_ids: __,
      chosen_finish_reason: ___,
      rejected_finish_reason: ____,
      ...texts
    } = row;
    return toTrainingPair(texts);
  });
}
