// `rankloop judge`: a judge ranks the responses of each line. What is judged already stands in <out>.partial, so that
// a run that was stopped (a judge that is down, a kill) goes on where it was.
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { AppError, asKnownError } from '../domain/errors.ts';
import { type SampleRow, sampleRowSchema } from '../domain/formats.ts';
import { findRequestProblem, type JudgeRequest, type Verdict } from '../domain/judging.ts';
import { findTiersProblem, responseIndices } from '../domain/ranking.ts';
import { judgeAll } from '../worker/judges/judge-all.ts';
import {
  assertWritable,
  type CommandOutcome,
  counted,
  describeWriteError,
  log,
  type NumberedRow,
  readAllRows,
  runCommand,
  startProgress,
  toJsonLines,
  writeWhole,
} from './io.ts';
import { addJudgeOptions, type JudgeOptions, openJudgeFromOptions, seedFlag } from './judge-options.ts';

interface Options extends JudgeOptions {
  responses: string;
  out: string;
  json?: boolean;
}

export function registerJudge(program: Command): void {
  const command = program
    .command('judge')
    .description('rank the responses of each line: adds {tiers: [[i, ...], ...] | null, verdict}, best tier first')
    .requiredOption('--responses <file>', 'JSONL as `sample` writes it: {prompt, responses: [{text}]}');
  addJudgeOptions(command)
    .option(...seedFlag)
    .option('--device <device>', 'local: auto, cpu, cuda, cuda:1 or webgpu', 'auto')
    .requiredOption('--out <file>', 'where the ranked lines go')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, (signal) => judgeFile(options, signal)));
}

async function judgeFile(options: Options, signal: AbortSignal): Promise<CommandOutcome> {
  const start = performance.now();
  const rows = await readAllRows(options.responses, sampleRowSchema);
  const requests = rows.map((row) => toRequest(options.responses, row));
  await assertWritable(options.out);
  const { judge, close } = await openJudgeFromOptions(options);
  const partial = await openPartial(`${options.out}.partial`, identify(options, rows), requests).catch(
    async (error) => {
      await close();
      throw error;
    },
  );

  const verdicts = new Map(partial.verdicts);
  if (verdicts.size > 0) log(`${verdicts.size} of ${rows.length} lines were judged before and are kept.`);
  const open = new Map([...requests.entries()].filter(([index]) => !verdicts.has(index)));
  const progress = startProgress('judging', rows.length, verdicts.size);
  const onVerdict = (index: number, verdict: Verdict) => {
    partial.keep(index, verdict);
    verdicts.set(index, verdict);
    progress.update(verdicts.size);
  };
  try {
    await judgeAll(judge, open, { seed: options.seed, concurrency: options.concurrency, signal, onVerdict });
  } catch (error) {
    throw withKept(error, verdicts.size, rows.length);
  } finally {
    progress.stop();
    partial.close();
    if (verdicts.size === 0) await rm(partial.file, { force: true });
    await close();
  }

  const ranked = rows.map(({ row }, index) => {
    const { tiers, verdict, shownOrder, scores }: Verdict = verdicts.get(index) ?? {
      tiers: null,
      verdict: '',
      shownOrder: [],
    };
    return { ...row, tiers, verdict, shown_order: shownOrder, ...(scores ? { scores } : {}) };
  });
  await writeWhole(options.out, toJsonLines(ranked));
  await rm(partial.file, { force: true });

  const unparseable = ranked.filter(({ tiers }) => tiers === null).length;
  const tied = ranked.filter(({ tiers }) => tiers?.length === 1).length;
  const seconds = Math.round(performance.now() - start) / 1000;
  const told = unparseable > 0 ? ` (${unparseable} without a readable verdict)` : '';
  return {
    result: { out: options.out, judge: options.judge, lines: ranked.length, unparseable, tied, seconds },
    summary: `Judged ${counted(ranked.length, 'line')}${told} in ${seconds.toFixed(1)} s: ${options.out}`,
  };
}

function toRequest(file: string, { line, row }: NumberedRow<SampleRow>): JudgeRequest {
  const request = { prompt: row.prompt, responses: row.responses.map(({ text }) => text) };
  const problem = findRequestProblem(request);
  if (problem) throw new AppError('DATA_INVALID', `${file} line ${line}: ${problem}.`);
  return request;
}

/** The same text for the same work: verdicts of another judge, or of other responses, must not be taken over. */
function identify(options: Options, rows: readonly NumberedRow<SampleRow>[]): string {
  const { judge, judgeModel = null, judgeBase = null, baseUrl = null, mode, seed } = options;
  const hash = createHash('sha256').update(JSON.stringify({ judge, judgeModel, judgeBase, baseUrl, mode, seed }));
  for (const { row } of rows) hash.update(JSON.stringify([row.prompt, row.responses.map(({ text }) => text)]));
  return hash.digest('hex');
}

const headSchema = z.object({ judging: z.string() });
const keptSchema = z.object({
  index: z.number().int(),
  tiers: z.array(z.array(z.number())).nullable(),
  verdict: z.string(),
  shown_order: z.array(z.number()),
  scores: z.array(z.number()).optional(),
});

interface PartialFile {
  file: string;
  verdicts: ReadonlyMap<number, Verdict>;
  keep(index: number, verdict: Verdict): void;
  close(): void;
}

/** Opens the file of what is judged already, emptied when it belongs to other work or can't be read. */
async function openPartial(file: string, judging: string, requests: readonly JudgeRequest[]): Promise<PartialFile> {
  const verdicts = new Map<number, Verdict>();
  const [head = '', ...lines] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (headSchema.safeParse(asJson(head)).data?.judging === judging) {
    for (const line of lines) {
      // A kill may have cut the last line.
      const kept = keptSchema.safeParse(asJson(line)).data;
      const count = kept && requests[kept.index]?.responses.length;
      if (!kept || !count || (kept.tiers && findTiersProblem(kept.tiers, responseIndices(count)))) continue;
      const { tiers, verdict, shown_order: shownOrder, scores } = kept;
      verdicts.set(kept.index, { tiers, verdict, shownOrder, ...(scores ? { scores } : {}) });
    }
  }
  await writeWhole(
    file,
    toJsonLines([{ judging }, ...[...verdicts].map(([index, verdict]) => toKept(index, verdict))]),
  );
  const descriptor = openSync(file, 'a');
  return {
    file,
    verdicts,
    keep: (index, verdict) => {
      try {
        writeSync(descriptor, `${JSON.stringify(toKept(index, verdict))}\n`);
      } catch (error) {
        throw describeWriteError(error, file);
      }
    },
    close: () => closeSync(descriptor),
  };
}

const toKept = (index: number, { tiers, verdict, shownOrder, scores }: Verdict) => ({
  index,
  tiers,
  verdict,
  shown_order: shownOrder,
  ...(scores ? { scores } : {}),
});

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The error with what is kept of the work, so that nobody starts anew. */
function withKept(error: unknown, kept: number, total: number): unknown {
  const known = asKnownError(error);
  if (!known || kept === 0) return error;
  const told = `${kept} of ${total} lines are judged and kept: run the same command again to go on.`;
  return new AppError(known.code, `${known.message} ${told}`, { cause: error });
}
