// A local policy as a judge: any sampler, greedy, one question at a time (the engine has one device).
import { AppError } from '../../domain/errors.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { EngineError } from '../../engine/errors.ts';
import type { Sampler } from '../../engine/ports.ts';
import { createLimiter } from '../limit.ts';
import type { Ask } from './llm.ts';

/** The sampler stays the caller's to close. */
export function openLocalAsk(sampler: Sampler, maxTokens: number): Ask {
  const oneAtATime = createLimiter(1);
  const greedy = samplingConfigSchema.parse({ temperature: 0, max_new_tokens: maxTokens });
  return (messages, signal) =>
    oneAtATime(async () => {
      if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      const requests = [{ id: 'judge', prompt: messages, n: 1, seed: 0 }];
      let answer: string | null = null;
      try {
        for await (const chunk of sampler.sample(requests, greedy, signal)) {
          if (chunk.type === 'response') answer = chunk.response.text;
        }
      } catch (error) {
        throw explainRefusal(error);
      }
      if (answer === null) {
        throw new AppError('JUDGE_UNAVAILABLE', 'The local judge ended without an answer: judge again.');
      }
      return answer;
    });
}

/** A question that the model can't take is most often longer than its context. */
function explainRefusal(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.code !== 'DATA_INVALID') return error;
  const message = `The local judge can't take the question (${error.message.replace(/\.$/, '')}): choose a model with a longer context.`;
  return new AppError('JUDGE_REFUSED', message, { cause: error });
}
