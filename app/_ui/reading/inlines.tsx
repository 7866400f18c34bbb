// Everything that stands inside a line.
import { Fragment, type ReactNode } from 'react';
import { readAddress } from './address.ts';
import { FormulaView } from './formula.tsx';
import type { Inline, SafeAddress } from './tree.ts';
import { visibleText } from './visible-text.tsx';

type Views = { [T in Inline['type']]: (inline: Extract<Inline, { type: T }>) => ReactNode };

const views: Views = {
  text: ({ text }) => visibleText(text),
  strong: ({ children }) => <strong className="font-semibold">{inlineNodes(children)}</strong>,
  emphasis: ({ children }) => <em>{inlineNodes(children)}</em>,
  deleted: ({ children }) => <del>{inlineNodes(children)}</del>,
  code: ({ text }) => inlineCode(text),
  link: ({ address, title, children }) => safeLink(address, title, children),
  deadLink: ({ address, title, children }) => (
    <>
      {wordsOf(children) !== address && <>{inlineNodes(children)} </>}
      {inlineCode(address)}
      {titleOf(title)}
    </>
  ),
  image: ({ alt, address, title }) => (
    <span className="rounded-control border border-control/60 border-dashed px-1.5 py-0.5">
      {alt && <>{visibleText(alt)} </>}
      {inlineCode(address)}
      {titleOf(title)}
    </span>
  ),
  maths: ({ formula }) => <FormulaView formula={formula} />,
  footnote: ({ label }) => <sup>[{visibleText(label)}]</sup>,
};

/** The parts of a text never move: their place is their key. */
export function inlineNodes(inlines: Inline[]): ReactNode {
  return inlines.map((inline, place) => {
    const view = views[inline.type] as (inline: Inline) => ReactNode;
    const key = `${place}`;
    return <Fragment key={key}>{view(inline)}</Fragment>;
  });
}

/** Code runs from left to right, whatever the language around it. */
function inlineCode(text: string): ReactNode {
  return (
    <code dir="ltr" className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.875em]">
      {visibleText(text)}
    </code>
  );
}

function titleOf(title: string): ReactNode {
  return title && <span className="text-faint"> “{visibleText(title)}”</span>;
}

/** A link's host stands beside it, unless its words are the address: words alone could say anything. */
function safeLink({ href, host }: SafeAddress, title: string, children: Inline[]): ReactNode {
  const words = wordsOf(children);
  const isAddress = [words, `http://${words}`, `mailto:${words}`].some((one) => readAddress(one)?.href === href);
  return (
    <>
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        title={href}
        className="rounded-control text-accent-text underline underline-offset-2"
      >
        {inlineNodes(children)}
      </a>
      {!isAddress && (
        <bdi dir="ltr" className="text-faint text-[0.875em]">
          {' '}
          ({host})
        </bdi>
      )}
      {titleOf(title)}
    </>
  );
}

function wordsOf(inlines: Inline[]): string {
  return inlines
    .map((inline) => ('text' in inline ? inline.text : 'children' in inline ? wordsOf(inline.children) : ''))
    .join('');
}
