// A text as it is shown: what Markdown makes of it, reduced to what a reader sees. Plain data, so that it can be kept
// and compared; nothing in it can load or run anything.

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'strong' | 'emphasis' | 'deleted'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'link'; address: SafeAddress; title: string; children: Inline[] }
  /** A link to somewhere that a link may not lead to: its words, and the address as text. */
  | { type: 'deadLink'; address: string; title: string; children: Inline[] }
  | { type: 'image'; alt: string; address: string; title: string }
  | { type: 'maths'; formula: Formula }
  | { type: 'footnote'; label: string };

export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'quote'; children: Block[] }
  | { type: 'list'; isOrdered: boolean; items: ListItem[] }
  | { type: 'code'; info: string; text: string }
  | { type: 'table'; header: Cell[]; rows: Cell[][] }
  | { type: 'maths'; formula: Formula }
  | { type: 'rule' }
  /** What Markdown would swallow or spoil, as it was written. */
  | { type: 'source'; text: string };

export interface ListItem {
  /** The number that was written; null in a list without numbers. */
  number: number | null;
  /** Null where the item is no task. */
  isDone: boolean | null;
  children: Block[];
}

export interface Cell {
  align: 'start' | 'center' | 'end';
  children: Inline[];
}

/** `source` has the delimiters too; `tex` is what stands between them. */
export interface Formula {
  tex: string;
  source: string;
  isDisplay: boolean;
}

export interface SafeAddress {
  href: string;
  /** Where it leads, for people: a link's words may say something else. */
  host: string;
}
