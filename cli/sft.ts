// `rankloop sft`: supervised fine-tuning of all parameters, from a checkpoint to a checkpoint, or of an adapter.
import type { Command } from 'commander';
import { sftRowSchema, toSftExample } from '../domain/formats.ts';
import { sftConfigSchema } from '../engine/config.ts';
import type { SftExample, TrainingPlan } from '../engine/ports.ts';
import { readConfigFile } from './config-file.ts';
import { type CommandOutcome, counted, log, readAllRows, runCommand } from './io.ts';
import { addDeviceOption, type DeviceOption } from './options.ts';
import { findResumePoint, requireSameLora } from './train.ts';
import { describeTraining, startTraining } from './training-progress.ts';

interface Options extends DeviceOption {
  model: string;
  adapter?: string;
  data: string;
  eval?: string;
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
    .option('--adapter <dir>', 'the PEFT adapter to go on from, with lora in --config; without it a fresh one')
    .requiredOption('--data <file>', 'JSONL: {prompt, completion}, or {messages} that end with the assistant')
    .option('--eval <file>', 'held-out examples for eval_ metrics; without it, eval_split of --config')
    .option('--config <file>', "JSON of settings by the names of TRL's SFTConfig and PEFT")
    .option('--resume', 'go on from the newest checkpoint in --out; begin where there is none')
    .option('--resume-from <dir>', 'a checkpoint-<step> folder of the same run, interrupted');
  addDeviceOption(command)
    .requiredOption('--out <dir>', 'folder for the trained checkpoint, or adapter')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => fineTune(options, signal)));
}

async function fineTune(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const config = await readConfigFile(sftConfigSchema, options.config);
  if (options.adapter && options.config) await requireSameLora(options.adapter, options.config);
  const examples = await readExamples(options.data);
  const evalExamples = options.eval ? await readExamples(options.eval) : [];
  const resumeFrom = await findResumePoint(options);
  const [{ trainSft }, { describePlan }] = await Promise.all([
    import('../engine/training/sft.ts'),
    import('../engine/training/plan.ts'),
  ]);
  const progress = startTraining();
  try {
    const { model, adapter = null, out, device } = options;
    const resume = resumeFrom ? { resumeFrom } : {};
    const job = { model, adapter, examples, evalExamples, config, out, device, ...resume };
    const tellPlan = (plan: TrainingPlan) => log(describePlan(plan));
    const result = await trainSft(job, progress.onMetrics, signal, tellPlan);
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
