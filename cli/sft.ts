// `rankloop sft`: supervised fine-tuning of all parameters, from a checkpoint to a checkpoint.
import type { Command } from 'commander';
import { sftRowSchema, toSftExample } from '../domain/formats.ts';
import { sftConfigSchema } from '../engine/config.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, readAllRows, runCommand } from './io.ts';
import { addDeviceOption, type DeviceOption } from './options.ts';
import { findResumePoint } from './train.ts';
import { startTraining } from './training-progress.ts';

interface Options extends DeviceOption {
  model: string;
  data: string;
  config?: string;
  resume?: boolean;
  resumeFrom?: string;
  out: string;
  json?: boolean;
}

export function registerSft(program: Command): void {
  const command = program
    .command('sft')
    .description(
      'fine-tune on completions: a checkpoint folder (or, with lora in --config, an adapter) and metrics.jsonl',
    )
    .requiredOption('--model <dir>', "the checkpoint's folder in Hugging Face layout")
    .requiredOption('--data <file>', 'JSONL: {prompt, completion}, or {messages} that end with the assistant')
    .option('--config <file>', 'JSON of settings by their TRL names')
    .option('--resume', 'go on from the newest checkpoint in --out; begin where there is none')
    .option('--resume-from <dir>', 'a checkpoint-<step> folder of the same run, interrupted');
  addDeviceOption(command)
    .requiredOption('--out <dir>', 'folder for the trained checkpoint')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => fineTune(options, signal)));
}

async function fineTune(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const config = await readConfigFile(sftConfigSchema, options.config);
  const examples = (await readAllRows(options.data, sftRowSchema)).map(({ row }) => toSftExample(row));
  const resumeFrom = await findResumePoint(options);
  const { trainSft } = await import('../engine/training/sft.ts');
  const progress = startTraining();
  try {
    const { model, out, device } = options;
    const resume = resumeFrom ? { resumeFrom } : {};
    const result = await trainSft({ model, examples, config, out, device, ...resume }, progress.onMetrics, signal);
    return {
      result: { out, ...result, metrics: progress.last() },
      summary: `Trained ${result.steps} steps on ${counted(result.examples, 'example')} (${result.dropped} too long) in ${result.seconds.toFixed(1)} s: ${out}`,
    };
  } finally {
    progress.stop();
  }
}
