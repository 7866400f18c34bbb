// What `bench trainer` measured, as its JSON has it, and as Markdown.
import type { BenchModel } from './models.ts';
import type { Missing } from './processes.ts';
import { goalsSection, megabytes, shown, table } from './report.ts';
import type { Goal } from './sampler-report.ts';
import { ratios, type Spread } from './statistics.ts';
import type { TrainerContestant } from './trainer-processes.ts';

export interface TrainerContestantReport {
  name: TrainerContestant;
  version: string;
  /** Of a step over all pairs of the case. */
  seconds: Spread;
  /** The same, round by round. */
  rounds: number[];
  baselineBytes: number;
  openedBytes: number;
  peakBytes: number;
  plannedBytes: number | null;
}

export interface TrainerCaseReport {
  name: string;
  model: BenchModel;
  pairs: number;
  prompt: number;
  completion: number;
  contestants: TrainerContestantReport[];
  missing: Missing<TrainerContestant>[];
}

export interface TrainerReport {
  bench: 'trainer';
  commit: string;
  date: string;
  device: string;
  cpu: string;
  cores: number;
  node: string;
  repetitions: number;
  seconds: number;
  cases: TrainerCaseReport[];
  goals: Goal[];
}

export function trainerMarkdown(report: TrainerReport): string {
  const facts = `${report.cpu}, ${report.cores} cores, ${report.device}, Node ${report.node}, commit ${report.commit}, ${report.date}`;
  return [
    `${facts}; ${report.repetitions} rounds, ${report.seconds} s. Medians (least-most). LoRA r 8 on q_proj and v_proj, fp32. ` +
      '`step` is ours; `forward` and `gemm` are its forward alone and the products of that with weights alone; `eager` is ' +
      'transformers and PEFT with the loss written out and the reference known; `trl` and `trl-precomputed` are DPOTrainer.',
    ...report.cases.flatMap(caseSection),
    ...goalsSection(report.goals),
    '',
  ].join('\n\n');
}

function caseSection({ name, model, pairs, prompt, completion, contestants, missing }: TrainerCaseReport): string[] {
  const own = contestants.find((one) => one.name === 'step' || one.name === 'checkpointed');
  const shape = `${model.layers} layers, hidden ${model.hidden}, vocabulary ${model.vocabulary}, ${model.dtype}`;
  return [
    `## ${name}`,
    `${shape}; ${pairs} pairs of ${prompt} + ${completion} tokens.`,
    table(
      ['', 'seconds a pair', 'our time over its', 'opened, MB', 'peak, MB', 'planned, MB', 'version'],
      contestants.map((one) => [
        one.name,
        shown(perPair(one.seconds, pairs), 4),
        own && one !== own ? shown(ratios(own.rounds, one.rounds), 2) : '-',
        megabytes(one.openedBytes),
        megabytes(one.peakBytes),
        one.plannedBytes === null ? '-' : megabytes(one.plannedBytes),
        one.version,
      ]),
    ),
    ...(missing.length === 0
      ? []
      : [`Missing: ${missing.map(({ name: lost, reason }) => `${lost} (${reason})`).join('; ')}.`]),
  ];
}

const perPair = ({ median, min, max }: Spread, pairs: number): Spread => ({
  median: median / pairs,
  min: min / pairs,
  max: max / pairs,
});
