// `rankloop sample`: n responses to each prompt of a file, with their tokens and log-probs.
import type { Command } from 'commander';
import { conditioned } from '../domain/conditional.ts';
import { AppError } from '../domain/errors.ts';
import { promptRowSchema, toSampledRow } from '../domain/formats.ts';
import { mixSeed } from '../domain/random.ts';
import type { RemoteResponse, SampledResponse, Sampler } from '../engine/ports.ts';
import { openRemoteSampler, type TokenUsage } from '../worker/backends/openai.ts';
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
  addConditionOption,
  addDeviceOption,
  addSamplingOptions,
  type ConditionOption,
  type DeviceOption,
  type SamplingOptions,
  toSamplingConfig,
} from './options.ts';

interface Options extends SamplingOptions, DeviceOption, ConditionOption {
  model?: string;
  baseUrl?: string;
  remoteModel?: string;
  concurrency: number;
  requestsPerMinute?: number;
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
    .option('--model <dir>', "a checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'a PEFT adapter on it')
    .option(
      '--base-url <url>',
      "instead of --model: a server that speaks OpenAI's API, such as http://127.0.0.1:8000/v1 (key in RANKLOOP_API_KEY or OPENAI_API_KEY)",
    )
    .option('--remote-model <name>', 'with --base-url: the name of the model there')
    .option('--concurrency <n>', 'with --base-url: requests at one time', wholeNumber(1, 256), 4)
    .option('--requests-per-minute <n>', 'with --base-url: no more than these', wholeNumber(1, 1_000_000))
    .requiredOption('--prompts <file>', 'JSONL, {prompt} a line: a string or a list of messages')
    .option('--n <n>', 'responses per prompt', wholeNumber(1, 1024), 4);
  addDeviceOption(addSamplingOptions(addConditionOption(command)))
    .requiredOption('--out <file>', 'where the lines go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => samplePrompts(options, signal)));
}

async function samplePrompts(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const started = performance.now();
  const rows = await readAllRows(options.prompts, promptRowSchema);
  await assertWritable(options.out);
  let tokens = 0;
  const sampler = await openSamplerOf(options, (usage) => {
    tokens += usage.completionTokens;
  });
  const prompts = rows.map(({ row }) => conditioned(row.prompt, row, options.condition));
  const requests = prompts.map((prompt, i) => ({
    id: String(i),
    prompt,
    n: options.n,
    seed: mixSeed(options.seed, i),
  }));
  const responses: AnyResponse[][] = rows.map(() => []);
  const progress = startProgress('sampling', rows.length * options.n);
  let done = 0;
  try {
    for await (const chunk of sampler.sample(requests, toSamplingConfig(options), signal)) {
      if (chunk.type !== 'response') continue;
      (responses[Number(chunk.id)] ?? [])[chunk.index] = chunk.response;
      tokens += chunk.response.tokenIds?.length ?? 0;
      progress.update(++done);
    }
  } finally {
    progress.stop();
    await sampler.close();
  }
  await writeWhole(
    options.out,
    toJsonLines(prompts.map((prompt, i) => ({ prompt, responses: (responses[i] ?? []).map(toSampledRow) }))),
  );
  const seconds = Math.round(performance.now() - started) / 1000;
  return {
    result: { out: options.out, prompts: rows.length, responses: done, tokens, seconds },
    summary: `Sampled ${counted(done, 'response')} to ${counted(rows.length, 'prompt')} in ${seconds.toFixed(1)} s: ${options.out}`,
  };
}

type AnyResponse = SampledResponse | RemoteResponse;

/** The checkpoint's sampler or the server's, as the options say. */
async function openSamplerOf(options: Options, onUsage: (usage: TokenUsage) => void): Promise<Sampler<AnyResponse>> {
  const { model, adapter = null, device, baseUrl, remoteModel, concurrency, requestsPerMinute } = options;
  if ((model === undefined) === (baseUrl === undefined)) {
    throw new AppError('INVALID_INPUT', 'Give either --model (a folder) or --base-url (a server), and not both.');
  }
  if (model !== undefined) {
    if (remoteModel !== undefined) throw new AppError('INVALID_INPUT', '--remote-model goes with --base-url.');
    // Only here: a server needs no runtime.
    const { openSampler } = await import('../engine/sampling/sampler.ts');
    return openSampler({ model, adapter, device });
  }
  if (adapter !== null) throw new AppError('INVALID_INPUT', '--adapter goes with --model: a server has its own.');
  if (!baseUrl || !remoteModel) {
    throw new AppError('INVALID_INPUT', '--base-url needs --remote-model: the name of the model there.');
  }
  const apiKey = process.env.RANKLOOP_API_KEY || process.env.OPENAI_API_KEY;
  return openRemoteSampler({ baseUrl, model: remoteModel, apiKey, concurrency, requestsPerMinute, onUsage });
}
