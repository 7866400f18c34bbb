// The demo's language in both directions: renders a template with an item and facts, and recognises a whole
// sentence again. Pure and safe in a browser; the patterns are built once, when the file is loaded.
import type { Random } from '../domain/random.ts';
import { pickOne } from './pick-one.ts';
import type { Topic } from './sentences.ts';
import { answerTemplates, closings, fillers, greetings, promptTemplates, rudePhrases, topics } from './sentences.ts';
import { adjectives, cleaners, goodsKinds, nouns, weekdays } from './words.ts';

export interface Item {
  adjective: string;
  noun: string;
}

/** What a prompt asks, or an answer states: one slot filling. */
export interface Filling extends Item {
  topic: Topic;
}

export type Sentence =
  | ({ kind: 'answer' } & Filling)
  | { kind: 'greeting' | 'closing' | 'filler' | 'rude' }
  | { kind: 'malformed' };

const kindOfNoun = new Map(goodsKinds.flatMap((kind) => kind.nouns.map((noun) => [noun, kind] as const)));
const materials = [...new Set(goodsKinds.flatMap((kind) => kind.materials))];

interface Fact {
  pattern: string;
  draw(random: Random, noun: string): string;
}

const between = (random: Random, [lowest, highest]: readonly [number, number]) =>
  String(lowest + Math.floor(random() * (highest - lowest + 1)));
const oneOf = (values: readonly string[]): Fact => ({
  pattern: values.join('|'),
  draw: (random) => pickOne(values, random),
});
const oneDigit: Fact = { pattern: '[2-9]', draw: (random) => between(random, [2, 9]) };

function goodsOf(noun: string) {
  const kind = kindOfNoun.get(noun);
  if (!kind) throw new RangeError(`The demo's shop does not sell a "${noun}": add it to demo/words.ts.`);
  return kind;
}

/** Facts are drawn to suit the noun, but recognised for any: the oracle does not judge whether they are plausible. */
const facts: Readonly<Record<string, Fact>> = {
  days: oneDigit,
  weeks: oneDigit,
  years: oneDigit,
  giftPrice: oneDigit,
  price: { pattern: '[1-9][0-9]', draw: (random, noun) => between(random, goodsOf(noun).price) },
  centimetres: { pattern: '[1-9][0-9]', draw: (random, noun) => between(random, goodsOf(noun).centimetres) },
  percent: { pattern: '[1-9][0-9]', draw: (random) => String(5 * (2 + Math.floor(random() * 9))) },
  weekday: oneOf(weekdays),
  cleaner: oneOf(cleaners),
  material: { pattern: materials.join('|'), draw: (random, noun) => pickOne(goodsOf(noun).materials, random) },
};

/** Fills a template's slots. */
export function renderTemplate(template: string, item: Item, random: Random): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, slot: string) =>
    slot === 'item' ? `${item.adjective} ${item.noun}` : factOf(slot).draw(random, item.noun),
  );
}

function factOf(slot: string): Fact {
  const fact = facts[slot];
  if (!fact) throw new RangeError(`Unknown slot {${slot}} in a template of demo/sentences.ts.`);
  return fact;
}

interface TemplatePattern {
  topic: Topic;
  pattern: RegExp;
}

function compileTemplates(templates: { readonly [T in Topic]: readonly string[] }): TemplatePattern[] {
  const compile = (template: string) => {
    const escaped = template.replaceAll(/[.?]/g, '\\$&');
    const source = escaped.replaceAll(/\{(\w+)\}/g, (_, slot: string) =>
      slot === 'item' ? '([a-z]{1,20}) ([a-z]{1,20})' : `(?:${factOf(slot).pattern})`,
    );
    return new RegExp(`^${source}$`);
  };
  return topics.flatMap((topic) => templates[topic].map((template) => ({ topic, pattern: compile(template) })));
}

const promptPatterns = compileTemplates(promptTemplates);
const answerPatterns = compileTemplates(answerTemplates);
const knownAdjectives = new Set<string>(adjectives);
const knownNouns = new Set(nouns);
const fixedSentences = new Map<string, Sentence>([
  ...greetings.map((text) => [text, { kind: 'greeting' }] as const),
  ...closings.map((text) => [text, { kind: 'closing' }] as const),
  ...fillers.map((text) => [text, { kind: 'filler' }] as const),
  ...rudePhrases.map((text) => [text, { kind: 'rude' }] as const),
]);
const longestSentence = 120; // characters; the longest that the templates can give is shorter (grammar.test.ts)
const malformed: Sentence = { kind: 'malformed' };

function matchFilling(patterns: readonly TemplatePattern[], text: string): Filling | null {
  if (text.length > longestSentence) return null;
  for (const { topic, pattern } of patterns) {
    const [, adjective = '', noun = ''] = pattern.exec(text) ?? [];
    if (knownAdjectives.has(adjective) && knownNouns.has(noun)) return { topic, adjective, noun };
  }
  return null;
}

/** What a customer's text asks; null where it is none of the demo's questions. */
export function parsePrompt(text: string): Filling | null {
  return matchFilling(promptPatterns, text.trim());
}

/** Recognises one whole sentence of a reply; anything but the exact words and full stop is malformed. */
export function parseSentence(text: string): Sentence {
  const fixed = fixedSentences.get(text);
  if (fixed) return fixed;
  const filling = matchFilling(answerPatterns, text);
  return filling ? { kind: 'answer', ...filling } : malformed;
}
