// The control: an order by chance alone, never a tie. A policy that gains from it shows that the gain is not the judge's.
import type { Judge } from '../../domain/judging.ts';
import { createRandom, mixSeed, shuffled } from '../../domain/random.ts';
import { responseIndices } from '../../domain/ranking.ts';

/** Two seeds: the judge's own, and the request's. The prompt counts too, so that one seed for all is no fixed order. */
export function openRandomJudge(judgeSeed: number): Judge {
  return async ({ prompt, responses }, { seed }) => {
    const indices = responseIndices(responses.length);
    const order = shuffled(indices, createRandom(mixSeed(judgeSeed, seed, JSON.stringify(prompt))));
    return { tiers: order.map((index) => [index]), verdict: 'in random order', shownOrder: indices };
  };
}
