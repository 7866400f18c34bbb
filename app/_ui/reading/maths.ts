// Finds formulas in a text, as models write them: $...$, $$...$$, \(...\), \[...\]. A dollar sign is a price first:
// what reads like prose or like amounts of money between two of them stays text.
import type { Formula } from './tree.ts';

/** Longer ones are shown as they were written. */
const longestFormula = 4_000;

const delimiters = [
  { open: '$$', close: '$$', isDisplay: true },
  { open: '\\[', close: '\\]', isDisplay: true },
  { open: '\\(', close: '\\)', isDisplay: false },
] as const;

const opening = /\$|\\[([]/g;
const blankLine = /\n[ \t]*\n/;

/** The formula that stands at `at`, or null. */
export function readFormula(text: string, at = 0): Formula | null {
  const pair = delimiters.find(({ open }) => text.startsWith(open, at));
  if (!pair) return text[at] === '$' ? readDollars(text, at) : null;
  const window = text.slice(at, at + longestFormula);
  const end = window.indexOf(pair.close, pair.open.length);
  const tex = window.slice(pair.open.length, end);
  if (end < 0 || tex.trim() === '' || blankLine.test(tex)) return null;
  return { tex: tex.trim(), source: pair.open + tex + pair.close, isDisplay: pair.isDisplay };
}

/** Pandoc's rule: the next dollar sign closes; no space inside the two, and no digit after them; nor what
 * looks like the next variable of a shell. */
function readDollars(text: string, at: number): Formula | null {
  const window = text.slice(at, at + longestFormula);
  let end = window.indexOf('$', 1);
  while (end > 0 && window[end - 1] === '\\') end = window.indexOf('$', end + 1);
  const tex = window.slice(1, end);
  if (end < 2 || tex !== tex.trim() || blankLine.test(tex) || /^[\d$\p{Lu}_{]/u.test(window.slice(end + 1)))
    return null;
  return readsLikeProse(tex) ? null : { tex, source: `$${tex}$`, isDisplay: false };
}

/** Words side by side, or an amount before a word or a sign of a range, with nothing of a formula about them. */
function readsLikeProse(tex: string): boolean {
  const bare = tex.replaceAll(/\\(?:text|mathrm|textbf|operatorname)\s*\{[^{}]*\}/g, '');
  if (/[\\^_{}=<>]/.test(bare)) return false;
  return /\p{L}{2,}[,;:.]?\s/u.test(bare) || /\s\p{L}{2,}/u.test(bare) || /^[\d.,]+\s*[-–—/,]+$/.test(bare);
}

/** Where the next formula may begin, from `from` on, or -1. */
function nextFormula(text: string, from: number): number {
  opening.lastIndex = from;
  return opening.exec(text)?.index ?? -1;
}

/** The same text with its formulas covered by letters, for whoever looks for asterisks and underscores. */
export function coverFormulas(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (let at = nextFormula(text, 0); at >= 0; at = nextFormula(text, Math.max(at + 1, done))) {
    const length = readFormula(text, at)?.source.length;
    if (!length) continue;
    parts.push(text.slice(done, at), 'x'.repeat(length));
    done = at + length;
  }
  return parts.join('') + text.slice(done);
}
