// `rankloop sample`: n responses to each prompt of a file, with their tokens and log-probs.
import type { Command } from 'commander';
import { promptRowSchema, toSampledRow } from '../domain/formats.ts';
import { mixSeed } from '../domain/random.ts';
import type { Precision } from '../engine/config.ts';
import type { SampledResponse } from '../engine/ports.ts';
import {
  assertWritable,
  type CommandOutcome,
  counted,
  readAllRows,
  runCommand,
  startProgress,
  toJsonLines,
  wholeNumber,
  writeWhole,
} from './io.ts';
import {
  addDeviceOption,
  addPrecisionOption,
  addSamplingOptions,
  type DeviceOption,
  type SamplingOptions,
  toSamplingConfig,
} from './options.ts';

interface Options extends SamplingOptions, DeviceOption {
  model: string;
  precision: Precision;
  adapter?: string;
  prompts: string;
  n: number;
  out: string;
  json?: boolean;
}

export function registerSample(program: Command): void {
  const command = program
    .command('sample')
    .description(
      'sample n responses per prompt: a line {prompt, responses: [{text, token_ids, finish_reason, logp}]} each',
    )
    .requiredOption('--model <dir>', "a checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'a PEFT adapter on it')
    .requiredOption('--prompts <file>', 'JSONL, {prompt} a line: a string or a list of messages')
    .option('--n <n>', 'responses per prompt', wholeNumber(1, 1024), 4);
  addPrecisionOption(addDeviceOption(addSamplingOptions(command)))
    .requiredOption('--out <file>', 'where the lines go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => samplePrompts(options, signal)));
}

async function samplePrompts(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const started = performance.now();
  const rows = await readAllRows(options.prompts, promptRowSchema);
  await assertWritable(options.out);
  const { openSampler } = await import('../engine/sampling/sampler.ts');
  const { model, adapter = null, device, precision } = options;
  const sampler = await openSampler({ model, adapter, device, precision });
  const requests = rows.map(({ row }, i) => ({
    id: String(i),
    prompt: row.prompt,
    n: options.n,
    seed: mixSeed(options.seed, i),
  }));
  const responses: SampledResponse[][] = rows.map(() => []);
  const progress = startProgress('sampling', rows.length * options.n);
  let done = 0;
  let tokens = 0;
  try {
    for await (const chunk of sampler.sample(requests, toSamplingConfig(options), signal)) {
      if (chunk.type !== 'response') continue;
      (responses[Number(chunk.id)] ?? [])[chunk.index] = chunk.response;
      tokens += chunk.response.tokenIds.length;
      progress.update(++done);
    }
  } finally {
    progress.stop();
    await sampler.close();
  }
  await writeWhole(
    options.out,
    toJsonLines(rows.map(({ row }, i) => ({ prompt: row.prompt, responses: (responses[i] ?? []).map(toSampledRow) }))),
  );
  const seconds = Math.round(performance.now() - started) / 1000;
  return {
    result: { out: options.out, prompts: rows.length, responses: done, tokens, seconds },
    summary: `Sampled ${counted(done, 'response')} to ${counted(rows.length, 'prompt')} in ${seconds.toFixed(1)} s: ${options.out}`,
  };
}
