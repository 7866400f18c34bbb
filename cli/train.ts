// `rankloop train`: one preference run from pairs or labelled completions to a PEFT adapter.
import type { Command } from 'commander';
import type { ConditionName } from '../domain/conditional.ts';
import { AppError } from '../domain/errors.ts';
import { toTrainingExample, trainingRowSchema } from '../domain/formats.ts';
import { trainConfigSchema } from '../engine/config.ts';
import { referenceUse } from '../engine/loss-config.ts';
import type { TrainingExample } from '../engine/ports.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addConditionOption, addRunOptions, type ConditionOption, type RunOptions } from './options.ts';
import { findResumePoint, requireSameLora, toReference } from './run-start.ts';
import { describeTraining, startTraining } from './training-progress.ts';

interface Options extends RunOptions, ConditionOption {
  model: string;
  adapter?: string;
  reference?: string;
  pairs: string;
  eval?: string;
  config?: string;
}

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train on preferences, by DPO or another loss: a PEFT adapter and metrics.jsonl (names as in TRL)')
    .requiredOption('--model <dir>', "the base checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'the PEFT adapter to go on from; without it a fresh one')
    .option('--reference <what>', 'base, initial (the adapter it starts from) or an adapter folder (default: initial)')
    .requiredOption('--pairs <file>', 'JSONL: {prompt, chosen, rejected}, or {prompt, completion, label} for kto')
    .option('--eval <file>', 'held-out pairs for eval_ metrics')
    .option('--config <file>', 'JSON of settings by their TRL and PEFT names');
  addRunOptions(addConditionOption(command), 'folder for the adapter').action((options: Options) =>
    runCommand(options.json, (signal) => trainPairs(options, signal)),
  );
}

async function trainPairs(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const config = await readConfigFile(trainConfigSchema, options.config);
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  if (options.reference !== undefined && referenceUse(config) === 'none') {
    throw new AppError('INVALID_INPUT', `${config.loss_type.join(', ')} takes no reference: leave --reference out.`);
  }
  const pairs = await readExamples(options.pairs, options.condition);
  const evalPairs = options.eval ? await readExamples(options.eval, options.condition) : [];
  const { train } = await import('../engine/training/trainer.ts');
  const resumeFrom = await findResumePoint(options);
  const progress = startTraining();
  try {
    const job = {
      model: options.model,
      adapter: options.adapter ?? null,
      reference: toReference(options.reference),
      pairs,
      evalPairs,
      config,
      out: options.out,
      device: options.device,
      ...(resumeFrom ? { resumeFrom } : {}),
    };
    const result = await train(job, progress.onMetrics, signal, progress.onPlan);
    const { reference, trainedPairs } = result;
    const told = { out: options.out, trainedOn: counted(trainedPairs, 'pair'), metrics: progress.last() };
    const { fields, summary } = describeTraining(result, told);
    return { result: { ...fields, reference, pairs: trainedPairs }, summary };
  } finally {
    progress.stop();
  }
}

async function readExamples(file: string, conditions: readonly ConditionName[]): Promise<TrainingExample[]> {
  return (await readAllRows(file, trainingRowSchema)).map(({ row }) => toTrainingExample(row, conditions));
}
