// `rankloop train`: one preference run from pairs or labelled completions to a PEFT adapter.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ConditionName } from '../domain/conditional.ts';
import { AppError } from '../domain/errors.ts';
import { toTrainingExample, trainingRowSchema } from '../domain/formats.ts';
import { trainConfigSchema } from '../engine/config.ts';
import { referenceUse } from '../engine/loss-config.ts';
import type { Reference, TrainingExample } from '../engine/ports.ts';
import { readConfigFile, readStated } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addConditionOption, addRunOptions, type ConditionOption, type RunOptions } from './options.ts';
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

/** An adapter keeps its own shape: a config that states another one would be ignored in silence. Dropout is the run's. */
export async function requireSameLora(adapter: string, config: string): Promise<void> {
  const { lora } = await readStated(config);
  if (typeof lora !== 'object' || lora === null) return;
  const shape = await readStated(join(adapter, 'adapter_config.json')).catch(() => null);
  if (!shape) return; // the trainer says what is wrong with the adapter
  const normal = (value: unknown) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
  for (const [name, value] of Object.entries(lora)) {
    if (name === 'lora_dropout' || shape[name] === undefined || normal(shape[name]) === normal(value)) continue;
    throw new AppError(
      'CONFIG_INVALID',
      `${config}: lora.${name} is ${normal(value)}, but ${adapter} has ${normal(shape[name])}, which training keeps: leave it out.`,
    );
  }
}

async function readExamples(file: string, conditions: readonly ConditionName[]): Promise<TrainingExample[]> {
  return (await readAllRows(file, trainingRowSchema)).map(({ row }) => toTrainingExample(row, conditions));
}

export function toReference(text = 'initial'): Reference {
  return text === 'base' || text === 'initial' ? text : { adapter: text };
}

/**
 * The checkpoint to go on from, or null to begin. A run that was killed after its last write is taken up too: its own
 * checkpoint stands for what the folder holds, and another run's is refused.
 */
export async function findResumePoint(options: {
  out: string;
  resume?: boolean;
  resumeFrom?: string;
}): Promise<string | null> {
  const { newestCheckpoint } = await import('../engine/training/resume.ts');
  const newest = options.resume ? await newestCheckpoint(options.out) : null;
  if (!newest) await assertFreeFolder(options.out);
  return options.resumeFrom ?? newest;
}

/** A finished adapter is never overwritten. */
export async function assertFreeFolder(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.some((name) => name === 'adapter_config.json' || name === 'model.safetensors')) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `${out} already holds a model: give another --out, or remove it.`);
  }
}
