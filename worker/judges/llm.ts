// A judge made of a language model, whichever way it is asked: one question for all responses, or one for every two
// of them in both orders.
import {
  agreeOnOrders,
  type Comparison,
  type Judge,
  type JudgeMode,
  type JudgeRequest,
  listwiseMessages,
  pairwiseMessages,
  parseListwise,
  parsePairwise,
  shownOrderFor,
  tiersFromComparisons,
  toResponseTiers,
  toStoredVerdict,
  type Verdict,
} from '../../domain/judging.ts';
import { mixSeed } from '../../domain/random.ts';
import type { ChatMessage } from '../../engine/ports.ts';

/** Gives the model's whole answer. Throws when it can't be had; limits how many are asked at once by itself. */
export type Ask = (messages: ChatMessage[], signal: AbortSignal) => Promise<string>;

type JudgeMaker = (ask: Ask, request: JudgeRequest, seed: number, signal: AbortSignal) => Promise<Verdict>;

/** Asks in the given mode. When one question fails, those still out for the same verdict are given up. */
export function judgeByAsking(ask: Ask, mode: JudgeMode): Judge {
  return async (request, { seed, signal }) => {
    const giveUp = new AbortController();
    try {
      const either = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
      return await modes[mode](ask, request, seed, either);
    } finally {
      giveUp.abort();
    }
  };
}

const modes: { [M in JudgeMode]: JudgeMaker } = {
  listwise: async (ask, request, seed, signal) => {
    const shownOrder = shownOrderFor(request.responses.length, seed);
    const words = await ask(listwiseMessages(request, shownOrder, seed), signal);
    const tiers = parseListwise(words, shownOrder.length);
    return { tiers: tiers && toResponseTiers(tiers, shownOrder), verdict: toStoredVerdict(words), shownOrder };
  },

  pairwise: async (ask, request, seed, signal) => {
    const shownOrder = shownOrderFor(request.responses.length, seed);
    const couples = shownOrder.flatMap((first, position) =>
      shownOrder.slice(position + 1).map((second) => [first, second] as const),
    );
    const askAbout = (first: number, second: number) => {
      const texts = [request.responses[first] ?? '', request.responses[second] ?? ''] as const;
      return ask(pairwiseMessages(request.prompt, ...texts, mixSeed(seed, first, second)), signal);
    };
    const answers = await Promise.all(
      couples.map(async ([first, second]) => {
        const words = await Promise.all([askAbout(first, second), askAbout(second, first)]);
        return { first, second, words };
      }),
    );
    return { tiers: readComparisons(request.responses.length, answers), verdict: joinWords(answers), shownOrder };
  },
};

interface Answers {
  first: number;
  second: number;
  /** The judge's words with `first` shown first, and with the two exchanged. */
  words: readonly [string, string];
}

/** Null when any answer is no verdict: a ranking with a guess in it would look like one without. */
function readComparisons(count: number, answers: readonly Answers[]): number[][] | null {
  const comparisons: Comparison[] = [];
  for (const { first, second, words } of answers) {
    const [forward, exchanged] = [parsePairwise(words[0]), parsePairwise(words[1])];
    if (forward === null || exchanged === null) return null;
    comparisons.push({ first, second, preference: agreeOnOrders(forward, exchanged) });
  }
  return tiersFromComparisons(count, comparisons);
}

/** All answers, each under a line that says which responses (numbered from 1 as they were given) were A and B. */
function joinWords(answers: readonly Answers[]): string {
  const each = answers.flatMap(({ first, second, words: [forward, exchanged] }) => [
    { a: first, b: second, words: forward },
    { a: second, b: first, words: exchanged },
  ]);
  return each
    .map(({ a, b, words }) => `A = response ${a + 1}, B = response ${b + 1}:\n${toStoredVerdict(words, each.length)}`)
    .join('\n\n');
}
