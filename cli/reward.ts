// `rankloop reward`: a Bradley-Terry reward model from pairs, as a PEFT folder that `--judge reward` takes.
import type { Command } from 'commander';
import { pairRowSchema, toTrainingPair } from '../domain/formats.ts';
import type { TrainingPair } from '../engine/ports.ts';
import { rewardConfigSchema } from '../engine/reward-config.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addRunOptions, type RunOptions } from './options.ts';
import { findResumePoint, requireSameLora } from './run-start.ts';
import { describeTraining, startTraining } from './training-progress.ts';

interface Options extends RunOptions {
  model: string;
  adapter?: string;
  pairs: string;
  eval?: string;
  config?: string;
}

export function registerReward(program: Command): void {
  const command = program
    .command('reward')
    .description('train a reward model on preferences: a value head with LoRA in a PEFT folder, and metrics.jsonl')
    .requiredOption('--model <dir>', "the base checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', "a reward model's folder to go on from; without it a fresh one")
    .requiredOption('--pairs <file>', 'JSONL: {prompt, chosen, rejected}')
    .option('--eval <file>', 'held-out pairs for eval_ metrics')
    .option('--config <file>', "JSON of settings by the names of TRL's RewardConfig and PEFT");
  addRunOptions(command, 'folder for the reward model').action((options: Options) =>
    runCommand(options.json, (signal) => trainModel(options, signal)),
  );
}

async function trainModel(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  const config = await readConfigFile(rewardConfigSchema, options.config);
  const pairs = await readPairs(options.pairs);
  const evalPairs = options.eval ? await readPairs(options.eval) : [];
  const resumeFrom = await findResumePoint(options);
  const { trainReward } = await import('../engine/training/reward.ts');
  const progress = startTraining();
  try {
    const { model, out, device } = options;
    const resume = resumeFrom ? { resumeFrom } : {};
    const job = { model, adapter: options.adapter ?? null, pairs, evalPairs, config, out, device, ...resume };
    const result = await trainReward(job, progress.onMetrics, signal, progress.onPlan);
    const { trainedPairs } = result;
    const told = { out, trainedOn: counted(trainedPairs, 'pair'), metrics: progress.last() };
    const { fields, summary } = describeTraining(result, told);
    return { result: { ...fields, pairs: trainedPairs }, summary };
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
