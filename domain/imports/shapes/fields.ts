// How shapes look into a row: by its own fields only, and never taking one kind of value for another.
import type { ChatMessage } from '../../../engine/ports.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A row as an object; null for a list, a text or nothing. */
export function asRow(value: unknown): Row | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : null;
}

/** The field where the row has it itself: `toString` and `__proto__` are nobody's data. */
export function field(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

export function has(row: Row, ...names: string[]): boolean {
  return names.every((name) => field(row, name) !== undefined && field(row, name) !== null);
}

export function textField(row: Row, name: string): string | null {
  const value = field(row, name);
  return typeof value === 'string' ? value : null;
}

export function listField(row: Row, name: string): readonly unknown[] | null {
  const value = field(row, name);
  return Array.isArray(value) ? value : null;
}

export function rowField(row: Row, name: string): Row | null {
  return asRow(field(row, name));
}

/** A number, also where it is written as text, as in CSV or UltraFeedback's ratings; null for "N/A" and the like. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*-?\d+(\.\d+)?\s*$/.test(value)) return null;
  return Number(value);
}

/** Labels as a list, or in one text with commas or semicolons between them (a cell of a table). */
export function labelsOf(value: unknown): string[] | null {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') return value.split(/[,;]/);
  return Array.isArray(value) && value.every((label) => typeof label === 'string') ? value : null;
}

const roles: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  prompter: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  chatgpt: 'assistant',
  system: 'system',
  developer: 'system',
};

export const messagesNeeded = 'must be a list of messages {"role", "content"} of text';

/**
 * Messages of {role, content} (OpenAI, TRL), {from, value} (ShareGPT) or {author, text} (Label Studio's paragraphs), under
 * the roles that we know; null where one has another role (a tool's), no text, or something beside text (a picture): the conversation would not be what it was.
 */
export function messagesOf(value: unknown): ChatMessage[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const messages = value.map((item): ChatMessage | null => {
    const row = asRow(item);
    const name = row && (textField(row, 'role') ?? textField(row, 'from') ?? textField(row, 'author'));
    const role = name && Object.hasOwn(roles, name.toLowerCase()) ? roles[name.toLowerCase()] : undefined;
    const content = row && contentOf(field(row, 'content') ?? field(row, 'value') ?? field(row, 'text'));
    return role !== undefined && typeof content === 'string' ? { role, content } : null;
  });
  return messages.every((message) => message !== null) ? messages : null;
}

/** A text, or OpenAI's list of parts where all of them are text. */
function contentOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  const parts = value.map((part) => {
    const row = asRow(part);
    return row && field(row, 'type') === 'text' ? textField(row, 'text') : null;
  });
  return parts.every((part) => part !== null) ? parts.join('\n') : null;
}

/** A text is the user's message; null where it is neither that nor messages. */
export function promptOf(value: unknown): ChatMessage[] | null {
  return typeof value === 'string' ? [{ role: 'user', content: value }] : messagesOf(value);
}

/** The text of a response: itself, or that of the assistant's one message; null where there are more turns. */
export function answerOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const messages = messagesOf(value);
  const [only] = messages ?? [];
  return messages?.length === 1 && only?.role === 'assistant' ? only.content : null;
}
