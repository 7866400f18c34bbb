// Markdown to what is shown. Every character that a reader would see is in the outcome: raw HTML, comments, link
// definitions and whatever else Markdown takes out of sight come back as the text that they are.
import type { MarkedToken, Token, Tokens } from 'marked';
import { readAddress } from './address.ts';
import { closeHeadingGaps } from './headings.ts';
import { type FootnoteToken, type MathsToken, tokensOf } from './tokenizer.ts';
import type { Block, Cell, Inline, ListItem } from './tree.ts';

/** Longer texts are shown as they are: nobody would wait for their layout. */
const longestMarkdown = 100_000;
/** As many parts as a page can lay out without being felt; what follows them is shown as it is. */
const mostBlocks = 3_000;

type KnownToken = MarkedToken | MathsToken | FootnoteToken;
type TokenOf<T extends KnownToken['type']> = Extract<KnownToken, { type: T }>;

const inlineTypes = [
  'br',
  'codespan',
  'del',
  'em',
  'escape',
  'footnote',
  'html',
  'image',
  'link',
  'maths',
  'strong',
  'text',
] as const;
type InlineType = (typeof inlineTypes)[number];

const blockTypes = [
  'blockquote',
  'code',
  'def',
  'heading',
  'hr',
  'html',
  'list',
  'maths',
  'paragraph',
  'space',
  'table',
  'text',
] as const;
type BlockType = (typeof blockTypes)[number];

const inlines: { [T in InlineType]: (token: TokenOf<T>) => Inline } = {
  br: () => ({ type: 'text', text: '\n' }),
  codespan: ({ text }) => ({ type: 'code', text }),
  del: ({ tokens }) => ({ type: 'deleted', children: toInlines(tokens) }),
  em: ({ tokens }) => ({ type: 'emphasis', children: toInlines(tokens) }),
  escape: ({ text }) => ({ type: 'text', text }),
  footnote: ({ label }) => ({ type: 'footnote', label }),
  html: ({ raw }) => ({ type: 'text', text: raw }),
  image: ({ text, href, title }) => ({ type: 'image', alt: text, address: href, title: title ?? '' }),
  link: toLink,
  maths: ({ formula }) => ({ type: 'maths', formula }),
  strong: ({ tokens }) => ({ type: 'strong', children: toInlines(tokens) }),
  text: ({ text }) => ({ type: 'text', text }),
};

const blocks: { [T in BlockType]: (token: TokenOf<T>) => Block[] } = {
  blockquote: ({ tokens }) => [{ type: 'quote', children: toBlocks(tokens) }],
  code: ({ text, lang }) => [{ type: 'code', info: lang ?? '', text }],
  def: ({ raw }) => source(raw),
  heading: ({ depth, tokens }) => [{ type: 'heading', level: depth, children: toInlines(tokens) }],
  hr: () => [{ type: 'rule' }],
  html: ({ raw }) => source(raw),
  list: ({ ordered, items }) => [{ type: 'list', isOrdered: ordered, items: items.map(toListItem) }],
  maths: ({ formula }) => [{ type: 'maths', formula }],
  paragraph: ({ tokens }) => [{ type: 'paragraph', children: toInlines(tokens) }],
  space: () => [],
  table: toTable,
  text: ({ tokens, text }) => [
    { type: 'paragraph', children: tokens ? toInlines(tokens) : [{ type: 'text' as const, text }] },
  ],
};

function source(raw: string): Block[] {
  const text = raw.replace(/^\n+|\n+$/g, '');
  return text.trim() === '' ? [] : [{ type: 'source', text }];
}

function isInline(type: string): type is InlineType {
  return (inlineTypes as readonly string[]).includes(type);
}

function isBlock(type: string): type is BlockType {
  return (blockTypes as readonly string[]).includes(type);
}

function toInlines(tokens: Token[]): Inline[] {
  const found: Inline[] = [];
  for (const token of tokens) {
    // The box of a task is told by its item.
    if (token.type === 'checkbox') continue;
    const convert = isInline(token.type) ? (inlines[token.type] as (token: Token) => Inline) : null;
    const inline = convert?.(token) ?? { type: 'text', text: token.raw };
    const last = found.at(-1);
    if (inline.type === 'text' && last?.type === 'text') found[found.length - 1] = join(last, inline);
    else found.push(inline);
  }
  return found;
}

function join(one: { text: string }, other: { text: string }): Inline {
  return { type: 'text', text: one.text + other.text };
}

function toBlocks(tokens: Token[]): Block[] {
  return tokens.flatMap((token) => {
    if (token.type === 'checkbox') return [];
    const convert = isBlock(token.type) ? (blocks[token.type] as (token: Token) => Block[]) : null;
    return convert?.(token) ?? source(token.raw);
  });
}

function toLink({ href, title, tokens }: Tokens.Link): Inline {
  const address = readAddress(href);
  const children = toInlines(tokens);
  return address
    ? { type: 'link', address, title: title ?? '', children }
    : { type: 'deadLink', address: href, title: title ?? '', children };
}

function toListItem(item: Tokens.ListItem): ListItem {
  const number = /^\s*(\d{1,9})[.)]/.exec(item.raw)?.[1];
  return {
    number: number === undefined ? null : Number(number),
    isDone: item.task ? item.checked === true : null,
    children: toBlocks(item.tokens),
  };
}

const alignments = { left: 'start', center: 'center', right: 'end' } as const;

function toCell({ align, tokens }: Tokens.TableCell): Cell {
  return { align: alignments[align ?? 'left'], children: toInlines(tokens) };
}

/** Markdown drops the cells of a row that is longer than the header: such a table stays as it was written. */
function toTable({ raw, header, rows }: Tokens.Table): Block[] {
  const widest = Math.max(...raw.split('\n').map(countCells));
  if (widest > header.length) return source(raw);
  return [{ type: 'table', header: header.map(toCell), rows: rows.map((row) => row.map(toCell)) }];
}

function countCells(line: string): number {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).length;
}

/** Never throws and always ends soon: a text that Markdown cannot take is shown as it is. */
export function parseReading(text: string): Block[] {
  if (text.length > longestMarkdown) return source(text);
  try {
    const tokens = tokensOf(text);
    const rest = tokens.slice(mostBlocks).map(({ raw }) => raw);
    return closeHeadingGaps([...toBlocks(tokens.slice(0, mostBlocks)), ...source(rest.join(''))]);
  } catch {
    return source(text);
  }
}
