// What the sampler is to reach against the others, held against what was measured.
import type { BenchModelName } from './models.ts';
import type { ContestantName } from './processes.ts';
import type { Goal, ModelReport } from './sampler-report.ts';

export function judgeGoals(models: readonly ModelReport[]): Goal[] {
  const caseOf = (model: BenchModelName, name: string) =>
    models.find((report) => report.model === model)?.cases.find((item) => item.name === name);
  const ratio = (model: BenchModelName, name: string, contestant: ContestantName) =>
    caseOf(model, name)?.ratio[contestant]?.median ?? null;
  const ourSpeed = (model: BenchModelName, name: string) => caseOf(model, name)?.tokensPerSecond.ours?.median;
  const saving = (model: BenchModelName) => {
    const [together, apart] = [ourSpeed(model, 'n = 8'), ourSpeed(model, '8 single samples')];
    return together && apart ? together / apart : null;
  };
  const need = (model: BenchModelName) =>
    models.find((report) => report.model === model)?.memory.ours?.overNeed ?? null;
  const atLeast = (goal: string, wanted: number, measured: number | null): Goal => ({
    goal,
    wanted,
    measured,
    holds: measured === null ? null : measured >= wanted,
  });
  const atMost = (goal: string, wanted: number, measured: number | null): Goal => ({
    goal,
    wanted,
    measured,
    holds: measured === null ? null : measured <= wanted,
  });
  return [
    ...(['batch 1', 'batch 8', 'batch 32'] as const).map((name) =>
      atLeast(`small, ${name}: times one run per token`, 1.3, ratio('small', name, 'per-token')),
    ),
    atLeast("small, batch 1: times Python's generate", 5, ratio('small', 'batch 1', 'python')),
    atLeast("small, batch 8: times Python's generate", 3, ratio('small', 'batch 8', 'python')),
    atLeast("small, batch 32: times Python's generate", 2, ratio('small', 'batch 32', 'python')),
    atLeast('small, n = 8: times cheaper than 8 single samples', 1.6, saving('small')),
    atLeast('small, batch 8: times transformers.js', 1.5, ratio('small', 'batch 8', 'transformers.js')),
    atLeast('100M, batch 8: times transformers.js', 1.5, ratio('100M', 'batch 8', 'transformers.js')),
    atLeast('small, batch 8: times llama.cpp', 1.2, ratio('small', 'batch 8', 'llama.cpp')),
    atLeast('100M, batch 8: times llama.cpp', 1.2, ratio('100M', 'batch 8', 'llama.cpp')),
    atMost('100M: memory over weights + cache', 1.15, need('100M')),
  ].filter(({ goal }) => models.some(({ model }) => goal.startsWith(model)));
}
