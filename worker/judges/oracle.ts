// The demo's judge: a rule that knows the demo's grammar, so that the demo needs no key. It asks no one and sees no
// order; equal scores tie.
import { scoreReply } from '../../demo/oracle.ts';
import { type Judge, tiersFromScores } from '../../domain/judging.ts';
import { responseIndices } from '../../domain/ranking.ts';
import type { Prompt } from '../../engine/ports.ts';

export const oracleJudge: Judge = async ({ prompt, responses }) => {
  const question = lastQuestion(prompt);
  const scores = responses.map((response) => scoreReply(question, response).score);
  const verdict = scores.map((score, index) => `response ${index + 1}: ${score}`).join(', ');
  return { tiers: tiersFromScores(scores), verdict, shownOrder: responseIndices(responses.length), scores };
};

/** What a reply answers. */
export function lastQuestion(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.findLast(({ role }) => role === 'user')?.content ?? '';
}
