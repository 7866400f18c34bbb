// Many requests through one judge, a few at a time.
import type { Judge, JudgeRequest, Verdict } from '../../domain/judging.ts';
import { mixSeed } from '../../domain/random.ts';

export interface JudgeAllOptions {
  seed: number;
  concurrency?: number;
  signal?: AbortSignal | undefined;
  /** Called as each verdict comes, in no certain order: what it keeps, a failure later on does not take away. */
  onVerdict?: (key: number, verdict: Verdict) => void;
}

/**
 * Judges every request; each key (a line, an ordinal) gives its request a seed of its own, whatever else is judged.
 * The first failure ends it: the others in flight are given up, and it throws that failure.
 */
export async function judgeAll(
  judge: Judge,
  requests: ReadonlyMap<number, JudgeRequest>,
  { seed, concurrency = 4, signal, onVerdict }: JudgeAllOptions,
): Promise<Map<number, Verdict>> {
  const giveUp = new AbortController();
  const either = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
  const verdicts = new Map<number, Verdict>();
  let failure: { error: unknown } | null = null;
  const queue = requests.entries();

  const work = async () => {
    for (const [key, request] of queue) {
      if (failure) return;
      try {
        const verdict = await judge(request, { seed: mixSeed(seed, key), signal: either });
        verdicts.set(key, verdict);
        onVerdict?.(key, verdict);
      } catch (error) {
        failure ??= { error };
        giveUp.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const ended = failure as { error: unknown } | null;
  if (ended) throw ended.error;
  return verdicts;
}
