// `rankloop pairs`: preference pairs from rankings, by a named policy.
import { type Command, Option } from 'commander';
import { AppError } from '../domain/errors.ts';
import {
  type PairRow,
  type RankingRow,
  rankingRowSchema,
  type SampledResponseRow,
  toTrlRow,
} from '../domain/formats.ts';
import { type PairPolicy, pairPolicyNames, pairsFromTiers } from '../domain/pairs.ts';
import { mixSeed } from '../domain/random.ts';
import { assertWritable, type CommandOutcome, counted, readRows, runCommand, seedOption, writeWhole } from './io.ts';

interface Options {
  rankings: string;
  policy: PairPolicy;
  seed: number;
  criterion?: string;
  out: string;
  json?: boolean;
}

export function registerPairs(program: Command): void {
  program
    .command('pairs')
    .description('make preference pairs from rankings: {prompt, chosen, rejected, margin}; ties make none')
    .requiredOption('--rankings <file>', 'JSONL as `judge` writes it: {prompt, responses: [{text}], tiers}')
    .addOption(
      new Option('--policy <policy>', 'which responses are set against each other')
        .choices(pairPolicyNames)
        .default('best-worst'),
    )
    .option('--seed <n>', 'decides between tied responses, and for best-random', seedOption, 1)
    .option('--criterion <name>', 'what the rankings are by: each pair names it, for training with criterion_weights')
    .requiredOption('--out <file>', 'where the pairs go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, () => makePairs(options)));
}

async function makePairs({ rankings, policy, seed, criterion, out }: Options): Promise<CommandOutcome> {
  await assertWritable(out);
  const counts = { rankings: 0, unparseable: 0, withoutPair: 0, pairs: 0 };

  async function* lines(): AsyncGenerator<string, void> {
    for await (const { row } of readRows(rankings, rankingRowSchema)) {
      const pairs = row.tiers ? pairsOf(row, row.tiers, policy, mixSeed(seed, counts.rankings)) : [];
      counts.rankings++;
      counts.pairs += pairs.length;
      if (row.tiers === null) counts.unparseable++;
      else if (pairs.length === 0) counts.withoutPair++;
      for (const pair of pairs) yield `${JSON.stringify(criterion ? { ...pair, criterion } : pair)}\n`;
    }
    if (counts.pairs > 0) return;
    const why = 'every ranking in it is one tie, has no verdict, or sets like texts against each other';
    throw new AppError('DATA_INVALID', `${rankings} gives no pair: ${counts.rankings > 0 ? why : 'it holds no line'}.`);
  }

  await writeWhole(out, lines());
  const { withoutPair, ...rest } = counts;
  return {
    result: { out, policy, ...rest, without_pair: withoutPair },
    summary: `Made ${counted(counts.pairs, 'pair')} from ${counted(counts.rankings, 'ranking')} (${withoutPair} gave none, ${counts.unparseable} had no verdict): ${out}`,
  };
}

/** The pairs of one ranking, with the exact tokens of responses that were sampled here. */
export function pairsOf(row: RankingRow, tiers: number[][], policy: PairPolicy, seed: number): PairRow[] {
  const at = (index: number): SampledResponseRow => row.responses[index] ?? { text: '' };
  const isSame = (one: number, other: number) => at(one).text === at(other).text;
  return pairsFromTiers(policy, tiers, { seed, isSame }).map(({ chosen, rejected, margin }) => ({
    ...toTrlRow(row.prompt, at(chosen).text, at(rejected).text),
    margin,
    ...tokensOf('chosen', at(chosen)),
    ...tokensOf('rejected', at(rejected)),
  }));
}

function tokensOf(side: 'chosen' | 'rejected', { token_ids: ids, finish_reason: reason }: SampledResponseRow) {
  return {
    ...(ids && ids.length > 0 ? { [`${side}_token_ids`]: ids } : {}),
    ...(reason ? { [`${side}_finish_reason`]: reason } : {}),
  };
}
