// Options that several commands have in common, and how their values are read.
import { type Command, InvalidArgumentError } from 'commander';
import { type Device, deviceSchema, samplingConfigSchema } from '../engine/config.ts';
import { seedOption, wholeNumber } from './io.ts';

export interface DeviceOption {
  device: Device;
}

export function addDeviceOption(command: Command): Command {
  return command.option('--device <device>', 'auto, cpu, cuda, cuda:N or webgpu', readDevice, 'auto');
}

function readDevice(text: string): Device {
  const parsed = deviceSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('It must be auto, cpu, cuda, cuda:N or webgpu.');
  return parsed.data;
}

export interface SamplingOptions {
  temperature: number;
  topP: number;
  topK: number;
  maxNewTokens: number;
  seed: number;
}

export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <t>', '0 is greedy', numberWithin(0, 10), 0.9)
    .option('--top-p <p>', 'keep the likeliest tokens up to this mass; 1 keeps all', numberWithin(0, 1), 1)
    .option('--top-k <k>', 'keep the k likeliest tokens; 0 keeps all', wholeNumber(0), 0)
    .option('--max-new-tokens <n>', 'the longest response', wholeNumber(1, 32768), 256)
    .option('--seed <n>', 'decides every draw', seedOption, 1);
}

export function toSamplingConfig({ temperature, topP, topK, maxNewTokens }: SamplingOptions) {
  return samplingConfigSchema.parse({ temperature, top_p: topP, top_k: topK, max_new_tokens: maxNewTokens });
}

/** Reads an option that is a number within bounds, for commander. */
export function numberWithin(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}
