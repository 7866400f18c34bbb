// The demo oracle: a deterministic rule that scores a reply, never a language model. It parses whole sentences
// against the grammar, because training finds any hole that a rule about keywords leaves.
// Pure and safe in a browser; README.md in this folder explains the numbers.
import { type Filling, parsePrompt, parseSentence, type Sentence } from './grammar.ts';

export const oracleRule = {
  topic: 4,
  item: 3,
  /** The share of `item` for the right noun with a wrong adjective. */
  nounAlone: 0.4,
  greeting: 1,
  closing: 1,
  rude: -2,
  filler: -0.75,
  malformed: -2,
  wordLimit: 24,
  wordOverLimit: -0.1,
} as const;

export interface ReplyScore {
  score: number;
  /** The reply's one answer is about what was asked. */
  topicRight: boolean;
  /** Every answer names the adjective and the noun that were asked about. */
  itemRight: boolean;
  /** The same for the noun alone. */
  nounRight: boolean;
  /** The first sentence greets. */
  greeting: boolean;
  /** The last sentence takes leave. */
  closing: boolean;
  /** How many rude sentences. */
  rude: number;
  /** How many sentences that add nothing: fillers, second answers, greetings and closings out of place. */
  fillers: number;
  malformed: boolean;
  /** How many sentences are not of the grammar; one where a reply has no answer at all. */
  malformedSentences: number;
  words: number;
}

/** Scores a reply to a prompt. A prompt outside the grammar has no right answer: its replies are scored for form only. */
export function scoreReply(prompt: string, reply: string): ReplyScore {
  const texts = splitSentences(reply);
  const sentences = texts.map(parseSentence);
  const answers = sentences.filter((sentence) => sentence.kind === 'answer');
  const greeting = sentences[0]?.kind === 'greeting';
  const closing = sentences.at(-1)?.kind === 'closing';
  const count = (kind: Sentence['kind']) => sentences.filter((sentence) => sentence.kind === kind).length;
  const malformedSentences = Math.max(count('malformed'), answers.length === 0 ? 1 : 0);
  const misplaced = count('greeting') - Number(greeting) + count('closing') - Number(closing);
  const isOneAnswer = new Set(texts.filter((_, index) => sentences[index]?.kind === 'answer')).size === 1;
  const form = {
    greeting,
    closing,
    rude: count('rude'),
    fillers: count('filler') + misplaced + Math.max(0, answers.length - 1),
    malformed: malformedSentences > 0,
    malformedSentences,
    words: reply.match(/\S+/g)?.length ?? 0,
  };
  const content = judgeAnswers(parsePrompt(prompt), answers, isOneAnswer);
  return { score: sumScore(form, content), ...content, ...form };
}

/** A sentence ends where a mark is followed by exactly one space; other spacing makes its neighbour malformed. */
function splitSentences(reply: string): string[] {
  return reply === '' ? [] : reply.split(/(?<=[.!?]) /);
}

type Content = Pick<ReplyScore, 'topicRight' | 'itemRight' | 'nounRight'>;
type Form = Omit<ReplyScore, 'score' | keyof Content>;

/** Two different answers may contradict each other, so that neither is the answer, even where one of them is right. */
function judgeAnswers(asked: Filling | null, answers: readonly Filling[], isOneAnswer: boolean): Content {
  if (!asked || answers.length === 0) return { topicRight: false, itemRight: false, nounRight: false };
  const nounRight = answers.every((answer) => answer.noun === asked.noun);
  return {
    topicRight: isOneAnswer && answers.every((answer) => answer.topic === asked.topic),
    itemRight: nounRight && answers.every((answer) => answer.adjective === asked.adjective),
    nounRight,
  };
}

function sumScore(form: Form, { topicRight, itemRight, nounRight }: Content): number {
  const rule = oracleRule;
  const itemShare = itemRight ? 1 : nounRight ? rule.nounAlone : 0;
  const score =
    rule.topic * Number(topicRight) +
    rule.item * itemShare +
    rule.greeting * Number(form.greeting) +
    rule.closing * Number(form.closing) +
    rule.rude * form.rude +
    rule.filler * form.fillers +
    rule.malformed * form.malformedSentences +
    rule.wordOverLimit * Math.max(0, form.words - rule.wordLimit);
  return Math.round(score * 100) / 100; // equal sums of parts compare equal
}
