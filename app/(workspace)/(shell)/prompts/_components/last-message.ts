import type { ChatMessage } from '../../../../../engine/ports.ts';

/** What a prompt asks in the end: its name in lists. */
export function lastMessage(messages: ChatMessage[]): string {
  return messages.at(-1)?.content ?? '';
}
