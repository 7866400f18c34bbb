// A reward model as a judge: it gives each response a number by itself, so that there is no order to favour and none to ask.
import { AppError } from '../../domain/errors.ts';
import { type Judge, tiersFromScores } from '../../domain/judging.ts';
import { responseIndices } from '../../domain/ranking.ts';
import { EngineError } from '../../engine/errors.ts';
import type { RewardModel } from '../../engine/training/reward-model.ts';
import { createLimiter } from '../limit.ts';

/** The model stays the caller's to close. */
export function openRewardJudge(model: RewardModel): Judge {
  const oneAtATime = createLimiter(1);
  return async ({ prompt, responses }, { signal }) => {
    const completions = responses.map((content) =>
      typeof prompt === 'string' ? content : [{ role: 'assistant', content }],
    );
    const scores = await oneAtATime(() => model.reward(prompt, completions, signal)).catch((error) => {
      throw explainRefusal(error);
    });
    const verdict = scores.map((score, index) => `response ${index + 1}: ${score.toFixed(4)}`).join(', ');
    return { tiers: tiersFromScores(scores), verdict, shownOrder: responseIndices(responses.length), scores };
  };
}

function explainRefusal(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.code !== 'DATA_INVALID') return error;
  return new AppError('JUDGE_REFUSED', `The reward model can't take the responses: ${error.message}`, { cause: error });
}
