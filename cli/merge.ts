// `rankloop merge`: an adapter folded into its base checkpoint, for tools that take no adapters.
import { realpath } from 'node:fs/promises';
import type { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { type CommandOutcome, counted, runCommand } from './io.ts';
import { assertFreeFolder } from './run-start.ts';

interface Options {
  model: string;
  adapter: string;
  out: string;
  json?: boolean;
}

export function registerMerge(program: Command): void {
  program
    .command('merge')
    .description('fold an adapter into its base: a checkpoint with the original names, types and shards')
    .requiredOption('--model <dir>', "the base checkpoint's folder in Hugging Face layout")
    .requiredOption('--adapter <dir>', 'the PEFT adapter on it')
    .requiredOption('--out <dir>', 'folder for the merged checkpoint')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => merge(options, signal)));
}

async function merge({ model, adapter, out }: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const started = performance.now();
  await assertFreeFolder(out);
  const [from, to] = await Promise.all([realpath(model), realpath(out)].map((path) => path.catch(() => null)));
  if (from !== null && from === to) {
    throw new AppError('OUTPUT_NOT_WRITABLE', `${out} is the base itself: give another --out.`);
  }
  const { mergeAdapter } = await import('../engine/checkpoint/merge.ts');
  const { merged, files, bytes } = await mergeAdapter({ model, adapter, out }, signal);
  const seconds = (performance.now() - started) / 1000;
  return {
    result: { out, merged, files, bytes, seconds },
    summary: `Merged ${counted(merged, 'layer')} into ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s: ${out}`,
  };
}
