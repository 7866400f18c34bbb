// Two policies on the same held-out prompts: each sample of one against the other's of the same place, judged, and
// what the outcomes and the texts say together.
import type { Judge } from '../domain/judging.ts';
import { distinctN, lengthRatio, wordsOf } from '../domain/text-metrics.ts';
import { type Outcome, outcomeOf, type WinRate, winRate } from '../domain/winrate.ts';
import type { Prompt, SampledResponse } from '../engine/ports.ts';
import { type JudgeAllOptions, judgeAll } from './judges/judge-all.ts';

export interface PolicyComparison extends WinRate {
  /** Outcomes from the policy's side, per prompt; an unreadable verdict leaves its sample out. */
  outcomes: (Outcome | null)[][];
  unparseable: number;
  /** Mean tokens of the policy's responses over the opponent's. */
  lengthRatio: number | null;
  distinct2: number;
  opponentDistinct2: number;
}

type Texts = Pick<SampledResponse, 'text' | 'tokenIds'>;

export async function comparePolicies(
  judge: Judge,
  prompts: readonly Prompt[],
  mine: readonly (readonly Texts[])[],
  theirs: readonly (readonly Texts[])[],
  options: Omit<JudgeAllOptions, 'onVerdict'> & { onProgress?: (judged: number) => void },
): Promise<PolicyComparison> {
  const outcomes: (Outcome | null)[][] = prompts.map(() => []);
  const places = prompts.flatMap((prompt, i) =>
    (mine[i] ?? []).flatMap((response, j) => {
      const opponent = theirs[i]?.[j];
      return opponent ? [{ i, j, request: { prompt, responses: [response.text, opponent.text] } }] : [];
    }),
  );
  let judged = 0;
  await judgeAll(judge, new Map(places.map(({ request }, key) => [key, request])), {
    ...options,
    onVerdict: (key, { tiers }) => {
      const place = places[key];
      if (place) (outcomes[place.i] ?? [])[place.j] = tiers && outcomeOf(tiers, 0, 1);
      options.onProgress?.(++judged);
    },
  });
  const readable = outcomes.map((samples) => samples.filter((outcome) => outcome !== null));
  const tokens = (responses: readonly (readonly Texts[])[]) => responses.flat().map(({ tokenIds }) => tokenIds);
  const distinct2 = (responses: readonly (readonly Texts[])[]) =>
    distinctN(
      responses.flat().map(({ text }) => wordsOf(text)),
      2,
    );
  return {
    ...winRate(readable, { seed: options.seed }),
    outcomes,
    unparseable: outcomes.flat().filter((outcome) => outcome === null).length,
    lengthRatio: lengthRatio(tokens(mine), tokens(theirs)),
    distinct2: distinct2(mine),
    opponentDistinct2: distinct2(theirs),
  };
}
