// What `rankloop loop` was asked for.
import type { PairPolicy } from '../domain/pairs.ts';
import type { JudgeKind } from '../worker/judges/index.ts';
import type { JudgeOptions } from './judge-options.ts';
import type { DeviceOption } from './options.ts';

export interface LoopOptions extends Omit<JudgeOptions, 'device'>, DeviceOption {
  demo?: boolean;
  model?: string;
  prompts?: string;
  evalPrompts?: string;
  evalJudge: JudgeKind;
  rounds: number;
  policy: PairPolicy;
  promptsPerRound?: number;
  heldOut?: number;
  config?: string;
  out: string;
  json?: boolean;
}
