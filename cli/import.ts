// `rankloop import`: prompts, and responses and rankings that come with them, from a file into a project; all or nothing.
import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { closeDatabase, openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { AppError } from '../domain/errors.ts';
import { importOptionsSchema } from '../domain/imports/options.ts';
import { type ImportReport, skippedRows } from '../domain/imports/report.ts';
import { shapeNames } from '../domain/imports/shape-names.ts';
import { openImportFile } from '../server/import-file.ts';
import { importFile } from '../server/services/imports.ts';
import { findProjectId } from '../server/services/projects.ts';
import { openProcessDatabase } from './database.ts';
import { type CommandOutcome, counted, log, runCommand, startProgress, wholeNumber } from './io.ts';
import { dataDirOption, environmentOf } from './worker.ts';

interface Options {
  project: string;
  name?: string;
  split: 'train' | 'heldout' | 'share';
  heldOutShare?: number;
  format: string;
  prompt?: string;
  system?: string;
  response?: string[];
  bestFirst?: boolean;
  tag?: string[];
  language?: string;
  qualification?: string[];
  priority: number;
  responses: 'rank' | 'leave';
  rankings: 'take' | 'anew';
  dataDir?: string;
  json?: boolean;
}

const formats = ['auto', ...shapeNames.filter((name) => name !== 'columns')];
const collect = (value: string, before: string[] = []) => [...before, value];

export function registerImport(program: Command): void {
  program
    .command('import')
    .description(
      'import prompts from JSONL, JSON, CSV, parquet or text (also .gz): formats of TRL, HH-RLHF, UltraFeedback, Argilla, Label Studio and others are recognised',
    )
    .argument('<file>', 'the file')
    .requiredOption('--project <id>', "the project's id or short name")
    .option('--name <name>', 'what the import is called (default: the name of the file)')
    .addOption(
      new Option('--split <split>', 'train, held out, or a share held out by content')
        .choices(['train', 'heldout', 'share'])
        .default('train'),
    )
    .option('--held-out-share <x>', 'the share that --split share holds out (default: 0.1)', share)
    .addOption(new Option('--format <format>', 'whose format').choices(formats).default('auto'))
    .option('--prompt <column>', 'for a table of your own: the column of the prompt')
    .option('--system <column>', 'the column of the system message')
    .option('--response <column>', 'a column of a response; give it once for each', collect)
    .option('--best-first', 'the columns of the responses stand in the order of preference')
    .option('--tag <tag>', 'a tag for all of them; give it once for each', collect)
    .option('--language <tag>', 'their language where the file says none, as en or pt-BR')
    .option('--qualification <name>', 'what an annotator must have; give it once for each', collect)
    .option('--priority <n>', 'higher comes first', wholeNumber(-1000, 1000), 0)
    .addOption(
      new Option('--responses <use>', 'responses that come with the data: rank or leave them')
        .choices(['rank', 'leave'])
        .default('rank'),
    )
    .addOption(
      new Option('--rankings <use>', 'preferences that the data states: take them, or rank anew')
        .choices(['take', 'anew'])
        .default('anew'),
    )
    .addOption(dataDirOption())
    .option('--json', 'print one JSON object on stdout')
    .action((file: string, options: Options) => runCommand(options.json, (signal) => runImport(file, options, signal)));
}

async function runImport(file: string, options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const parsed = importOptionsSchema.safeParse({
    name: options.name ?? basename(file, extname(file)),
    ...(options.format === 'auto' ? {} : { shape: options.format }),
    ...mappingOf(options),
    split: options.split,
    ...(options.heldOutShare === undefined ? {} : { heldOutShare: options.heldOutShare }),
    tags: options.tag ?? [],
    language: options.language ?? null,
    qualifications: options.qualification ?? [],
    priority: options.priority,
    responses: options.responses,
    rankings: options.rankings,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('INVALID_INPUT', `${issue?.path.join('.')} ${issue?.message}.`);
  }
  let read = 0;
  const source = await openImportFile(file, file, (bytes) => {
    read += bytes;
  });
  const database = await openProcessDatabase(environmentOf(options));
  const progress = startProgress('import', source.size);
  try {
    await migrateDatabase(database.url);
    const db = openDatabase(database.url, { max: 2, applicationName: 'rankloop import' });
    try {
      const projectId = await findProjectId(db, options.project);
      const onChunk = async () => progress.update(Math.min(read, source.size));
      const { batchId, shape, report } = await db.transaction((tx) =>
        importFile(tx, source, { projectId, options: parsed.data, createdBy: null }, { signal, onChunk }),
      );
      progress.stop();
      tellSkips(report);
      return {
        result: { project: projectId, batch: batchId, format: shape, ...toSnakeCase(report) },
        summary: summarise(report, shape),
      };
    } finally {
      await closeDatabase(db);
    }
  } finally {
    progress.stop();
    await database.stop();
  }
}

function mappingOf({ prompt, system, response, bestFirst }: Options) {
  if (!prompt) {
    if (!system && !response && !bestFirst) return {};
    throw new AppError(
      'INVALID_INPUT',
      '--system, --response and --best-first describe a table of your own: give --prompt too.',
    );
  }
  const isBestFirst = bestFirst ?? false;
  return { mapping: { prompt, ...(system ? { system } : {}), responses: response ?? [], isBestFirst } };
}

function toSnakeCase({ heldOut, leftOut, ...report }: ImportReport) {
  return { ...report, held_out: heldOut, left_out: leftOut };
}

/** Each reason with its first place: enough to find what to mend. */
function tellSkips({ skipped, leftOut }: ImportReport): void {
  for (const [kind, table] of [
    ['skipped', skipped],
    ['left out', leftOut],
  ] as const) {
    for (const [reason, cases] of Object.entries(table)) {
      const [first] = cases.examples;
      const where = first ? `, first at ${first.place.unit} ${first.place.number}` : '';
      log(`${kind}: ${reason}: ${cases.count}${where}${first?.detail ? ` (${first.detail})` : ''}`);
    }
  }
}

function summarise(report: ImportReport, shape: string): string {
  const { rows, train, heldOut, known, tasks, rankings } = report;
  const prompts = `${counted(train + heldOut, 'new prompt')} (${heldOut} held out)`;
  const more = `${counted(tasks, 'task')} to rank (${known} of prompts that were there), ${counted(rankings, 'ranking')}`;
  return `Imported ${counted(rows, 'row')} of ${shape}: ${prompts}, ${more}; ${skippedRows(report)} skipped.`;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0.01 && value <= 0.9) return value;
  throw new InvalidArgumentError('It must be a number from 0.01 to 0.9.');
}
