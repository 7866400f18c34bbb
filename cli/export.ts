// `rankloop export`: a project's pairs as JSONL, streamed from the database.
import { type Command, Option } from 'commander';
import { closeDatabase, openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { type PairPolicy, pairPolicyNames } from '../domain/pairs.ts';
import { type ExportFormat, exportFormats, exportPairs } from '../server/services/export.ts';
import { findProjectId } from '../server/services/projects.ts';
import { openProcessDatabase } from './database.ts';
import { assertWritable, type CommandOutcome, counted, runCommand, writeWhole } from './io.ts';
import { dataDirOption, environmentOf } from './worker.ts';

interface Options {
  project: string;
  format: ExportFormat;
  dataset?: string;
  policy: PairPolicy;
  dataDir?: string;
  out: string;
  json?: boolean;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description("export a project's preference pairs as JSONL {prompt, chosen, rejected}")
    .requiredOption('--project <id>', "the project's id or short name")
    .addOption(new Option('--format <format>', 'whose format').choices(exportFormats).default('trl'))
    .option('--dataset <id>', 'a frozen dataset version; without it, the pairs of all rankings now')
    .addOption(
      new Option('--policy <policy>', 'how rankings become pairs (without --dataset)')
        .choices(pairPolicyNames)
        .default('best-worst'),
    )
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
      const { format, policy, dataset } = options;
      const version = dataset ? { datasetVersionId: dataset } : {};
      const { chunks } = await exportPairs(db, { projectId, format, pairPolicy: policy, ...version });
      let pairs = 0;
      const counting = async function* () {
        for await (const chunk of chunks) {
          pairs += chunk.split('\n').length - 1;
          yield chunk;
        }
      };
      await writeWhole(options.out, counting());
      return { result: { out: options.out, pairs }, summary: `Exported ${counted(pairs, 'pair')}: ${options.out}` };
    } finally {
      await closeDatabase(db);
    }
  } finally {
    await database.stop();
  }
}
