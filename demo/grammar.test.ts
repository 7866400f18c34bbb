// The two directions of the grammar agree, and no sentence can be read in two ways.

import { expect, test } from 'vitest';
import { createRandom } from '../domain/random.ts';
import { parsePrompt, parseSentence, renderTemplate } from './grammar.ts';
import { pickOne } from './pick-one.ts';
import { answerTemplates, closings, fillers, greetings, promptTemplates, rudePhrases, topics } from './sentences.ts';
import { adjectives, nouns } from './words.ts';

const random = createRandom(7);
const drawItem = () => ({ adjective: pickOne(adjectives, random), noun: pickOne(nouns, random) });

test('the domain has the size that the README names', () => {
  expect(topics).toHaveLength(12);
  expect(new Set(adjectives).size).toBe(24);
  expect(new Set(nouns).size).toBe(80);
  expect(topics.flatMap((topic) => promptTemplates[topic])).toHaveLength(60);
  expect(topics.flatMap((topic) => answerTemplates[topic])).toHaveLength(38);
});

test('every template is one sentence with one item, and its rendering parses back to topic and item', () => {
  for (const topic of topics) {
    for (const template of [...promptTemplates[topic], ...answerTemplates[topic]]) {
      expect(template.match(/\{item\}/g)).toHaveLength(1);
      expect(template.match(/[.?!]/g)).toHaveLength(1);
    }
    for (let round = 0; round < 200; round++) {
      const item = drawItem();
      const prompt = renderTemplate(pickOne(promptTemplates[topic], random), item, random);
      const answer = renderTemplate(pickOne(answerTemplates[topic], random), item, random);
      expect(parsePrompt(prompt), prompt).toEqual({ topic, ...item });
      expect(parseSentence(answer), answer).toEqual({ kind: 'answer', topic, ...item });
      expect(parsePrompt(answer), answer).toBeNull();
      expect(parseSentence(prompt).kind, prompt).toBe('malformed');
      expect(Math.max(prompt.length, answer.length)).toBeLessThan(120);
    }
  }
});

test('a fixed sentence has one part only, and a closing has four words at most', () => {
  const fixed = [...greetings, ...closings, ...fillers, ...rudePhrases];
  expect(new Set(fixed).size).toBe(fixed.length);
  for (const sentence of fixed) expect(sentence).toMatch(/^[A-Z][A-Za-z ]*[.!?]$/);
  for (const closing of closings) expect(closing.split(' ').length).toBeLessThanOrEqual(4);
});

test('only whole sentences with words and facts of the shop are recognised', () => {
  expect(parseSentence('The grey teapot costs 45 euros.').kind).toBe('answer');
  for (const text of [
    'The on the grey teapot lasts 60 euros.',
    'The grey teapot costs 45 euros',
    'the grey teapot costs 45 euros.',
    'The grey grey teapot costs 45 euros.',
    'The grey teapot costs 450 euros.',
    'The grey teapot costs five euros.',
    'The gray teapot costs 45 euros.',
    'The teapot costs 45 euros.',
    'The grey teapot costs 45 euros. The',
    ' The grey teapot costs 45 euros.',
    'The grey teapot costs 45 euros.\n',
    'The grey teapot is made of gold.',
    'hello!',
    '',
  ]) {
    expect(parseSentence(text).kind, text).toBe('malformed');
  }
});
