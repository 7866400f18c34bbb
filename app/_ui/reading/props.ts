export type Direction = 'auto' | 'ltr' | 'rtl';
export type HeadingLevel = 2 | 3 | 4 | 5 | 6;

export interface ReadingProps {
  text: string;
  /** Each block's own by default, from its first strong letter. */
  dir?: Direction;
  /** Of the text's highest heading: one below the heading that the text stands under. */
  headings?: HeadingLevel;
  className?: string;
}
