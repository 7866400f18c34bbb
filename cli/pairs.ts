// `rankloop pairs`: preference pairs from rankings, by a named policy.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../domain/errors.ts';
import {
  type PairRow,
  type RankingRow,
  rankingRowSchema,
  type SampledResponseRow,
  toTrlRow,
} from '../domain/formats.ts';
import { type PairPolicy, pairPolicyNames, pairsFromTiers, type RankedPair, scoreGap } from '../domain/pairs.ts';
import { mixSeed } from '../domain/random.ts';
import { assertWritable, type CommandOutcome, counted, readRows, runCommand, seedOption, writeWhole } from './io.ts';

interface Options {
  rankings: string;
  policy: PairPolicy;
  seed: number;
  criterion?: string;
  minMargin?: number;
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
    .option(
      '--min-margin <x>',
      'leaves out pairs whose scores differ by less: for rankings by oracle or reward',
      minMargin,
    )
    .requiredOption('--out <file>', 'where the pairs go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, () => makePairs(options)));
}

async function makePairs({
  rankings,
  policy,
  seed,
  criterion,
  minMargin: least,
  out,
}: Options): Promise<CommandOutcome> {
  await assertWritable(out);
  const counts = { rankings: 0, unparseable: 0, withoutPair: 0, close: 0, pairs: 0 };

  async function* lines(): AsyncGenerator<string, void> {
    for await (const { row, line } of readRows(rankings, rankingRowSchema)) {
      if (least !== undefined && row.tiers && !row.scores) {
        throw new AppError(
          'DATA_INVALID',
          `${rankings} line ${line} has no scores, which --min-margin compares: judge by oracle or reward, or leave it out.`,
        );
      }
      const all = row.tiers ? rankedPairsOf(row, row.tiers, policy, mixSeed(seed, counts.rankings)) : [];
      const kept = least === undefined ? all : all.filter((pair) => scoreGap(pair, row.scores ?? []) >= least);
      counts.close += all.length - kept.length;
      const pairs = kept.map((pair) => toPairRow(row, pair));
      counts.rankings++;
      counts.pairs += pairs.length;
      if (row.tiers === null) counts.unparseable++;
      else if (pairs.length === 0) counts.withoutPair++;
      for (const pair of pairs) yield `${JSON.stringify(criterion ? { ...pair, criterion } : pair)}\n`;
    }
    if (counts.pairs > 0) return;
    const why =
      'every ranking in it is one tie, has no verdict, sets like texts against each other, or is closer than --min-margin';
    throw new AppError('DATA_INVALID', `${rankings} gives no pair: ${counts.rankings > 0 ? why : 'it holds no line'}.`);
  }

  await writeWhole(out, lines());
  const { withoutPair, close, ...rest } = counts;
  return {
    result: {
      out,
      policy,
      ...rest,
      without_pair: withoutPair,
      ...(least === undefined ? {} : { below_min_margin: close }),
    },
    summary: `Made ${counted(counts.pairs, 'pair')} from ${counted(counts.rankings, 'ranking')} (${withoutPair} gave none, ${counts.unparseable} had no verdict): ${out}`,
  };
}

/** The pairs of one ranking, with the exact tokens of responses that were sampled here. */
export function pairsOf(row: RankingRow, tiers: number[][], policy: PairPolicy, seed: number): PairRow[] {
  return rankedPairsOf(row, tiers, policy, seed).map((pair) => toPairRow(row, pair));
}

const responseAt = ({ responses }: RankingRow, index: number): SampledResponseRow => responses[index] ?? { text: '' };

function rankedPairsOf(row: RankingRow, tiers: number[][], policy: PairPolicy, seed: number): RankedPair[] {
  const isSame = (one: number, other: number) => responseAt(row, one).text === responseAt(row, other).text;
  return pairsFromTiers(policy, tiers, { seed, isSame });
}

function toPairRow(row: RankingRow, { chosen, rejected, margin }: RankedPair): PairRow {
  const [better, worse] = [responseAt(row, chosen), responseAt(row, rejected)];
  return {
    ...toTrlRow(row.prompt, better.text, worse.text),
    margin,
    ...tokensOf('chosen', better),
    ...tokensOf('rejected', worse),
  };
}

function minMargin(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a number of at least 0.');
}

function tokensOf(side: 'chosen' | 'rejected', { token_ids: ids, finish_reason: reason }: SampledResponseRow) {
  return {
    ...(ids && ids.length > 0 ? { [`${side}_token_ids`]: ids } : {}),
    ...(reason ? { [`${side}_finish_reason`]: reason } : {}),
  };
}
