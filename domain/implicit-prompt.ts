// A pair without a prompt of its own holds it twice: what chosen and rejected begin with alike is the prompt, as in TRL.
import type { ChatMessage } from '../engine/ports.ts';

type Side = string | ChatMessage[];

/**
 * The common beginning of both sides, and what is left of each. Messages are compared as a whole. A text is cut at a word's
 * boundary: a word that both begin alike belongs to the completions, and so does the space before them, since most
 * tokenizers read it with the word. Null where nothing is left of a side or nothing is common.
 */
export function splitPrompt<S extends Side>(chosen: S, rejected: S): { prompt: S; chosen: S; rejected: S } | null {
  const length =
    typeof chosen === 'string' && typeof rejected === 'string'
      ? textLength(chosen, rejected)
      : sharedLength(chosen.length, rejected.length, (i) => JSON.stringify(chosen[i]) === JSON.stringify(rejected[i]));
  if (length === 0 || length >= chosen.length || length >= rejected.length) return null;
  const [from, to] = [(side: S) => side.slice(0, length) as S, (side: S) => side.slice(length) as S];
  return { prompt: from(chosen), chosen: to(chosen), rejected: to(rejected) };
}

function textLength(chosen: string, rejected: string): number {
  let length = sharedLength(chosen.length, rejected.length, (i) => chosen[i] === rejected[i]);
  const isInWord = [chosen, rejected].some((text) => /^[\p{L}\p{N}_\p{M}\p{Cs}]/u.test(text.slice(length)));
  if (isInWord) length = chosen.slice(0, length).replace(/[\p{L}\p{N}_\p{M}\p{Cs}]+$/u, '').length;
  return chosen.slice(0, length).endsWith(' ') ? length - 1 : length;
}

function sharedLength(one: number, other: number, isShared: (i: number) => boolean): number {
  const most = Math.min(one, other);
  let length = 0;
  while (length < most && isShared(length)) length++;
  return length;
}
