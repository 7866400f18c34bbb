// What the trainer is to reach, held against what was measured.
import { parameterCount } from './models.ts';
import type { Goal } from './sampler-report.ts';
import { ratios } from './statistics.ts';
import type { TrainerCaseName } from './trainer-cases.ts';
import type { TrainerContestant } from './trainer-processes.ts';
import type { TrainerCaseReport } from './trainer-report.ts';

export function trainerGoals(cases: readonly TrainerCaseReport[]): Goal[] {
  const caseOf = (name: TrainerCaseName) => cases.find((item) => item.name === name);
  const contestant = (name: TrainerCaseName, who: TrainerContestant) =>
    caseOf(name)?.contestants.find((one) => one.name === who);
  const time = (name: TrainerCaseName, who: TrainerContestant, other: TrainerContestant) => {
    const [a, b] = [contestant(name, who), contestant(name, other)];
    return a && b ? ratios(a.rounds, b.rounds).median : null;
  };
  const peak = (name: TrainerCaseName, who: TrainerContestant) => contestant(name, who)?.peakBytes ?? null;
  const over = (a: number | null, b: number | null) => (a === null || b === null ? null : a / b);
  const atMost = (goal: string, wanted: number, measured: number | null): Goal => ({
    goal,
    wanted,
    measured,
    holds: measured === null ? null : measured <= wanted,
  });
  const rate = forwardRate(caseOf('base'));
  const planned = cases.flatMap(({ contestants }) =>
    contestants.flatMap(({ plannedBytes, peakBytes }) =>
      plannedBytes === null ? [] : [Math.abs(plannedBytes / peakBytes - 1)],
    ),
  );
  const all: (Goal & { of: TrainerCaseName })[] = [
    { of: 'base', ...atMost("base: seconds per pair over TRL's default", 0.4, time('base', 'step', 'trl')) },
    {
      of: 'base',
      ...atMost('base: over TRL with precomputed reference', 0.6, time('base', 'step', 'trl-precomputed')),
    },
    {
      of: 'base',
      goal: 'base: forward at a share of the Gemm rate',
      wanted: 0.7,
      measured: rate,
      holds: rate === null ? null : rate >= 0.7,
    },
    {
      of: '12 layers',
      ...atMost(
        '12 layers: checkpointed peak over peak',
        0.7,
        over(peak('12 layers', 'checkpointed'), peak('12 layers', 'step')),
      ),
    },
    {
      of: '12 layers',
      ...atMost('12 layers: checkpointed time over time', 1.25, time('12 layers', 'checkpointed', 'step')),
    },
    { of: 'vocabulary 151k', ...atMost('vocabulary 151k: MB beyond its weights', 200, headBytes(cases)) },
    { of: '0.5B', ...atMost('0.5B: peak, GB', 8, over(peak('0.5B', 'checkpointed'), 1e9)) },
  ];
  const goals = all.filter(({ of }) => caseOf(of)).map(({ of: _, ...goal }) => goal);
  return [...goals, atMost('plan: farthest from a peak', 0.2, planned.length === 0 ? null : Math.max(...planned))];
}

/** The forward's products, attention's included, a second; over those of bare matrix products in the same rounds. */
function forwardRate(base: TrainerCaseReport | undefined): number | null {
  const [forward, gemm] = ['forward', 'gemm'].map((name) => base?.contestants.find((one) => one.name === name));
  if (!base || !forward || !gemm) return null;
  const { model, pairs, prompt, completion } = base;
  const length = prompt + 2 * (completion - 1);
  const head = model.vocabulary * model.hidden;
  const layers = parameterCount(model) - head * (model.isTied ? 1 : 2);
  const products = 2 * pairs * (length * layers + 2 * completion * head);
  const attention = 4 * pairs * length ** 2 * model.hidden * model.layers;
  return ratios(gemm.rounds, forward.rounds).median * ((products + attention) / products);
}

/** What the large vocabulary adds to the peak beyond its weights, which are mapped when they are first read. MB. */
function headBytes(cases: readonly TrainerCaseReport[]): number | null {
  const held = (name: TrainerCaseName) => {
    const report = cases.find((item) => item.name === name);
    const step = report?.contestants.find((one) => one.name === 'step');
    return report && step
      ? step.peakBytes - step.openedBytes - 4 * report.model.vocabulary * report.model.hidden
      : null;
  };
  const [large, small] = [held('vocabulary 151k'), held('vocabulary 4k')];
  return large === null || small === null ? null : (large - small) / 1e6;
}
