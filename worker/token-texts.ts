// Tokens for people and programs outside: how many a prompt has, and the text that each sampled one adds.
import type { Tokenizer } from '../engine/checkpoint/tokenizer.ts';
import type { SampleRequest } from '../engine/ports.ts';

export function countTokens(tokenizer: Pick<Tokenizer, 'encodePrompt'>, prompt: SampleRequest['prompt']): number {
  if (typeof prompt === 'string' || Array.isArray(prompt)) return tokenizer.encodePrompt(prompt).length;
  return prompt.tokenIds.length;
}

/** So many tokens before a token decide its text: a leading space, the bytes of a character. */
const context = 8;

/**
 * The text that each token adds, so that all together are the whole: a token alone may decode to something else. A
 * token that ends within a character adds nothing; the one that completes it adds the character.
 */
export function tokenTexts({ decode }: Pick<Tokenizer, 'decode'>, ids: readonly number[]): string[] {
  let told = 0;
  return ids.map((_, i) => {
    const start = Math.max(0, told - context);
    const whole = decode(ids.slice(start, i + 1));
    if (whole.endsWith('\ufffd') && i + 1 < ids.length) return '';
    const before = decode(ids.slice(start, told));
    told = i + 1;
    return whole.slice(before.length);
  });
}
