// `rankloop train`: one preference run from pairs or labelled completions to a PEFT adapter.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ConditionName } from '../domain/conditional.ts';
import { AppError } from '../domain/errors.ts';
import { toTrainingExample, trainingRowSchema } from '../domain/formats.ts';
import { trainConfigSchema } from '../engine/config.ts';
import { referenceUse } from '../engine/loss-config.ts';
import type { Reference, TrainingExample, TrainingPlan } from '../engine/ports.ts';
import { readConfigFile, readStated } from './config-file.ts';
import { type CommandOutcome, counted, log, readAllRows, runCommand, startProgress } from './io.ts';
import { addConditionOption, addDeviceOption, type ConditionOption, type DeviceOption } from './options.ts';

interface Options extends DeviceOption, ConditionOption {
  model: string;
  adapter?: string;
  reference?: string;
  pairs: string;
  eval?: string;
  config?: string;
  resumeFrom?: string;
  out: string;
  json?: boolean;
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
    .option('--config <file>', 'JSON of settings by their TRL and PEFT names')
    .option('--resume-from <dir>', 'a checkpoint-<step> folder of the same run, interrupted');
  addDeviceOption(addConditionOption(command))
    .requiredOption('--out <dir>', 'folder for the adapter')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => trainPairs(options, signal)));
}

async function trainPairs(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const config = await readConfigFile(trainConfigSchema, options.config);
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  if (options.reference !== undefined && referenceUse(config) === 'none') {
    throw new AppError('INVALID_INPUT', `${config.loss_type.join(', ')} takes no reference: leave --reference out.`);
  }
  const pairs = await readExamples(options.pairs, options.condition);
  const evalPairs = options.eval ? await readExamples(options.eval, options.condition) : [];
  await assertFreeFolder(options.out);
  const [{ train }, { describePlan }] = await Promise.all([
    import('../engine/training/trainer.ts'),
    import('../engine/training/plan.ts'),
  ]);
  const progress = startProgress('training', 100);
  let last: Record<string, number> = {};
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
      ...(options.resumeFrom ? { resumeFrom: options.resumeFrom } : {}),
    };
    const onMetrics = ({
      step,
      maxSteps,
      values,
    }: {
      step: number;
      maxSteps: number;
      values: Record<string, number>;
    }) => {
      last = values;
      progress.update(Math.floor((100 * step) / maxSteps));
    };
    const announce = (made: TrainingPlan) => log(describePlan(made));
    const trained = await train(job, onMetrics, signal, announce);
    const { reference, steps, plan, trainedPairs, dropped, seconds } = trained;
    const left = Object.entries(dropped).map(([reason, count]) => `, ${count} dropped (${reason})`);
    return {
      result: { out: options.out, reference, steps, plan, pairs: trainedPairs, dropped, seconds, metrics: last },
      summary: `Trained ${steps} steps on ${counted(trainedPairs, 'pair')}${left.join('')} in ${seconds.toFixed(1)} s: ${options.out}`,
    };
  } finally {
    progress.stop();
  }
}

/** An adapter keeps its own shape: a config that states another one would be ignored in silence. Dropout is the run's. */
async function requireSameLora(adapter: string, config: string): Promise<void> {
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

function toReference(text = 'initial'): Reference {
  return text === 'base' || text === 'initial' ? text : { adapter: text };
}

/** A finished adapter is never overwritten. */
export async function assertFreeFolder(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.some((name) => name === 'adapter_config.json' || name === 'model.safetensors')) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `${out} already holds a model: give another --out, or remove it.`);
  }
}
