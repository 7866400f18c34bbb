// The corpus keeps to the mix and to the split that it promises. The oracle reads the replies back.
import { beforeAll, expect, test } from 'vitest';
import { type CorpusExample, defaultCorpusSize, generateCorpus, replyMix } from './corpus.ts';
import { parsePrompt, parseSentence } from './grammar.ts';
import { type ReplyScore, scoreReply } from './oracle.ts';
import { isHeldOut } from './prompts.ts';

let corpus: CorpusExample[];
let scores: ReplyScore[];
const text = (messages: { content: string }[]) => messages[0]?.content ?? '';
const share = (hasTrait: (score: ReplyScore) => boolean) => scores.filter(hasTrait).length / scores.length;

beforeAll(() => {
  corpus = generateCorpus(1);
  scores = corpus.map(({ prompt, completion }) => scoreReply(text(prompt), text(completion)));
});

test('every trait has its written share, within a point', () => {
  expect(corpus).toHaveLength(defaultCorpusSize);
  const near = (measured: number, written: number) => expect(Math.abs(measured - written)).toBeLessThan(0.01);
  near(
    share((score) => score.topicRight),
    replyMix.topicRight,
  );
  near(
    share((score) => score.itemRight),
    replyMix.itemRight,
  );
  near(
    share((score) => score.greeting),
    replyMix.greeting,
  );
  near(
    share((score) => score.closing),
    replyMix.closing,
  );
  near(
    share((score) => score.rude === 1),
    replyMix.rude,
  );
  replyMix.fillers.forEach((written, count) => {
    near(
      share((score) => score.fillers === count),
      written,
    );
  });
  near(
    share((score) => score.nounRight && !score.itemRight),
    (1 - replyMix.itemRight) * replyMix.wrongItem.adjective,
  );
});

test('every reply is well formed, and the start is neither perfect nor hopeless', () => {
  expect(scores.filter((score) => score.malformed)).toEqual([]);
  const mean = scores.reduce((sum, { score }) => sum + score, 0) / scores.length;
  expect(mean).toBeGreaterThan(4);
  expect(mean).toBeLessThan(5.5);
});

test('no prompt and no reply states a held-out filling', () => {
  for (const { prompt, completion } of corpus) {
    const asked = parsePrompt(text(prompt));
    expect(asked && !isHeldOut(asked), text(prompt)).toBe(true);
    const answers = text(completion)
      .split(/(?<=[.!?]) /)
      .map(parseSentence)
      .filter((sentence) => sentence.kind === 'answer');
    expect(answers).toHaveLength(1);
    for (const answer of answers) expect(isHeldOut(answer), text(completion)).toBe(false);
  }
});

test('a seed gives the same corpus again, another seed another one', () => {
  const [first, again, other] = [3, 3, 4].map((seed) => JSON.stringify(generateCorpus(seed, 500)));
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});
