// What strangers' files say, fit for a sentence of ours: on one line, short, without control characters.
import { reasonOf } from '../errors.ts';

const longest = 80;

/** A name as files state it, in quotes. */
export const quoted = (name: string, length = longest): string => `"${shortened(name, length)}"`;

/** A value as files state it, as JSON. */
export const asStated = (value: unknown): string => shortened(JSON.stringify(value) ?? 'nothing');

/** The first few of a list of names. */
export function listed(names: readonly string[]): string {
  const first = names.slice(0, 3).map((name) => quoted(name));
  return first.join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}

/** Why one of Hugging Face's libraries gave up. A TypeError speaks of its code, not of the file. */
export function libraryReason(error: unknown): string {
  if (error instanceof TypeError) return 'a part of it is missing or of the wrong type';
  return shortened(reasonOf(error), 120) || 'it stops without a reason';
}

export function shortened(text: string, length = longest): string {
  const line = text.slice(0, length).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
  return text.length > length ? `${line}...` : line;
}
