// What the shapes with "chosen" and "rejected" have in common: a prompt of its own or what both sides begin with, and one
// answer on each side. Whole conversations on both sides, as most data sets on the Hub have them, are taken apart.
import type { ChatMessage } from '../../../engine/ports.ts';
import { splitPrompt } from '../../implicit-prompt.ts';
import { type ShapeResult, skipped } from '../prompt.ts';
import { answerOf, messagesNeeded, messagesOf, promptOf } from './fields.ts';

export interface PairSides {
  /** Null: what both sides begin with. */
  prompt: unknown;
  chosen: unknown;
  rejected: unknown;
  sources?: { chosen: string | null; rejected: string | null };
  /** Both were scored alike: a tie, whatever the columns are called. */
  isTie?: boolean;
}

export function readPair({ prompt, chosen, rejected, sources, isTie = false }: PairSides): ShapeResult {
  const sides = { chosen: sideOf(chosen), rejected: sideOf(rejected) };
  if (sides.chosen === null) return skipped('wrong-shape', `"chosen" ${messagesNeeded}, or a text`);
  if (sides.rejected === null) return skipped('wrong-shape', `"rejected" ${messagesNeeded}, or a text`);
  const apart = takeApart(prompt, sides.chosen, sides.rejected);
  if ('skip' in apart) return apart;
  const answers = [answerOf(apart.chosen), answerOf(apart.rejected)] as const;
  if (answers[0] === null || answers[1] === null) {
    return skipped('no-shared-prompt', "the two conversations differ in more than the assistant's last turn");
  }
  return {
    draft: {
      messages: apart.messages,
      responses: [
        { text: answers[0], source: sources?.chosen ?? null },
        { text: answers[1], source: sources?.rejected ?? null },
      ],
      rankings: [isTie ? [[0, 1]] : [[0], [1]]],
    },
  };
}

type Side = string | ChatMessage[];

const sideOf = (value: unknown): Side | null => (typeof value === 'string' ? value : messagesOf(value));

type Apart = { messages: ChatMessage[]; chosen: Side; rejected: Side };

function takeApart(prompt: unknown, chosen: Side, rejected: Side): Apart | ReturnType<typeof skipped> {
  if (Array.isArray(chosen) !== Array.isArray(rejected)) {
    return skipped('wrong-shape', '"chosen" and "rejected" must be of one kind: both texts or both lists of messages');
  }
  // Beside whole conversations a prompt in words only repeats their beginning.
  const isWhole = Array.isArray(chosen) && chosen.length > 1;
  if (prompt !== null && prompt !== undefined && !isWhole) {
    const messages = promptOf(prompt);
    if (!messages) return skipped('wrong-shape', `"prompt" ${messagesNeeded}, or a text`);
    return { messages, chosen, rejected };
  }
  const split = splitPrompt(chosen, rejected);
  if (!split)
    return skipped(
      'no-shared-prompt',
      'it has no "prompt", and "chosen" and "rejected" begin differently or are the same',
    );
  const messages = promptOf(split.prompt);
  if (!messages) return skipped('no-shared-prompt', 'what both sides begin with is no prompt');
  return { messages, chosen: split.chosen, rejected: split.rejected };
}
