// Two rounds of the demo's loop over five seeds, once with the oracle as the judge of the training pairs and once with
// chance in its place; the oracle always evaluates. The first must rise well above one half, the second must not.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figures } from './figures.ts';

interface Round {
  round: number;
  win_rate: number;
  lower: number;
  upper: number;
  length_ratio: number;
  demo: { policy: { malformed: number } };
}

const seeds = [1, 2, 3, 4, 5];
const runFile = promisify(execFile);

export async function proveLoop(): Promise<Figures> {
  const oracle = await runSeeds('oracle');
  const random = await runSeeds('random');
  const last = (runs: { rounds: Round[] }[]) => runs.flatMap(({ rounds }) => rounds.slice(-1));
  const summary = (runs: { rounds: Round[] }[]) => ({
    mean_win_rate: mean(last(runs).map(({ win_rate }) => win_rate)),
    lowest_lower_end: Math.min(...last(runs).map(({ lower }) => lower)),
    mean_length_ratio: mean(last(runs).map(({ length_ratio }) => length_ratio)),
    mean_malformed: mean(last(runs).map(({ demo }) => demo.policy.malformed)),
    highest_malformed: Math.max(...last(runs).map(({ demo }) => demo.policy.malformed)),
  });
  return {
    command: 'rankloop loop --demo --judge <judge> --rounds 2 --seed <seed> --json',
    after_round_two: { oracle: summary(oracle), random: summary(random) },
    runs: { oracle, random },
  };
}

async function runSeeds(judge: string): Promise<{ seed: number; rounds: Round[] }[]> {
  const runs = [];
  for (const seed of seeds) {
    const out = mkdtempSync(join(tmpdir(), 'rankloop-loop-'));
    const command = ['--import', 'tsx', 'cli/main.ts', 'loop', '--demo', '--judge', judge, '--rounds', '2'];
    const { stdout } = await runFile(process.execPath, [...command, '--seed', String(seed), '--out', out, '--json']);
    rmSync(out, { recursive: true });
    const { rounds } = JSON.parse(stdout) as { rounds: Round[] };
    runs.push({ seed, rounds });
    const round = rounds.at(-1);
    console.error(
      `${judge}, seed ${seed}: ${round?.win_rate.toFixed(3)} [${round?.lower.toFixed(3)}, ${round?.upper.toFixed(3)}]`,
    );
  }
  return runs;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
