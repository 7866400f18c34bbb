// A reply as server-sent events: what each choice has gained since the last chunk, its end, the usage, [DONE].
import type { ServedChunk, ServedResponse } from '../../domain/serving.ts';
import { describeError } from './errors.ts';
import { choiceIndex, type ReplyHead, type ReplyKind, usageOf } from './replies.ts';
import type { Asked } from './requests.ts';

/** The events of a reply, as text. An error in the middle is an event too: the status was sent long ago. */
export async function* replyEvents(
  kind: ReplyKind,
  head: ReplyHead,
  asked: Asked,
  chunks: AsyncIterable<ServedChunk>,
): AsyncGenerator<string> {
  const event = (choices: object[], usage: object | null) =>
    toEvent({ ...head, object: kind.chunkObject, choices, ...(asked.withUsage ? { usage } : {}) });
  const told = new Map<number, string>();
  const responses: ServedResponse[] = [];
  try {
    for await (const chunk of chunks) {
      const index = choiceIndex(asked, chunk);
      const before = told.get(index);
      const opening = before === undefined ? kind.opening() : null;
      if (opening) yield event([{ index, ...opening }], null);
      const text = gainOf(before ?? '', chunk.text, chunk.type === 'response');
      told.set(index, (before ?? '') + text);
      if (chunk.type === 'response') {
        responses.push(chunk);
        yield event([{ index, ...kind.closing(text, chunk, asked) }], null);
      } else if (text !== '') {
        yield event([{ index, ...kind.delta(text) }], null);
      }
    }
    if (asked.withUsage) yield event([], usageOf(responses));
    yield 'data: [DONE]\n\n';
  } catch (error) {
    yield toEvent(describeError(error).body);
  }
}

const toEvent = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

/**
 * What the whole text so far adds to what was told. Text that was told cannot be taken back: where a tokenizer changes
 * it after all (a space before a full stop), the rest waits for the end.
 */
export function gainOf(told: string, whole: string, isEnd: boolean): string {
  return isEnd || whole.startsWith(told) ? whole.slice(told.length) : '';
}
