// The oracle's numbers, and the holes that training on its score would find: none of them may pay.

import { expect, test } from 'vitest';
import { createRandom } from '../domain/random.ts';
import { renderTemplate } from './grammar.ts';
import { scoreReply } from './oracle.ts';
import { pickOne } from './pick-one.ts';
import { heldOutPrompts } from './prompts.ts';
import { answerTemplates, closings, greetings, topics } from './sentences.ts';

const prompt = 'How much is the grey teapot?';
const answer = 'The grey teapot costs 45 euros.';
const ideal = `Hello! ${answer} Have a nice day!`;
const score = (reply: string) => scoreReply(prompt, reply).score;

test.each([
  [ideal, 9],
  [answer, 7],
  [`Hello! ${answer}`, 8],
  [`${answer} Take care!`, 8],
  ['The red teapot costs 45 euros.', 5.2],
  ['The grey kettle costs 45 euros.', 4],
  ['The grey teapot is made of steel.', 3],
  ['The red kettle is made of steel.', 0],
  [`${answer} Our shop is near the station.`, 6.25],
  [`${answer} Stop wasting my time.`, 5],
  ['', -2],
  ['Teapot.', -2],
])('%s scores %d', (reply, expected) => {
  expect(score(reply)).toBe(expected);
});

test('words over the limit cost a tenth each', () => {
  const fillers = 'Many people ask us this. We opened ten years ago. There is a bakery next door.';
  const long = scoreReply(prompt, `Thanks for asking! ${answer} ${fillers} Have a nice day!`);
  expect(long.words).toBe(29);
  expect(long.score).toBeCloseTo(9 - 3 * 0.75 - 5 * 0.1, 10);
});

test('every ideal reply to every kind of prompt scores 9', () => {
  const random = createRandom(2);
  for (const { text, ...asked } of heldOutPrompts(2, 500)) {
    for (const template of answerTemplates[asked.topic]) {
      const middle = renderTemplate(template, asked, random);
      const reply = `${pickOne(greetings, random)} ${middle} ${pickOne(closings, random)}`;
      expect(scoreReply(text, reply).score, reply).toBe(9);
    }
  }
});

test('an answer is right for one topic only', () => {
  const random = createRandom(3);
  for (const { text, topic, ...item } of heldOutPrompts(3, 200)) {
    for (const other of topics) {
      for (const template of answerTemplates[other]) {
        expect(scoreReply(text, renderTemplate(template, item, random)).topicRight).toBe(other === topic);
      }
    }
  }
});

const holes: Record<string, string> = {
  'greeting twice': `Hello! Hello! ${answer} Have a nice day!`,
  'two greetings': `Hello! Hi there! ${answer} Have a nice day!`,
  'closing twice': `Hello! ${answer} Take care! Take care!`,
  'closing first, greeting last': `Take care! ${answer} Hello!`,
  'greeting after closing': `Hello! ${answer} Have a nice day! Hello!`,
  'the answer twice': `Hello! ${answer} ${answer} Have a nice day!`,
  'a contradicting second answer': `Hello! ${answer} The grey teapot costs 46 euros. Have a nice day!`,
  'a second wording of the answer': `Hello! ${answer} You pay 45 euros for the grey teapot. Have a nice day!`,
  'a second answer on another topic': `Hello! ${answer} The grey teapot is made of steel. Have a nice day!`,
  'a wrong answer before the right one': `Hello! The grey teapot is made of steel. ${answer} Have a nice day!`,
  'a second answer on another item': `Hello! ${answer} The red teapot costs 45 euros. Have a nice day!`,
  'the answer, then nonsense': `Hello! ${answer} The on the grey teapot. Have a nice day!`,
  'nonsense inside the answer': 'Hello! The the grey teapot costs 45 euros. Have a nice day!',
  'a keyword salad': 'Hello! The on the grey teapot lasts 60 euros. Have a nice day!',
  'a cut last sentence': `Hello! ${answer} Have a nice`,
  'a cut answer': 'Hello! The grey teapot costs 45',
  'sentences without a space between': `Hello!${answer} Have a nice day!`,
  'two spaces between sentences': `Hello!  ${answer} Have a nice day!`,
  'a line break': `Hello!\n${answer} Have a nice day!`,
  'a trailing space': `${ideal} `,
  'extra marks': `Hello! ${answer}. Have a nice day!!`,
  'no answer at all': 'Hello! Have a nice day!',
  'a filler for an answer': 'Hello! Many people ask us this. Have a nice day!',
  'the question back': `Hello! ${prompt} Have a nice day!`,
  'a lower-case answer': `Hello! ${answer.toLowerCase()} Have a nice day!`,
  'a script tag': `Hello! ${answer} <script>alert(1)</script> Have a nice day!`,
};
test.each(Object.entries(holes))('%s pays less than the ideal reply', (_, reply) => {
  expect(score(reply)).toBeLessThanOrEqual(8.25);
});

test('a second answer takes away what it contradicts', () => {
  const otherTopic = scoreReply(prompt, `${answer} The grey teapot is made of steel.`);
  expect(otherTopic).toMatchObject({ topicRight: false, itemRight: true, fillers: 1 });
  const otherItem = scoreReply(prompt, `${answer} The red kettle costs 45 euros.`);
  expect(otherItem).toMatchObject({ topicRight: false, itemRight: false, nounRight: false });
  const otherPrice = scoreReply(prompt, `${answer} The grey teapot costs 46 euros.`);
  expect(otherPrice.topicRight).toBe(false);
  expect(scoreReply(prompt, `${answer} ${answer}`)).toMatchObject({ topicRight: true, itemRight: true, fillers: 1 });
});

test('adding any sentence to an ideal reply, anywhere, never pays', () => {
  const sentences = ideal.split(/(?<=[.!?]) /);
  const additions = [
    ...greetings,
    ...closings,
    answer,
    'Many people ask us this.',
    'Yes.',
    '',
    'That is your problem.',
  ];
  for (const addition of additions) {
    for (let place = 0; place <= sentences.length; place++) {
      const longer = [...sentences.slice(0, place), addition, ...sentences.slice(place)].join(' ');
      expect(score(longer), longer).toBeLessThan(9);
    }
  }
});

test('a prompt outside the grammar is scored for form only', () => {
  expect(scoreReply('What is the capital of France?', ideal)).toMatchObject({
    ...{ score: 2, topicRight: false, itemRight: false, malformed: false },
  });
  expect(scoreReply('What is the capital of France?', 'Paris.')).toMatchObject({ score: -2, malformed: true });
});

test('a hostile reply or prompt is scored at once', () => {
  const replies = ['a', '. ', 'a. ', 'The ', 'Hello! ', `${answer} `, '! ! ! ', '\n', ' '].map((part) =>
    part.repeat(Math.ceil(100_000 / part.length)),
  );
  const started = performance.now();
  for (const reply of replies) {
    expect(score(reply)).toBeLessThan(0);
    scoreReply(reply, answer);
  }
  expect(performance.now() - started).toBeLessThan(5_000); // well under one in practice; quadratic work would take minutes
});
