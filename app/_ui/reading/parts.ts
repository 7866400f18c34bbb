// What a text needs that is not loaded with the page: languages for its code, typesetting for its formulas.
import type { Block, Formula, Inline } from './tree.ts';

export interface Parts {
  codes: { info: string; text: string }[];
  formulas: Formula[];
}

type Visits = { [T in Block['type']]: (block: Extract<Block, { type: T }>, parts: Parts) => void };

const visits: Visits = {
  paragraph: ({ children }, parts) => addFormulas(children, parts),
  heading: ({ children }, parts) => addFormulas(children, parts),
  quote: ({ children }, parts) => addParts(children, parts),
  list: ({ items }, parts) =>
    addParts(
      items.flatMap((item) => item.children),
      parts,
    ),
  code: ({ info, text }, parts) => void parts.codes.push({ info, text }),
  table: ({ header, rows }, parts) => {
    for (const cell of [header, ...rows].flat()) addFormulas(cell.children, parts);
  },
  maths: ({ formula }, parts) => void parts.formulas.push(formula),
  rule: () => {},
  source: () => {},
};

export function partsOf(blocks: Block[]): Parts {
  const parts: Parts = { codes: [], formulas: [] };
  addParts(blocks, parts);
  return parts;
}

function addParts(blocks: Block[], parts: Parts): void {
  for (const block of blocks) (visits[block.type] as (block: Block, parts: Parts) => void)(block, parts);
}

function addFormulas(inlines: Inline[], parts: Parts): void {
  for (const inline of inlines) {
    if (inline.type === 'maths') parts.formulas.push(inline.formula);
    else if ('children' in inline) addFormulas(inline.children, parts);
  }
}
