// `rankloop sft`: supervised fine-tuning of all parameters, from a checkpoint to a checkpoint, or of an adapter.
import type { Command } from 'commander';
import { sftRowSchema, toSftExample } from '../domain/formats.ts';
import { sftConfigSchema } from '../engine/config.ts';
import type { SftExample } from '../engine/ports.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addRunOptions, type RunOptions } from './options.ts';
import { findResumePoint, requireSameLora } from './run-start.ts';
import { describeTraining, startTraining } from './training-progress.ts';

interface Options extends RunOptions {
  model: string;
  adapter?: string;
  data: string;
  eval?: string;
  config?: string;
}

export function registerSft(program: Command): void {
  const command = program
    .command('sft')
    .description(
      'fine-tune on completions: a checkpoint folder (or, with lora in --config, an adapter) and metrics.jsonl',
    )
    .requiredOption('--model <dir>', "the checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'the PEFT adapter to go on from, with lora in --config; without it a fresh one')
    .requiredOption('--data <file>', 'JSONL: {prompt, completion}, or {messages} that end with the assistant')
    .option('--eval <file>', 'held-out examples for eval_ metrics; without it, eval_split of --config')
    .option('--config <file>', "JSON of settings by the names of TRL's SFTConfig and PEFT");
  addRunOptions(command, 'folder for the trained checkpoint, or adapter').action((options: Options) =>
    runCommand(options.json, (signal) => fineTune(options, signal)),
  );
}

async function fineTune(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const config = await readConfigFile(sftConfigSchema, options.config);
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  const examples = await readExamples(options.data);
  const evalExamples = options.eval ? await readExamples(options.eval) : [];
  const resumeFrom = await findResumePoint(options);
  const { trainSft } = await import('../engine/training/sft.ts');
  const progress = startTraining();
  try {
    const { model, adapter = null, out, device } = options;
    const resume = resumeFrom ? { resumeFrom } : {};
    const job = { model, adapter, examples, evalExamples, config, out, device, ...resume };
    const result = await trainSft(job, progress.onMetrics, signal, progress.onPlan);
    const told = { out, trainedOn: counted(result.examples, 'example'), metrics: progress.last() };
    const { fields, summary } = describeTraining(result, told);
    return { result: { ...fields, examples: result.examples, held_out: result.heldOut }, summary };
  } finally {
    progress.stop();
  }
}

async function readExamples(file: string): Promise<SftExample[]> {
  return (await readAllRows(file, sftRowSchema)).map(({ row }) => toSftExample(row));
}
