// Which judges there are. A judge is a function (domain/judging.ts); to add one, add its line here.

import { AppError } from '../../domain/errors.ts';
import type { Judge, JudgeMode } from '../../domain/judging.ts';
import { findRequestProblem } from '../../domain/judging.ts';
import type { Sampler } from '../../engine/ports.ts';
import type { RewardModel } from '../../engine/training/reward-model.ts';
import { judgeByAsking } from './llm.ts';
import { openLocalAsk } from './local.ts';
import { type OpenAiOptions, openOpenAiAsk } from './openai.ts';
import { oracleJudge } from './oracle.ts';
import { openRandomJudge } from './random.ts';
import { openRewardJudge } from './reward.ts';

export interface JudgeSpecs {
  oracle: { kind: 'oracle' };
  random: { kind: 'random'; seed: number };
  /** `maxTokens` is the room for an answer. */
  local: { kind: 'local'; sampler: Sampler; maxTokens?: number };
  openai: { kind: 'openai' } & OpenAiOptions;
  reward: { kind: 'reward'; model: RewardModel };
}
export type JudgeKind = keyof JudgeSpecs;
export type JudgeSpec = JudgeSpecs[JudgeKind];

export const defaultMaxTokens = 1024;

const openers: { [K in JudgeKind]: (spec: JudgeSpecs[K], mode: JudgeMode) => Judge } = {
  oracle: () => oracleJudge,
  random: ({ seed }) => openRandomJudge(seed),
  local: ({ sampler, maxTokens = defaultMaxTokens }, mode) => judgeByAsking(openLocalAsk(sampler, maxTokens), mode),
  openai: (spec, mode) => judgeByAsking(openOpenAiAsk({ maxTokens: defaultMaxTokens, ...spec }), mode),
  reward: ({ model }) => openRewardJudge(model),
};

export const judgeKinds = Object.keys(openers) as readonly JudgeKind[];

/** The judge of a spec. `mode` is how a language model is asked; the oracle and chance know no modes. */
export function openJudge<K extends JudgeKind>(spec: JudgeSpecs[K] & { kind: K }, mode: JudgeMode = 'listwise'): Judge {
  const judge = openers[spec.kind](spec, mode);
  return async (request, options) => {
    const problem = findRequestProblem(request);
    if (problem) throw new AppError('DATA_INVALID', `This prompt can't be judged: ${problem}.`);
    if (options.signal?.aborted) throw new AppError('CANCELLED', 'Cancelled.');
    return judge(request, options);
  };
}
