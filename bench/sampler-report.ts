// What `bench sampler` measured, as its JSON has it.
import type { BenchModelName } from './models.ts';
import type { ContestantName, Missing } from './processes.ts';
import type { Spread } from './statistics.ts';

export interface CaseReport {
  name: string;
  rows: number;
  promptTokens: number;
  newTokens: number;
  tokensPerSecond: Partial<Record<ContestantName, Spread>>;
  /** Our tokens/s over theirs. */
  ratio: Partial<Record<ContestantName, Spread>>;
}

export interface MemoryReport {
  /** Before the model was opened: the process and its libraries. */
  baselineBytes: number;
  peakBytes: number;
  /** Of them, what no file backs; null where the system does not tell. */
  ownBaselineBytes: number | null;
  ownPeakBytes: number | null;
  /** Own peak - own baseline (else all), over the weights and the largest cache. */
  overNeed: number;
}

export interface ModelReport {
  model: BenchModelName;
  parameters: number;
  weightBytes: number;
  cacheBytes: number;
  cases: CaseReport[];
  memory: Partial<Record<ContestantName, MemoryReport>>;
  /** The share of greedy tokens that equal ours, up to a row's first that does not. */
  greedyAgreement: Partial<Record<ContestantName, number>>;
  versions: Partial<Record<ContestantName, string>>;
  missing: Missing[];
}

export interface SamplerReport {
  bench: 'sampler';
  commit: string;
  date: string;
  cpu: string;
  cores: number;
  node: string;
  repetitions: number;
  seconds: number;
  models: ModelReport[];
  goals: Goal[];
}

export interface Goal {
  goal: string;
  wanted: number;
  /** null where a contestant was missing. */
  measured: number | null;
  holds: boolean | null;
}
