// The figures of `bench web` as Markdown: what the command prints, and what docs/ keeps.
import type { Latency } from '../statistics.ts';
import type { LoadReport } from './bench-load.ts';
import type { WebReport } from './bench-web.ts';

export function webMarkdown(report: WebReport): string {
  const facts = `${report.cpu}, ${report.cores} cores, ${Math.round(report.memoryBytes / 2 ** 30)} GiB, Node ${report.node}, commit ${report.commit}, ${report.date}`;
  return [
    `${facts}. Browser, server, database and load share the machine.`,
    '## Goals',
    table(
      ['goal', 'measured', 'at most', ''],
      report.goals.map(({ name, measured, atMost, holds }) => [
        name,
        text(measured),
        text(atMost),
        holds ? 'holds' : '**missed**',
      ]),
    ),
    '## The label page',
    table(
      ['', 'n', 'p50', 'p95', 'p99', 'max'],
      [
        ['key to paint, 120 words', ...row(report.short.keyToPaint)],
        ['submit to next, 120 words', ...row(report.short.submitToNext)],
        ['key to paint, 2,000 words', ...row(report.long.keyToPaint)],
        ['submit to next, 2,000 words', ...row(report.long.submitToNext)],
        ['Event Timing, 2,000 words', ...row(report.long.interactions)],
      ],
    ),
    'Milliseconds, from the event to the frame after its effect. Event Timing is the browser’s own figure for interactions of 16 ms and more: without a display and a GPU it may wait for the next frame that has something to draw.',
    `Scripts: ${(report.weight.scriptBytes / 1000).toFixed(1)} kB compressed in ${report.weight.scripts.length} files; HTML ${(report.weight.documentBytes / 1000).toFixed(1)} kB.`,
    '## The API',
    ...loadSection(report.load),
    ...(report.killed ? [`### The server killed ${report.killed.kills} times`, ...loadSection(report.killed)] : []),
    '',
  ].join('\n\n');
}

function loadSection(load: LoadReport): string[] {
  const { books } = load;
  return [
    `${load.annotators} annotators for ${load.seconds} s, a ranking every ${load.everyMs / 1000} s each, overlap ${load.overlap}; ${load.acknowledged} rankings acknowledged, ${load.events} pieces of the change feed received.`,
    table(
      ['call', 'n', 'p50', 'p95', 'p99', 'max'],
      Object.entries(load.latency).map(([name, latency]) => [name, ...row(latency)]),
    ),
    `Stored: ${books.rankings} rankings, ${books.finishedTasks} finished tasks. Not at the overlap: ${books.wrongOverlap}; above it: ${books.overRanked}; twice by one person: ${books.duplicates}; acknowledged and not stored: ${books.lost}. Failed calls: ${JSON.stringify(load.failures)}; refused: ${load.refused.length}.`,
  ];
}

const text = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const row = ({ count, p50, p95, p99, max }: Latency) => [count, p50, p95, p99, max].map(text);

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
