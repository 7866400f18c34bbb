// Options that several commands have in common, and how their values are read.
import { type Command, InvalidArgumentError } from 'commander';
import { type ConditionName, conditionNames, conditionsSchema } from '../domain/conditional.ts';
import { type Device, deviceSchema, type Precision, precisionSchema, samplingConfigSchema } from '../engine/config.ts';
import { seedOption, wholeNumber } from './io.ts';

export interface DeviceOption {
  device: Device;
}

export function addDeviceOption(command: Command): Command {
  return command.option('--device <device>', 'auto, cpu, cuda, cuda:N or webgpu', readDevice, 'auto');
}

/** Of a command that trains. */
export interface RunOptions extends DeviceOption {
  resume?: boolean;
  resumeFrom?: string;
  out: string;
  json?: boolean;
}

/** How a run is taken up again, where it goes to, and how its end is told; `out` says what the folder is for. */
export function addRunOptions(command: Command, out: string): Command {
  const resumable = command
    .option('--resume', 'go on from the newest checkpoint in --out; begin where there is none')
    .option('--resume-from <dir>', 'a checkpoint-<step> folder of the same run, interrupted');
  return addDeviceOption(resumable)
    .requiredOption('--out <dir>', out)
    .option('--json', 'print one JSON object on stdout');
}

export interface ConditionOption {
  condition: ConditionName[];
}

export function addConditionOption(command: Command): Command {
  return command.option(
    '--condition <names>',
    'persona, tags or both with a comma: puts these fields of a line in front of its prompt (default: the prompt alone)',
    readConditions,
    [],
  );
}

function readConditions(text: string): ConditionName[] {
  const parsed = conditionsSchema.safeParse(text.split(','));
  if (!parsed.success)
    throw new InvalidArgumentError(`It must be ${conditionNames.join(' or ')}, or both with a comma.`);
  return parsed.data;
}

function readDevice(text: string): Device {
  const parsed = deviceSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('It must be auto, cpu, cuda, cuda:N or webgpu.');
  return parsed.data;
}

function readPrecision(text: string): Precision {
  const parsed = precisionSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It must be one of ${precisionSchema.options.join(', ')}.`);
  return parsed.data;
}

export interface SamplingOptions {
  temperature: number;
  topP: number;
  topK: number;
  minP: number;
  repetitionPenalty: number;
  presencePenalty: number;
  frequencyPenalty: number;
  stop: string[];
  maxNewTokens: number;
  precision: Precision;
  seed: number;
}

export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <t>', '0 is greedy', numberWithin(0, 10), 0.9)
    .option('--top-p <p>', 'keep the likeliest tokens up to this mass; 1 keeps all', numberWithin(0, 1), 1)
    .option('--top-k <k>', 'keep the k likeliest tokens; 0 keeps all', wholeNumber(0), 0)
    .option(
      '--min-p <p>',
      'keep tokens at least this likely, as a share of the likeliest; 0 keeps all',
      numberWithin(0, 0.999),
      0,
    )
    .option(
      '--repetition-penalty <x>',
      'makes tokens of prompt and response less likely; 1 does nothing',
      numberWithin(0.01, 10),
      1,
    )
    .option('--presence-penalty <x>', "taken once from the logit of the response's tokens", numberWithin(-2, 2), 0)
    .option('--frequency-penalty <x>', 'taken each time that the response has a token', numberWithin(-2, 2), 0)
    .option('--stop <text>', 'ends a response before this text; may be given several times', collect, [])
    .option('--max-new-tokens <n>', 'the longest response', wholeNumber(1, 32768), 256)
    .option(
      '--precision <name>',
      `what weights are held in: ${precisionSchema.options.join(', ')}`,
      readPrecision,
      'auto',
    )
    .option('--seed <n>', 'decides every draw', seedOption, 1);
}

const collect = (text: string, earlier: string[]) => [...earlier, text];

export function toSamplingConfig(options: SamplingOptions) {
  return samplingConfigSchema.parse({
    temperature: options.temperature,
    top_p: options.topP,
    top_k: options.topK,
    min_p: options.minP,
    repetition_penalty: options.repetitionPenalty,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    stop: options.stop,
    max_new_tokens: options.maxNewTokens,
    precision: options.precision,
  });
}

/** Reads an option that is a number within bounds, for commander. */
export function numberWithin(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}
