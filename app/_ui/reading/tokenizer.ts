// Marked's tokenizer with bounds: what nests deeper, or is wider, than anybody reads stays the text that it is, so that
// no text takes more than its share of time. Formulas and footnotes are found here too.
import { Hooks, Lexer, type Token, Tokenizer, type Tokens } from 'marked';
import { coverFormulas, readFormula } from './maths.ts';
import type { Formula } from './tree.ts';

const deepest = 16;
const mostColumns = 64;
const mostCells = 20_000;

export interface MathsToken {
  type: 'maths';
  raw: string;
  formula: Formula;
}

export interface FootnoteToken {
  type: 'footnote';
  raw: string;
  label: string;
}

class BoundedTokenizer extends Tokenizer {
  #depth = 0;

  #nested<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= deepest) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  /** A footnote has the look of a definition of a link, which is out of sight; it reads as a paragraph. */
  override def(src: string): Tokens.Def | undefined {
    return /^ {0,3}\[\^/.test(src) ? undefined : super.def(src);
  }

  override list(src: string): Tokens.List | undefined {
    return this.#nested(() => super.list(src));
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#nested(() => super.blockquote(src));
  }

  override emStrong(src: string, masked: string, previous?: string): Tokens.Em | Tokens.Strong | undefined {
    return this.#nested(() => super.emStrong(src, masked, previous));
  }

  override del(src: string, masked: string, previous?: string): Tokens.Del | undefined {
    return this.#nested(() => super.del(src, masked, previous));
  }

  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    return this.#nested(() => super.link(src));
  }

  /** A short row stands for a whole one: without a bound, a few thousand characters would make millions of cells. */
  override table(src: string): Tokens.Table | undefined {
    const [header = '', delimiters = ''] = src.split('\n', 2);
    if (!/^[ \t|:-]*-[ \t|:-]*$/.test(delimiters)) return undefined;
    const end = src.search(/\n[ \t]*(?:\n|$)/);
    const lines = src.slice(0, end < 0 ? undefined : end).split('\n').length;
    const columns = header.split('|').length;
    return columns > mostColumns || columns * lines > mostCells ? undefined : super.table(src);
  }
}

class FormulaHooks extends Hooks {
  override emStrongMask(src: string): string {
    return coverFormulas(src);
  }
}

function mathsAt(src: string): MathsToken | undefined {
  const formula = readFormula(src);
  return formula ? { type: 'maths', raw: formula.source, formula } : undefined;
}

/** A formula that has its lines to itself, whatever in it looks like Markdown. */
function mathsBlock(src: string): MathsToken | undefined {
  const indent = /^ {0,3}(?=\$\$|\\\[)/.exec(src)?.[0];
  if (indent === undefined) return undefined;
  const maths = mathsAt(src.slice(indent.length));
  const end = maths && /^[ \t]*(?:\n|$)/.exec(src.slice(indent.length + maths.raw.length))?.[0];
  return maths && end !== undefined ? { ...maths, raw: indent + maths.raw + end } : undefined;
}

function footnoteAt(src: string): FootnoteToken | undefined {
  const [raw, label] = /^\[\^([^\]\s^]{1,40})\]/.exec(src) ?? [];
  return raw && label ? { type: 'footnote', raw, label } : undefined;
}

/** A bracket that opens or closes no formula: Markdown would take its backslash away. */
function bracketAt(src: string): Tokens.Text | undefined {
  const raw = /^\\[()[\]]/.exec(src)?.[0];
  return raw ? { type: 'text', raw, text: raw } : undefined;
}

/** Where a formula on lines of its own breaks a paragraph off. Few places are tried: a text may be full of brackets. */
function startOfBlock(src: string): number | undefined {
  const near = src.slice(0, 10_000).matchAll(/\n {0,3}(?=\$\$|\\\[)/g);
  for (const { index } of [...near].slice(0, 20)) {
    if (mathsBlock(src.slice(index + 1))) return index;
  }
  return undefined;
}

function startOfInline(src: string): number | undefined {
  const place = src.search(/\$|\\[([\])]|\[\^/);
  return place < 0 ? undefined : place;
}

/** Most texts have neither formulas nor footnotes, and need not be searched for them again at every word. */
const extensions = {
  renderers: {},
  childTokens: {},
  block: [mathsBlock],
  startBlock: [startOfBlock],
  inline: [(src: string): Token | undefined => mathsAt(src) ?? footnoteAt(src) ?? bracketAt(src)],
  startInline: [startOfInline],
};

export function tokensOf(text: string): Token[] {
  const isSpecial = /\$|\\[([\])]|\[\^/.test(text);
  const lexer = new Lexer({
    gfm: true,
    tokenizer: new BoundedTokenizer(),
    ...(isSpecial ? { extensions, hooks: new FormulaHooks() } : {}),
  });
  return lexer.lex(text);
}
