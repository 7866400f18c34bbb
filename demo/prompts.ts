// The demo's prompts and their split: a tenth of all (adjective, noun, topic) fillings, chosen by hash, is held
// out. Neither a prompt nor a reply that the model is trained on ever states a held-out filling.
import { createRandom, mixSeed, shuffled } from '../domain/random.ts';
import type { Filling } from './grammar.ts';
import { renderTemplate } from './grammar.ts';
import { promptTemplates, topics } from './sentences.ts';
import { adjectives, nouns } from './words.ts';

export interface DemoPrompt extends Filling {
  text: string;
}

export const heldOutShare = 0.1;

export function isHeldOut({ adjective, noun, topic }: Filling): boolean {
  return mixSeed(0, adjective, noun, topic) / 2 ** 32 < heldOutShare;
}

const allFillings: readonly Filling[] = topics.flatMap((topic) =>
  nouns.flatMap((noun) => adjectives.map((adjective) => ({ adjective, noun, topic }))),
);
export const trainFillings: readonly Filling[] = allFillings.filter((filling) => !isHeldOut(filling));
export const heldOutFillings: readonly Filling[] = allFillings.filter(isHeldOut);

/** `count` different prompts for training; a longer call with the same seed begins with a shorter one's prompts. */
export function trainPrompts(seed: number, count: number): DemoPrompt[] {
  return drawPrompts(trainFillings, seed, count);
}

/** `count` different prompts whose slot fillings no training text has. */
export function heldOutPrompts(seed: number, count: number): DemoPrompt[] {
  return drawPrompts(heldOutFillings, seed, count);
}

/** Goes through the fillings in a shuffled order, each lap with the next wording, so that no text comes twice. */
function drawPrompts(fillings: readonly Filling[], seed: number, count: number): DemoPrompt[] {
  const random = createRandom(seed);
  const order = shuffled(fillings, random).map((filling) => ({ filling, firstWording: Math.floor(random() * 1000) }));
  const wordings = Math.min(...topics.map((topic) => promptTemplates[topic].length));
  if (count > order.length * wordings) {
    throw new RangeError(
      `The demo has ${order.length * wordings} such prompts, ${count} were asked for: ask for fewer.`,
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const { filling, firstWording } = order[index % order.length] as (typeof order)[number];
    const templates = promptTemplates[filling.topic];
    const lap = Math.floor(index / order.length);
    const template = templates[(firstWording + lap) % templates.length] as string;
    return { ...filling, text: renderTemplate(template, filling, random) };
  });
}
