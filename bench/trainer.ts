// `rankloop bench trainer`: DPO steps on LoRA adapters over random weights, ours beside PyTorch's on the same tokens,
// interleaved in one run, so that what disturbs the machine disturbs all. Figures are medians; ratios are of a round.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../engine/random.ts';
import { checkpointFolder } from './models.ts';
import type { Missing } from './processes.ts';
import { currentCommit } from './sampler.ts';
import { spread } from './statistics.ts';
import { type TrainerCase, type TrainerCaseName, trainerCases } from './trainer-cases.ts';
import { trainerGoals } from './trainer-goals.ts';
import { trainerModels } from './trainer-models.ts';
import { type RunningTrainer, startTrainer, type TrainerContestant } from './trainer-processes.ts';
import type { TrainerCaseReport, TrainerReport } from './trainer-report.ts';

export interface TrainerBenchOptions {
  /** The folder that keeps the random checkpoints. */
  cache: string;
  cases: readonly TrainerCaseName[];
  /** Rounds over a case's contestants, after one that is not counted. */
  repetitions: number;
  /** A Python with torch, transformers, peft and trl. */
  python?: string | undefined;
  device: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

const [rank, modules, seed] = [8, ['q_proj', 'v_proj'], 1];

export async function benchTrainer(options: TrainerBenchOptions): Promise<TrainerReport> {
  const started = Date.now();
  const cases: TrainerCaseReport[] = [];
  for (const name of options.cases) cases.push(await benchCase(name, options));
  return {
    bench: 'trainer',
    commit: currentCommit(),
    date: new Date(started).toISOString(),
    device: options.device,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    repetitions: options.repetitions,
    seconds: Math.round((Date.now() - started) / 1000),
    cases,
    goals: trainerGoals(cases),
  };
}

async function benchCase(name: TrainerCaseName, options: TrainerBenchOptions): Promise<TrainerCaseReport> {
  const {
    model,
    pairs,
    prompt,
    completion,
    contestants,
    rounds = options.repetitions,
  }: TrainerCase = trainerCases[name];
  const shape = trainerModels[model];
  const folder = await checkpointFolder(options.cache, shape);
  const scratch = await mkdtemp(join(tmpdir(), 'rankloop-trainer-'));
  const random = createRandom(seed);
  const ids = (length: number) => Array.from({ length }, () => Math.floor(random.uniform() * shape.vocabulary));
  const work = {
    folder,
    scratch,
    device: options.device,
    pairs: Array.from({ length: pairs }, () => ({
      prompt: ids(prompt),
      chosen: ids(completion),
      rejected: ids(completion),
    })),
    r: rank,
    modules,
  };
  const running: RunningTrainer[] = [];
  const missing: Missing<TrainerContestant>[] = [];
  try {
    for (const contestant of contestants) {
      options.signal.throwIfAborted();
      options.log(`${name}: opening ${contestant}`);
      const opened = await startTrainer(contestant, work, options.python);
      if ('reason' in opened) missing.push(opened);
      else running.push(opened);
    }
    const seconds = new Map<TrainerContestant, number[]>(running.map(({ name: one }) => [one, []]));
    const peaks = new Map<TrainerContestant, number>();
    for (let round = 0; round <= rounds; round++) {
      options.log(round === 0 ? `${name}: warming up` : `${name}: round ${round} of ${rounds}`);
      for (let turn = 0; turn < running.length; turn++) {
        options.signal.throwIfAborted();
        const one = running[(turn + round) % running.length];
        if (!one) continue;
        const measured = await one.step();
        peaks.set(one.name, measured.peakBytes);
        if (round > 0) seconds.get(one.name)?.push(measured.seconds);
      }
    }
    return {
      name,
      model: shape,
      pairs,
      prompt,
      completion,
      contestants: running.map((one) => ({
        name: one.name,
        version: one.version,
        seconds: spread(seconds.get(one.name) ?? []),
        rounds: seconds.get(one.name) ?? [],
        baselineBytes: one.baselineBytes,
        openedBytes: one.openedBytes,
        peakBytes: peaks.get(one.name) ?? Number.NaN,
        plannedBytes: one.plannedBytes,
      })),
      missing,
    };
  } finally {
    for (const one of running) one.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}
