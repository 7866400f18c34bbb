// The corpus that the demo model is trained on: questions with replies that are right, wrong, polite, rude and
// wordy in the shares written down here, so that the model starts neither perfect nor rigged.
import { createRandom, type Random, shuffled } from '../domain/random.ts';
import type { ChatMessage } from '../engine/ports.ts';
import { type Filling, type Item, renderTemplate } from './grammar.ts';
import { pickOne } from './pick-one.ts';
import { isHeldOut, trainFillings } from './prompts.ts';
import {
  answerTemplates,
  closings,
  fillers,
  greetings,
  promptTemplates,
  rudePhrases,
  type Topic,
  topics,
} from './sentences.ts';
import { adjectives, nouns } from './words.ts';

export const defaultCorpusSize = 43_000;

/** The share of replies that have each trait, drawn independently of one another. */
export const replyMix = {
  topicRight: 0.65,
  itemRight: 0.65,
  greeting: 0.5,
  closing: 0.45,
  rude: 0.2,
  /** The share of replies with 0, 1, 2 and 3 fillers. */
  fillers: [0.5, 0.28, 0.15, 0.07],
  /** Of the replies about a wrong item: what is wrong with it. */
  wrongItem: { adjective: 0.4, noun: 0.3, both: 0.3 },
} as const;

export interface CorpusExample {
  prompt: ChatMessage[];
  completion: ChatMessage[];
}

export function generateCorpus(seed: number, count = defaultCorpusSize): CorpusExample[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const asked = pickOne(trainFillings, random);
    const question = renderTemplate(pickOne(promptTemplates[asked.topic], random), asked, random);
    return {
      prompt: [{ role: 'user', content: question }],
      completion: [{ role: 'assistant', content: writeReply(asked, random) }],
    };
  });
}

/** Greeting, answer, fillers and rudeness in any order, closing: each but the answer may be missing. */
function writeReply(asked: Filling, random: Random): string {
  const stated = drawStatement(asked, random);
  const extras: string[] = shuffled(fillers, random).slice(0, drawFillerCount(random));
  if (random() < replyMix.rude) extras.push(pickOne(rudePhrases, random));
  return [
    ...(random() < replyMix.greeting ? [pickOne(greetings, random)] : []),
    renderTemplate(pickOne(answerTemplates[stated.topic], random), stated, random),
    ...shuffled(extras, random),
    ...(random() < replyMix.closing ? [pickOne(closings, random)] : []),
  ].join(' ');
}

/** What the reply's answer is about; drawn again where a wrong one would state a held-out filling. */
function drawStatement(asked: Filling, random: Random): Filling {
  const topicRight = random() < replyMix.topicRight;
  const itemRight = random() < replyMix.itemRight;
  for (;;) {
    const item = itemRight ? asked : drawWrongItem(asked, random);
    const topic: Topic = topicRight ? asked.topic : pickOther(topics, asked.topic, random);
    const stated = { topic, adjective: item.adjective, noun: item.noun };
    if (!isHeldOut(stated)) return stated;
  }
}

function drawWrongItem({ adjective, noun }: Item, random: Random): Item {
  const draw = random();
  const { wrongItem } = replyMix;
  const isNounKept = draw < wrongItem.adjective;
  const isAdjectiveKept = !isNounKept && draw < wrongItem.adjective + wrongItem.noun;
  return {
    adjective: isAdjectiveKept ? adjective : pickOther(adjectives, adjective, random),
    noun: isNounKept ? noun : pickOther(nouns, noun, random),
  };
}

function pickOther<T>(list: readonly T[], excluded: T, random: Random): T {
  return pickOne(
    list.filter((value) => value !== excluded),
    random,
  );
}

function drawFillerCount(random: Random): number {
  let rest = random();
  const count = replyMix.fillers.findIndex((share) => {
    rest -= share;
    return rest < 0;
  });
  return Math.max(count, 0); // the shares add up to 1 but for rounding
}
