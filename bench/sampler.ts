// `rankloop bench sampler`: every contestant on the same weights and prompts, interleaved in one run, so that what
// disturbs the machine disturbs all of them. Figures are medians, and ratios are taken within a round.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { createRandom } from '../engine/random.ts';
import { type Work, workSchema } from './contestant.ts';
import { judgeGoals } from './goals.ts';
import { type BenchModelName, benchModels, cacheBytesPerToken, checkpointFolder, parameterCount } from './models.ts';
import {
  type ContestantName,
  contestantNames,
  type Measured,
  type Missing,
  type Running,
  startContestant,
} from './processes.ts';
import type { CaseReport, ModelReport, SamplerReport } from './sampler-report.ts';
import { greedyAgreement, ratios, spread } from './statistics.ts';
import { randomPrompt } from './tokenizer.ts';

export interface SamplerBenchOptions {
  /** The folder that keeps the random checkpoints. */
  cache: string;
  models: readonly BenchModelName[];
  contestants: readonly ContestantName[];
  /** Rounds over all cases and contestants, after one that is not counted. */
  repetitions: number;
  /** A Python with torch and transformers. */
  python?: string | undefined;
  log: (line: string) => void;
  signal: AbortSignal;
}

interface BenchCase {
  name: string;
  work: Work;
  contestants: readonly ContestantName[];
}

const temperature = 0.9;
const workSeed = 1;
/** A contestant that takes longer over one piece of work is left out: it would hold up all. */
const patienceSeconds = 90;
/** Before each piece of work: threads of the one before that still wait for more work take a core from the next for a while. */
const restMs = 300;

export async function benchSampler(options: SamplerBenchOptions): Promise<SamplerReport> {
  const started = Date.now();
  const models: ModelReport[] = [];
  for (const name of options.models) models.push(await benchModel(name, options));
  return {
    bench: 'sampler',
    commit: currentCommit(),
    date: new Date(started).toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    repetitions: options.repetitions,
    seconds: Math.round((Date.now() - started) / 1000),
    models,
    goals: judgeGoals(models),
  };
}

async function benchModel(name: BenchModelName, options: SamplerBenchOptions): Promise<ModelReport> {
  const model = benchModels[name];
  const folder = await checkpointFolder(options.cache, model);
  const cases = await makeCases(folder, name === 'small' ? 64 : 16);
  const missing: Missing[] = [];
  const running: Running[] = [];
  try {
    for (const contestant of options.contestants) {
      options.log(`${name}: opening ${contestant}`);
      const opened = await startContestant(contestant, folder, { python: options.python });
      if ('reason' in opened) missing.push(opened);
      else running.push(opened);
    }
    const table = await runRounds(name, cases, running, missing, options);
    const finished = running.filter((one) => !missing.some((lost) => lost.name === one.name));
    const weightBytes = parameterCount(model) * (model.dtype === 'F32' ? 4 : 2);
    const tokensHeld = Math.max(
      ...cases.flatMap(({ work }) =>
        work.calls.map(({ prompts, n }) => prompts.length * n * ((prompts[0]?.ids.length ?? 0) + work.newTokens)),
      ),
    );
    const cacheBytes = tokensHeld * cacheBytesPerToken(model);
    return {
      model: name,
      parameters: parameterCount(model),
      weightBytes,
      cacheBytes,
      cases: cases.map((item) => reportCase(item, table, finished)),
      memory: byContestant(finished, (one) => {
        const peakBytes = Math.max(...cases.flatMap(({ name: c }) => table.get(c, one.name).map((m) => m.peakBytes)));
        const { baselineBytes, ownBaselineBytes } = one;
        const ownPeakBytes = one.ownPeakBytes();
        const held = (ownPeakBytes ?? peakBytes) - (ownBaselineBytes ?? baselineBytes);
        const overNeed = held / (weightBytes + cacheBytes);
        return { baselineBytes, peakBytes, ownBaselineBytes, ownPeakBytes, overNeed };
      }),
      greedyAgreement: byContestant(finished, (one) => {
        const rowsOf = (contestant: ContestantName) => table.get('batch 8, greedy', contestant)[0]?.rows;
        return greedyAgreement(rowsOf('ours'), rowsOf(one.name)).share;
      }),
      versions: byContestant(finished, (one) => one.version),
      missing,
    };
  } finally {
    for (const one of running) one.stop();
  }
}

async function makeCases(folder: string, newTokens: number): Promise<BenchCase[]> {
  const { tokenizer } = await openCheckpoint(folder);
  const random = createRandom(workSeed);
  const prompt = (tokens: number) => {
    const text = randomPrompt(tokens, random);
    return { text, ids: tokenizer.encodePrompt(text) };
  };
  const batch = (rows: number, at: number): Work => ({
    calls: [{ prompts: Array.from({ length: rows }, () => prompt(32)), n: 1 }],
    newTokens,
    temperature: at,
    seed: workSeed,
  });
  const long = prompt(200);
  const several: Work = { calls: [{ prompts: [long], n: 8 }], newTokens: 32, temperature, seed: workSeed };
  const singles: Work = { ...several, calls: Array.from({ length: 8 }, () => ({ prompts: [long], n: 1 })) };
  const all = contestantNames;
  return [
    { name: 'batch 1', work: batch(1, temperature), contestants: all },
    { name: 'batch 8', work: batch(8, temperature), contestants: all },
    { name: 'batch 32', work: batch(32, temperature), contestants: all },
    { name: 'batch 8, greedy', work: batch(8, 0), contestants: all },
    { name: 'n = 8', work: several, contestants: all },
    { name: '8 single samples', work: singles, contestants: ['ours'] as const },
  ].map((item) => ({ ...item, work: workSchema.parse(item.work) }));
}

/** What was measured, by case and contestant, a value per round. */
class Table {
  private readonly cells = new Map<string, Measured[]>();
  get(benchCase: string, contestant: ContestantName): readonly Measured[] {
    return this.cells.get(`${benchCase}|${contestant}`) ?? [];
  }
  add(benchCase: string, contestant: ContestantName, value: Measured): void {
    this.cells.set(`${benchCase}|${contestant}`, [...this.get(benchCase, contestant), value]);
  }
}

/** Rounds over all cases, whose contestants take turns in being first; who does not answer in time is added to `missing`. */
async function runRounds(
  model: string,
  cases: readonly BenchCase[],
  running: readonly Running[],
  missing: Missing[],
  { repetitions, log, signal }: SamplerBenchOptions,
): Promise<Table> {
  const table = new Table();
  for (let round = 0; round <= repetitions; round++) {
    log(round === 0 ? `${model}: warming up` : `${model}: round ${round} of ${repetitions}`);
    for (const { name, work, contestants } of cases) {
      for (let turn = 0; turn < running.length; turn++) {
        const one = running[(turn + round) % running.length];
        if (!one || !contestants.includes(one.name) || missing.some((lost) => lost.name === one.name)) continue;
        signal.throwIfAborted();
        await rest(restMs, undefined, { signal });
        const measured = await withPatience(one.measure(work));
        if (measured && round > 0) table.add(name, one.name, measured);
        if (measured) continue;
        one.stop();
        missing.push({ name: one.name, reason: `"${name}" took it over ${patienceSeconds} s: is the machine busy?` });
        log(`${model}: ${one.name} is left out: "${name}" took it over ${patienceSeconds} s`);
      }
    }
  }
  return table;
}

async function withPatience<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), 1000 * patienceSeconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {}); // it was stopped
  }
}

function reportCase({ name, work }: BenchCase, table: Table, running: readonly Running[]): CaseReport {
  const rows = work.calls.reduce((sum, { prompts, n }) => sum + prompts.length * n, 0);
  const tokens = rows * work.newTokens;
  const seconds = (contestant: ContestantName) => table.get(name, contestant).map((measured) => measured.seconds);
  const present = running.filter((one) => seconds(one.name).length > 0);
  return {
    name,
    rows,
    promptTokens: work.calls[0]?.prompts[0]?.ids.length ?? 0,
    newTokens: work.newTokens,
    tokensPerSecond: byContestant(present, (one) => spread(seconds(one.name).map((value) => tokens / value))),
    ratio: byContestant(
      present.filter((one) => one.name !== 'ours'),
      (one) => ratios(seconds(one.name), seconds('ours')),
    ),
  };
}

function byContestant<T>(running: readonly Running[], value: (one: Running) => T): Partial<Record<ContestantName, T>> {
  return Object.fromEntries(running.map((one) => [one.name, value(one)]));
}

/** Where the figures come from, or `unknown` outside a checkout. */
export function currentCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      encoding: 'utf8',
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const isDirty = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', 'HEAD')}${isDirty ? ' with uncommitted changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
