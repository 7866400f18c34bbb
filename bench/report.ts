// The figures of `bench sampler` as Markdown tables: what the command prints, and what docs/ keeps.
import type { ContestantName } from './processes.ts';
import { contestantNames } from './processes.ts';
import type { Goal, ModelReport, SamplerReport } from './sampler-report.ts';
import type { Spread } from './statistics.ts';

export function samplerMarkdown(report: SamplerReport): string {
  const facts = `${report.cpu}, ${report.cores} cores, Node ${report.node}, commit ${report.commit}, ${report.date}`;
  return [
    `${facts}; ${report.repetitions} rounds, ${report.seconds} s. Medians (least-most).`,
    ...report.models.flatMap(modelSections),
    ...goalsSection(report.goals),
    '',
  ].join('\n\n');
}

function modelSections(report: ModelReport): string[] {
  const present = contestantNames.filter((name) => report.memory[name]);
  const others = present.filter((name) => name !== 'ours');
  const count = `${(report.parameters / 1e6).toFixed(1)}M parameters`;
  return [
    `## ${report.model} (${count})`,
    '### Tokens per second',
    table(
      ['case', 'prompt + new', ...present],
      report.cases.map((item) => [
        item.name,
        `${item.promptTokens} + ${item.newTokens}`,
        ...present.map((name) => shown(item.tokensPerSecond[name], 0)),
      ]),
    ),
    '### Ours over theirs',
    table(
      ['case', ...others],
      report.cases
        .filter((item) => Object.keys(item.ratio).length > 0)
        .map((item) => [item.name, ...others.map((name) => shown(item.ratio[name], 2))]),
    ),
    '### Peak memory',
    `The weights have ${megabytes(report.weightBytes)} MB, the largest cache ${megabytes(report.cacheBytes)} MB in fp32. ` +
      'Own memory is what no file backs: pages of a checkpoint that are mapped the system takes back when it needs them.',
    table(
      [
        '',
        'libraries, MB',
        'peak, MB',
        'own: libraries, MB',
        'own: peak, MB',
        '(own peak - libraries) / (weights + cache)',
        'greedy tokens equal to ours',
        'version',
      ],
      present.map((name) => memoryRow(report, name)),
    ),
    ...(report.missing.length === 0
      ? []
      : [`Missing: ${report.missing.map(({ name, reason }) => `${name} (${reason})`).join('; ')}.`]),
  ];
}

function memoryRow(report: ModelReport, name: ContestantName): string[] {
  const memory = report.memory[name];
  const equal = report.greedyAgreement[name];
  return [
    name,
    memory ? megabytes(memory.baselineBytes) : '',
    memory ? megabytes(memory.peakBytes) : '',
    megabytes(memory?.ownBaselineBytes ?? null),
    megabytes(memory?.ownPeakBytes ?? null),
    memory ? memory.overNeed.toFixed(2) : '',
    equal === undefined ? '' : `${(100 * equal).toFixed(1)} %`,
    report.versions[name] ?? '',
  ];
}

export function goalsSection(goals: readonly Goal[]): string[] {
  return [
    '## Goals',
    table(
      ['goal', 'wanted', 'measured', ''],
      goals.map(({ goal, wanted, measured, holds }) => [
        goal,
        `${wanted}`,
        measured === null ? 'not measured' : measured.toFixed(2),
        holds === null ? '' : holds ? 'holds' : 'missed',
      ]),
    ),
  ];
}

export const megabytes = (bytes: number | null) => (bytes === null ? '' : (bytes / 1e6).toFixed(0));

export function shown(value: Spread | undefined, digits: number): string {
  if (!value) return '-';
  return `${value.median.toFixed(digits)} (${value.min.toFixed(digits)}-${value.max.toFixed(digits)})`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
