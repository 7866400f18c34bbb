// What an import did, in figures: how many rows gave what, and of each reason for which something was left out the first
// few places. It is kept with the batch and shown as it is.
import { z } from 'zod';
import { type LeftOutReason, leftOutReasons, type RowSkipReason, rowSkipReasons } from './prompt.ts';
import { type Place, rowUnits } from './rows.ts';

const placeSchema = z.object({ unit: z.enum(rowUnits), number: z.number().int() });
const casesSchema = z.object({
  count: z.number().int(),
  examples: z.array(z.object({ place: placeSchema, detail: z.string() })),
});

export const importReportSchema = z.object({
  rows: z.number().int(),
  /** Prompts that are new to the project, by split. */
  train: z.number().int(),
  heldOut: z.number().int(),
  /** Prompts that the project had, and that got responses to rank all the same. */
  known: z.number().int(),
  responses: z.number().int(),
  tasks: z.number().int(),
  rankings: z.number().int(),
  skipped: z.partialRecord(z.enum(rowSkipReasons), casesSchema),
  leftOut: z.partialRecord(z.enum(leftOutReasons), casesSchema),
});
export type ImportReport = z.infer<typeof importReportSchema>;

/** So many places of each reason are kept; all are counted. */
export const examplesPerReason = 50;
const longestDetail = 300;

export function emptyReport(): ImportReport {
  return { rows: 0, train: 0, heldOut: 0, known: 0, responses: 0, tasks: 0, rankings: 0, skipped: {}, leftOut: {} };
}

type Cases = z.infer<typeof casesSchema>;

function addCase<R extends string>(table: Partial<Record<R, Cases>>, reason: R, place: Place, detail: string): void {
  const cases: Cases = table[reason] ?? { count: 0, examples: [] };
  cases.count++;
  if (cases.examples.length < examplesPerReason) cases.examples.push({ place, detail: detail.slice(0, longestDetail) });
  table[reason] = cases;
}

export function addSkip(
  report: ImportReport,
  place: Place,
  { reason, detail }: { reason: RowSkipReason; detail: string },
) {
  addCase(report.skipped, reason, place, detail);
}

export function addLeftOut(report: ImportReport, place: Place, given: { reason: LeftOutReason; detail: string }) {
  addCase(report.leftOut, given.reason, place, given.detail);
}

export const skippedRows = ({ skipped }: ImportReport): number =>
  Object.values(skipped).reduce((sum, cases) => sum + (cases?.count ?? 0), 0);

/** A line a case, for whoever wants to mend the file: the kept places of each reason. */
export function* reportLines(report: ImportReport): Generator<string> {
  for (const kind of ['skipped', 'leftOut'] as const) {
    for (const [reason, cases] of Object.entries(report[kind])) {
      for (const { place, detail } of cases.examples) {
        yield `${JSON.stringify({ kind: kind === 'skipped' ? 'skipped' : 'left out', reason, ...place, detail, count: cases.count })}\n`;
      }
    }
  }
}
