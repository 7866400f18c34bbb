// A trained reward model at work: rewards of responses to prompts.
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readRewardModel } from '../checkpoint/reward-base.ts';
import { EngineError, throwIfCancelled } from '../errors.ts';
import type { Completion, Prompt } from '../ports.ts';
import { createSessionCache, damagedWeights } from '../runtime/session.ts';
import type { TokenRow } from './batch.ts';
import { adapterPolicy } from './policy.ts';
import { packRewards, rewardGraph, rewardSizeOf, scoreName } from './reward-graph.ts';
import { longestSequence, tokenizeCompletion } from './score.ts';

export interface RewardModel {
  /** Rewards in the responses' order: their differences are log-odds of being preferred, their zero is arbitrary. */
  reward(prompt: Prompt, responses: readonly Completion[], signal?: AbortSignal): Promise<number[]>;
  close(): Promise<void>;
}

const rowsPerBatch = 4;
const sessionsHeld = 4;

/** `model` is the base's folder, `adapter` that of a reward model trained on it. */
export async function openRewardModel(options: {
  model: string;
  adapter: string;
  device?: string;
}): Promise<RewardModel> {
  const checkpoint = await openCheckpoint(options.model);
  const { adapter, score } = await readRewardModel(options.adapter, checkpoint);
  const policy = adapterPolicy(checkpoint, adapter, { device: options.device ?? 'auto', isCheckpointed: false });
  const sessions = createSessionCache(sessionsHeld);
  return {
    reward: async (prompt, responses, signal) => {
      const rows = responses.map((response): TokenRow => tokenizeCompletion(checkpoint, prompt, response));
      const tooLong = rows.findIndex((row) => longestSequence(row) > checkpoint.config.maxPositions);
      if (tooLong >= 0) {
        throw new EngineError(
          'DATA_INVALID',
          `Response ${tooLong + 1} and its prompt are longer than the reward model's ${checkpoint.config.maxPositions} positions: shorten them.`,
        );
      }
      const rewards: number[] = [];
      for (let start = 0; start < rows.length; start += rowsPerBatch) {
        throwIfCancelled(signal);
        const batch = rows.slice(start, start + rowsPerBatch);
        const size = rewardSizeOf(batch, rowsPerBatch);
        const session = await sessions.get(JSON.stringify(size), () =>
          policy.open((model) => rewardGraph(model, size)),
        );
        const outputs = await session.run({
          ...packRewards(batch, size),
          ...policy.feeds(size, null),
          [scoreName]: { dtype: 'float32', shape: score.shape, data: score.data },
        });
        for (const [r] of batch.entries()) rewards.push(Number(outputs.rewards?.data[r]));
      }
      if (!rewards.every(Number.isFinite)) throw damagedWeights(options.adapter);
      return rewards;
    },
    close: () => sessions.close(),
  };
}
