// Which tokens of a completion are the template's and not the assistant's: special tokens, what follows an end of turn, and
// headers of further turns. Llama 3 leaves them out of DPO, since both sides share them and pull them both ways.

export interface FormattingTokens {
  /** Added tokens that the tokenizer marks as special, or that its template puts around a turn. */
  special: ReadonlySet<number>;
  /** What the template puts before the assistant's words, and after them; empty for a model without a template. */
  opening: readonly number[];
  ending: readonly number[];
}

/** true for each token of formatting. */
export function formattingMask(ids: readonly number[], { special, opening, ending }: FormattingTokens): boolean[] {
  const mask = ids.map((id) => special.has(id));
  const lastOfOpening = opening.at(-1);
  const end = ids.length - ending.length;
  if (ending.every((id, k) => ids[end + k] === id)) mask.fill(true, end); // it may be plain text to the tokenizer
  for (let i = 0; i < ids.length; i++) {
    if (!mask[i]) continue;
    if (ids[i] === ending[0]) {
      for (let k = 1; k < ending.length && ids[i + k] === ending[k]; k++) mask[i + k] = true;
    }
    // A header goes from its special token to what ends the assistant's: the role between them may be another.
    if (ids[i] === opening[0]) {
      const last = ids.indexOf(lastOfOpening as number, i);
      if (last >= 0) mask.fill(true, i, last + 1);
    }
  }
  return mask;
}
