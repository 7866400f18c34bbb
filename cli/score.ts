// `rankloop score`: log-probabilities of chosen and rejected under a policy.
import type { Command } from 'commander';
import { pairRowSchema, toTrainingPair } from '../domain/formats.ts';
import {
  assertWritable,
  type CommandOutcome,
  counted,
  readAllRows,
  runCommand,
  toJsonLines,
  writeWhole,
} from './io.ts';
import { addConditionOption, addDeviceOption, type ConditionOption, type DeviceOption } from './options.ts';

interface Options extends DeviceOption, ConditionOption {
  model: string;
  adapter?: string;
  pairs: string;
  out: string;
  json?: boolean;
}

export function registerScore(program: Command): void {
  const command = program
    .command('score')
    .description('score pairs: a line {logps_chosen, logps_rejected, tokens_chosen, tokens_rejected} each')
    .requiredOption('--model <dir>', "a checkpoint's folder in Hugging Face layout")
    .option('--adapter <dir>', 'a PEFT adapter on it')
    .requiredOption('--pairs <file>', 'JSONL: {prompt, chosen, rejected}');
  addDeviceOption(addConditionOption(command))
    .requiredOption('--out <file>', 'where the lines go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => score(options, signal)));
}

async function score(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const started = performance.now();
  const rows = await readAllRows(options.pairs, pairRowSchema);
  await assertWritable(options.out);
  const { scorePairs } = await import('../engine/training/score.ts');
  const pairs = rows.map(({ row }) => toTrainingPair(row, options.condition));
  const { model, adapter = null, device } = options;
  const scores = await scorePairs({ model, adapter, pairs, device }, signal);
  const lines = scores.map(({ logpsChosen, logpsRejected, tokensChosen, tokensRejected }) => ({
    logps_chosen: logpsChosen,
    logps_rejected: logpsRejected,
    tokens_chosen: tokensChosen,
    tokens_rejected: tokensRejected,
  }));
  await writeWhole(options.out, toJsonLines(lines));
  const seconds = Math.round(performance.now() - started) / 1000;
  return {
    result: { out: options.out, pairs: scores.length, seconds },
    summary: `Scored ${counted(scores.length, 'pair')} in ${seconds.toFixed(1)} s: ${options.out}`,
  };
}
