// A local policy as a judge: any sampler, greedy, one question at a time (the engine has one device).
import { AppError } from '../../domain/errors.ts';
import type { SamplingConfig } from '../../engine/config.ts';
import type { Sampler } from '../../engine/ports.ts';
import { createLimiter } from './limit.ts';
import type { Ask } from './llm.ts';

/** The sampler stays the caller's to close. */
export function openLocalAsk(sampler: Sampler, maxTokens: number): Ask {
  const oneAtATime = createLimiter(1);
  const greedy: SamplingConfig = { temperature: 0, top_p: 1, top_k: 0, max_new_tokens: maxTokens };
  return (messages, signal) =>
    oneAtATime(async () => {
      if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      const requests = [{ id: 'judge', prompt: messages, n: 1, seed: 0 }];
      let answer: string | null = null;
      for await (const chunk of sampler.sample(requests, greedy, signal)) {
        if (chunk.type === 'response') answer = chunk.response.text;
      }
      if (answer === null) {
        throw new AppError('JUDGE_UNAVAILABLE', 'The local judge ended without an answer: judge again.');
      }
      return answer;
    });
}
