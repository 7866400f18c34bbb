// Which tokens of a conversation the assistant has said: those within the template's {% generation %} blocks, or, where it
// has none, what each assistant's message adds to the conversation before it.
import { EngineError } from '../errors.ts';
import type { ChatMessage } from '../ports.ts';

/** Noncharacters, which no text has (Unicode 23.7). */
const marks = { start: '\ufdd0', end: '\ufdd1' };

/** The template with a mark where each {% generation %} block begins and ends, its white space control kept; null without blocks. */
export function markGeneration(source: string): string | null {
  const tag = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;
  if (!tag.test(source)) return null;
  return source.replace(tag, (_, before: string, isEnd: string | undefined, after: string) => {
    const mark = isEnd ? marks.end : marks.start;
    return `{%${before} if true %}${mark}{% endif ${after}%}`;
  });
}

/** Places [start, end) in the plain text; null where the marked text is not the plain one with marks. */
export function readMarks(marked: string, plain: string): [number, number][] | null {
  const spans: [number, number][] = [];
  let place = 0;
  let start: number | null = null;
  for (const part of marked.split(/([\ufdd0\ufdd1])/)) {
    if (part === marks.start) start = place;
    else if (part === marks.end && start !== null) {
      spans.push([start, place]);
      start = null;
    } else {
      if (plain.slice(place, place + part.length) !== part) return null;
      place += part.length;
    }
  }
  return place === plain.length && start === null ? spans : null;
}

/** How a conversation is encoded, in parts: what the tokenizer gives. */
export interface ConversationCodec {
  /** The ids of the whole. */
  ids: number[];
  /** Ids of the text up to a place, and of the first messages, open or closed. */
  encodeTextTo(place: number): number[];
  encodeFirst(count: number, isOpen: boolean): number[];
}

/** For each token of the conversation, whether the assistant has said it. Throws DATA_INVALID where that cannot be told. */
export function assistantMask(
  messages: readonly ChatMessage[],
  spans: readonly (readonly [number, number])[] | null,
  codec: ConversationCodec,
): boolean[] {
  const isAssistant = codec.ids.map(() => false);
  const boundary = (before: number[]): number => {
    if (before.every((id, i) => codec.ids[i] === id)) return before.length;
    throw new EngineError(
      'DATA_INVALID',
      "The tokens of a conversation change where an assistant's turn begins or ends, so the turn cannot be told from what " +
        'is around it: mark turns by {% generation %} in the chat template, or give {prompt, completion} with the last turn only.',
    );
  };
  const turns = spans
    ? spans.map(([start, end]) => [codec.encodeTextTo(start), codec.encodeTextTo(end)] as const)
    : messages.flatMap(({ role }, i) =>
        role === 'assistant' ? [[codec.encodeFirst(i, true), codec.encodeFirst(i + 1, false)] as const] : [],
      );
  for (const [before, after] of turns) isAssistant.fill(true, boundary(before), boundary(after));
  if (isAssistant.includes(true)) return isAssistant;
  throw new EngineError('DATA_INVALID', 'A conversation has no turn of the assistant: there is nothing to train on.');
}
