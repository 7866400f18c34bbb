// `rankloop export`: a project's pairs, thumbs or raw rankings as JSONL, streamed from the database.
import { type Command, Option } from 'commander';
import { closeDatabase, type Database, openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { AppError } from '../domain/errors.ts';
import { type PairPolicy, pairPolicyNames } from '../domain/pairs.ts';
import { installationSecret } from '../server/secrets.ts';
import { exportFormats, exportPairs } from '../server/services/export.ts';
import { findProjectId } from '../server/services/projects.ts';
import { exportRankings } from '../server/services/ranking-export.ts';
import { openProcessDatabase } from './database.ts';
import { assertWritable, type CommandOutcome, counted, runCommand, writeWhole } from './io.ts';
import { dataDirOption, environmentOf } from './worker.ts';

const formats = [...exportFormats, 'rankings'] as const;
type CommandFormat = (typeof formats)[number];

/** What a line of each format is. */
const nouns: { [F in CommandFormat]: string } = { trl: 'pair', kto: 'completion', rankings: 'ranking' };

interface Options {
  project: string;
  format: CommandFormat;
  dataset?: string;
  policy: PairPolicy;
  names?: boolean;
  dataDir?: string;
  out: string;
  json?: boolean;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description(
      "export a project's preferences as JSONL: pairs {prompt, chosen, rejected}, thumbs {prompt, completion, label}, or what each person said",
    )
    .requiredOption('--project <id>', "the project's id or short name")
    .addOption(
      new Option('--format <format>', 'trl: pairs; kto: thumbs; rankings: raw, a line per ranking')
        .choices(formats)
        .default('trl'),
    )
    .option('--dataset <id>', 'a frozen dataset version; without it, the pairs of all rankings now')
    .addOption(
      new Option('--policy <policy>', 'how rankings become pairs (without --dataset)')
        .choices(pairPolicyNames)
        .default('best-worst'),
    )
    .option('--names', 'with --format rankings: people by name and e-mail instead of codes')
    .addOption(dataDirOption())
    .requiredOption('--out <file>', 'where the lines go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, () => exportProject(options)));
}

async function exportProject(options: Options): Promise<CommandOutcome> {
  await assertWritable(options.out);
  const database = await openProcessDatabase(environmentOf(options));
  try {
    await migrateDatabase(database.url);
    const db = openDatabase(database.url, { max: 2, applicationName: 'rankloop export' });
    try {
      const projectId = await findProjectId(db, options.project);
      const chunks = await openChunks(db, projectId, options);
      let lines = 0;
      const counting = async function* () {
        for await (const chunk of chunks) {
          lines += chunk.split('\n').length - 1;
          yield chunk;
        }
      };
      await writeWhole(options.out, counting());
      const noun = nouns[options.format];
      return {
        result: { out: options.out, [`${noun}s`]: lines },
        summary: `Exported ${counted(lines, noun)}: ${options.out}`,
      };
    } finally {
      await closeDatabase(db);
    }
  } finally {
    await database.stop();
  }
}

async function openChunks(db: Database, projectId: string, options: Options): Promise<AsyncIterable<string>> {
  const { format, policy, dataset, names = false } = options;
  if (format !== 'rankings') {
    const version = dataset ? { datasetVersionId: dataset } : {};
    return (await exportPairs(db, { projectId, format, pairPolicy: policy, ...version })).chunks;
  }
  if (dataset) throw new AppError('INVALID_INPUT', 'A dataset version holds pairs: export rankings without --dataset.');
  const secret = installationSecret(environmentOf(options));
  return (await exportRankings(db, secret, { projectId, filter: {}, isPseudonymous: !names })).chunks;
}
