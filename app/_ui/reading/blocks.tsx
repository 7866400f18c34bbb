// Everything that stands on lines of its own. A block at the top takes its direction from its first strong letter; what
// stands inside it follows line by line (unicode-bidi: plaintext), as a text in two scripts needs.
import { Fragment, type ReactNode } from 'react';
import { CodeBlock } from './code-block.tsx';
import { FormulaView } from './formula.tsx';
import { inlineNodes } from './inlines.tsx';
import type { Direction, HeadingLevel } from './props.ts';
import { Scroller } from './scroller.tsx';
import type { Block, Cell, ListItem } from './tree.ts';
import { visibleText } from './visible-text.tsx';

export interface Look {
  /** Of blocks at the top; none further in. */
  dir: Direction | undefined;
  /** The level on the page of the text's highest heading. */
  headings: HeadingLevel;
  words: { done: string; open: string; table: string };
}

const headingTags = ['h2', 'h3', 'h4', 'h5', 'h6'] as const;

type Views = { [T in Block['type']]: (block: Extract<Block, { type: T }>, look: Look) => ReactNode };

const byLine = '[unicode-bidi:plaintext]';

const views: Views = {
  paragraph: ({ children }, { dir }) => (
    <p dir={dir} className={byLine}>
      {inlineNodes(children)}
    </p>
  ),
  source: ({ text }, { dir }) => (
    <p dir={dir} className={byLine}>
      {visibleText(text)}
    </p>
  ),
  heading: ({ level, children }, { dir, headings }) => {
    const Tag = headingTags[Math.min(headings + level, 7) - 3] ?? 'h6';
    return (
      <Tag dir={dir} className={`${byLine} pt-1 font-semibold ${level === 1 ? 'text-lg/6' : 'text-base'}`}>
        {inlineNodes(children)}
      </Tag>
    );
  },
  quote: ({ children }, look) => (
    <blockquote dir={look.dir} className="flex flex-col gap-2 border-line border-s-2 ps-3 text-muted">
      {blockNodes(children, { ...look, dir: undefined })}
    </blockquote>
  ),
  list: ({ isOrdered, items }, look) => {
    const List = isOrdered ? 'ol' : 'ul';
    return (
      <List
        dir={look.dir}
        className={`flex flex-col gap-1 ps-6 marker:text-faint ${isOrdered ? 'list-decimal' : 'list-disc'}`}
      >
        {items.map((item, place) => {
          const key = `${place}`;
          return (
            <li key={key} value={item.number ?? undefined} className={item.isDone === null ? byLine : 'list-none'}>
              {itemNodes(item, { ...look, dir: undefined })}
            </li>
          );
        })}
      </List>
    );
  },
  code: ({ info, text }) => <CodeBlock info={info} text={text} />,
  table: ({ header, rows }, { dir, words }) => (
    <div>
      <Scroller label={words.table}>
        <table dir={dir} className="border-collapse text-[0.9375em]">
          <thead>
            <tr>{header.map((cell, place) => cellNode('th', cell, place))}</tr>
          </thead>
          <tbody>
            {rows.map((row, place) => {
              const key = `${place}`;
              return <tr key={key}>{row.map((cell, column) => cellNode('td', cell, column))}</tr>;
            })}
          </tbody>
        </table>
      </Scroller>
    </div>
  ),
  maths: ({ formula }) => (
    <div>
      <FormulaView formula={formula} />
    </div>
  ),
  rule: () => <hr className="border-line" />,
};

/** The blocks of a text never move: their place is their key. */
export function blockNodes(blocks: Block[], look: Look): ReactNode {
  return blocks.map((block, place) => {
    const view = views[block.type] as (block: Block, look: Look) => ReactNode;
    const key = `${place}`;
    return <Fragment key={key}>{view(block, look)}</Fragment>;
  });
}

/** The first paragraph of an item stands beside its mark, without a box of its own. */
function itemNodes({ isDone, children }: ListItem, look: Look): ReactNode {
  const [first, ...rest] = children;
  const isText = first?.type === 'paragraph';
  return (
    <>
      {isDone !== null && (
        <span role="img" aria-label={isDone ? look.words.done : look.words.open} className="-ms-5 inline-block w-5">
          {isDone ? '☑' : '☐'}
        </span>
      )}
      {isText && inlineNodes(first.children)}
      {children.length > (isText ? 1 : 0) && (
        <div className={`flex flex-col gap-2 ${isText ? 'mt-1' : ''}`}>
          {blockNodes(isText ? rest : children, look)}
        </div>
      )}
    </>
  );
}

const aligned = { start: 'text-start', center: 'text-center', end: 'text-end' } as const;

function cellNode(Tag: 'th' | 'td', { align, children }: Cell, place: number): ReactNode {
  return (
    <Tag
      key={place}
      className={`${byLine} border border-line px-2.5 py-1.5 align-top wrap-break-word ${aligned[align]} ${Tag === 'th' ? 'bg-sunken font-semibold' : ''}`}
    >
      {inlineNodes(children)}
    </Tag>
  );
}
