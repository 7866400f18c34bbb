// Measures of text beside a win rate: a policy that wins by rambling or by saying one thing always shows here.

import { segmentsOf } from './segments.ts';

/** The words of a text, in lower case, without punctuation; by Unicode's rules, so in any script. */
export function wordsOf(text: string): string[] {
  return segmentsOf(text)
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment.toLowerCase());
}

/**
 * distinct-n (Li et al. 2016, arXiv 1510.03055): different n-grams over all n-grams of all texts, given as words or
 * token ids. It falls with the number of texts, so compare equal numbers only. 0 when no text has n words.
 */
export function distinctN(texts: readonly (readonly (string | number)[])[], n: number): number {
  const seen = new Set<string>();
  let total = 0;
  for (const words of texts) {
    for (let start = 0; start + n <= words.length; start++) {
      seen.add(words.slice(start, start + n).join('\u0000'));
      total++;
    }
  }
  return total === 0 ? 0 : seen.size / total;
}

/** Mean length of `texts` over that of `others`, in whatever both are given in (words or tokens); null over nothing. */
export function lengthRatio(
  texts: readonly { readonly length: number }[],
  others: readonly { readonly length: number }[],
): number | null {
  const meanOf = (items: readonly { readonly length: number }[]) =>
    items.reduce((sum, { length }) => sum + length, 0) / items.length;
  const base = meanOf(others);
  return texts.length === 0 || !(base > 0) ? null : meanOf(texts) / base;
}
